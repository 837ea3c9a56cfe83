"""Items and instances are held against each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vqa_canary.conditions.agreement import refuse_disagreement
from vqa_canary.conditions.gallery import Gallery
from vqa_canary.conditions.presentation import show_all
from vqa_canary.conditions.registration import CONDITIONS
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance, Item, ShownImage

SEED = 7
OPTIONS = ("lung", "liver", "heart", "kidney")


def item(number: int) -> Item:
    image = f"{number:064x}"
    return Item(
        dataset="d", item_id=f"i{number}", split="test", image_id=image[:16], image_path="x.png",
        image_sha256=image, question=f"Which organ, {number}?", options=OPTIONS, answer_index=number % 4,
        question_type="organ", answer_type="open", nota_valid=True, source_id=f"s{number}",
        rephrased_question="What organ is it?",
    )  # fmt: skip


@pytest.fixture
def shown() -> tuple[list[Item], list[Instance]]:
    items = [replace(item(number), image_id=f"{number}" * 16) for number in range(4)]
    gallery = Gallery(
        items,
        lambda _: (ShownImage("f" * 16, "blank.png", "f" * 64),),
        lambda _, how: (ShownImage("e" * 16, "changed.png", "e" * 64),),
    )
    return items, show_all(items, sorted(CONDITIONS), SEED, gallery)[0]


def test_what_was_shown_of_the_items_passes(shown: tuple[list[Item], list[Instance]]) -> None:
    items, instances = shown
    assert {one.condition for one in instances} >= {
        "clean",
        "nota_last",
        "wrong_image",
        "no_image",
        "shuffled",
    }
    refuse_disagreement(items, instances, SEED)


@pytest.mark.parametrize(
    ("condition", "changed"),
    [
        ("clean", {"question": "Which side?"}),
        ("clean", {"options": OPTIONS[::-1]}),
        ("nota_replace", {"answer_index": 3}),
        ("nota_append", {"nota_index": None}),
        ("clean", {"image_id": "e" * 16}),
        ("no_image", {"image_id": "0" * 16}),
        ("clean", {"item_id": "i9"}),
        ("clean", {"more_images": (ShownImage("2" * 16, "2.png", "2" * 64),)}),
        ("wrong_image", {"more_images": (ShownImage("2" * 16, "2.png", "2" * 64),)}),
    ],
)
def test_an_instance_that_shows_something_else_is_named(
    shown: tuple[list[Item], list[Instance]], condition: str, changed: dict[str, Any]
) -> None:
    items, instances = shown
    at = next(at for at, one in enumerate(instances) if one.condition == condition and one.item_id == "i0")
    instances[at] = replace(instances[at], **changed)
    [field] = changed
    with pytest.raises(
        BadInput, match=rf"instances, {instances[at].instance_id} .*, {field}: it is not what"
    ):
        refuse_disagreement(items, instances, SEED)


def test_items_whose_answer_was_changed_are_found(shown: tuple[list[Item], list[Instance]]) -> None:
    items, instances = shown
    items[2] = replace(items[2], answer_index=(items[2].answer_index + 1) % 4)
    with pytest.raises(BadInput, match="it is not what the table items gives"):
        refuse_disagreement(items, instances, SEED)


def test_instances_of_another_seed_are_found(shown: tuple[list[Item], list[Instance]]) -> None:
    with pytest.raises(BadInput, match="it is not what the table items gives"):
        refuse_disagreement(*shown, seed=SEED + 1)
