"""Images are swapped in pairs, between questions whose answers the data themselves say differ."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.conditions.agreement import refuse_disagreement
from vqa_canary.conditions.gallery import Gallery
from vqa_canary.conditions.image_pairs import known_answers, pair_images, swapped_answer
from vqa_canary.conditions.presentation import show_all
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance, Item, ShownImage, with_images

ORGANS = ("lung", "heart", "liver", "brain")


def item(number: int, image: str, right: str, offered: tuple[str, ...] = ORGANS, **changed: str) -> Item:
    return replace(
        Item(
            dataset="d",
            item_id=f"item{number}",
            split="test",
            image_id=image,
            image_path=f"{image}.png",
            image_sha256=image * 4,
            question="Which organ is shown?",
            options=offered,
            answer_index=offered.index(right),
            question_type="organ",
            answer_type="open",
            nota_valid=True,
            source_id=f"record {number}",
        ),
        **changed,  # type: ignore[arg-type]
    )


def no_images(item: Item, how: object = None) -> tuple[ShownImage, ...]:
    raise AssertionError("no image is made for a swap")


def swapped(items: list[Item], seed: int = 7) -> dict[str, Instance]:
    instances, _ = show_all(items, ["image_swap_pair"], seed, Gallery(items, no_images, no_images))
    return {one.item_id: one for one in instances}


@st.composite
def studies(draw: st.DrawFn) -> list[Item]:
    """Up to nine images with up to four questions of two wordings, whose options are some of four organs."""
    items: list[Item] = []
    for image in range(draw(st.integers(2, 9))):
        for _ in range(draw(st.integers(1, 4))):
            offered = tuple(draw(st.permutations(ORGANS)))[: draw(st.integers(2, 4))]
            right, asked = draw(st.sampled_from(offered)), draw(st.sampled_from("ab"))
            items.append(item(len(items), f"{image:016x}", right, offered, question=f"Which {asked}?"))
    return items


def may_swap(items: list[Item], one: Item, image: str) -> int | None:
    """The definition: the place of the answer that is right for the other image, or None."""
    same = [other for other in items if other.image_id == image and other.question == one.question]
    right = {other.options[other.answer_index] for other in same}
    own = one.options[one.answer_index]
    wrong_there = any(own in other.options for other in same) and own not in right
    now = [at for at, option in enumerate(one.options) if option in right]
    return now[0] if wrong_there and len(now) == 1 else None


@given(studies())
def test_what_is_swapped_is_what_the_definition_allows(items: list[Item]) -> None:
    known, instances = known_answers(items), swapped(items)
    for one in items:
        for image in {other.image_id for other in items} - {one.image_id}:
            assert swapped_answer(one, known["d", (image,)]) == may_swap(items, one, image)
    for one in items:
        shown = instances.get(one.item_id)
        if shown is not None:
            assert shown.answer_index == may_swap(items, one, str(shown.image_id))
            assert (shown.question, shown.options) == (one.question, one.options)
            assert shown.options[shown.answer_index or 0] != one.options[one.answer_index]


@given(studies())
def test_images_have_one_partner_each_and_none_is_left_that_could_have_one(items: list[Item]) -> None:
    pairs = pair_images(items, 7)
    assert all(pairs[pairs[one]] == one and pairs[one] != one for one in pairs)
    shown = swapped(items)
    seen = {one.item_id: (one.image_id, shown[one.item_id].image_id) for one in items if one.item_id in shown}
    partners = {frozenset(both) for both in seen.values()}
    assert all(len(both) == 2 for both in partners)
    assert max(Counter(image for both in partners for image in both).values(), default=1) == 1
    alone = {one.image_id for one in items} - {images[0] for _, images in pairs}
    for one, other in combinations(sorted(alone), 2):
        for asked in items:
            at = {one: other, other: one}.get(asked.image_id)
            assert at is None or may_swap(items, asked, at) is None


@given(studies(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_names_of_items_matter(items: list[Item], rng: random.Random) -> None:
    before, mixed = swapped(items), list(items)
    rng.shuffle(mixed)
    assert swapped(mixed) == before
    renamed = [replace(one, item_id=f"z{one.item_id}") for one in items]
    assert {name: one.image_id for name, one in swapped(renamed).items()} == {
        f"z{name}": one.image_id for name, one in before.items()
    }


def test_another_seed_pairs_other_images() -> None:
    items = [item(at, f"{at:016x}", ORGANS[at % 4]) for at in range(12)]
    pairings = [pair_images(items, seed) for seed in range(5)]
    assert all(len(pairs) >= 8 for pairs in pairings)  # the last ones may have one answer
    assert any(pairs != pairings[0] for pairs in pairings)


@pytest.mark.parametrize(
    ("other", "index"),
    [
        (item(1, "b" * 16, "heart"), 1),
        (item(1, "b" * 16, "Heart ", ("Heart ", "LUNG")), 1),  # as a reader takes it
        (item(1, "b" * 16, "lung"), None),  # the same answer
        (item(1, "b" * 16, "heart", question="Which organ is it?"), None),
        (item(1, "b" * 16, "heart", ("heart", "liver")), None),  # nothing says that it is no lung
        (item(1, "b" * 16, "spleen", ("spleen", "lung")), None),  # none of the options is right now
        (item(1, "b" * 16, "heart", dataset="other"), None),
    ],
    ids=["another", "spelling", "same", "question", "not offered there", "not offered here", "dataset"],
)
def test_when_a_question_is_swapped(other: Item, index: int | None) -> None:
    one = item(0, "a" * 16, "lung")
    found = swapped([one, other]).get("item0")
    assert (found and found.answer_index) == index
    assert found is None or found.images == other.images


def test_two_right_answers_of_the_other_image_leave_a_question_out() -> None:
    one = item(0, "a" * 16, "lung")
    others = [item(1, "b" * 16, "heart"), item(2, "b" * 16, "liver")]
    assert "item0" not in swapped([one, *others])
    assert "item0" in swapped([one, others[0]])
    also = [item(1, "b" * 16, "heart"), item(2, "b" * 16, "lung")]  # what is right of both tells nothing
    assert "item0" not in swapped([one, *also])


def test_questions_of_several_images_are_swapped_with_as_many_others() -> None:
    def several(number: int, right: str, *images: str) -> Item:
        return with_images(
            item(number, "0", right), [ShownImage(one * 16, f"{one}.png", one * 64) for one in images]
        )

    two, shares = several(0, "lung", "a", "b"), several(1, "heart", "b", "c")
    assert swapped([two, shares]) == {}
    apart, one = several(2, "liver", "d", "e"), several(3, "brain", "f")
    found = swapped([two, apart, one])
    assert (found["item0"].images, found["item2"].images) == (apart.images, two.images)
    assert "item3" not in found


def test_a_question_without_a_partner_says_why() -> None:
    items = [item(0, "a" * 16, "lung"), item(1, "b" * 16, "lung")]
    _, refusals = show_all(items, ["image_swap_pair"], 7, Gallery(items, no_images, no_images))
    assert [one.key for one in refusals] == ["d/item0 image_swap_pair", "d/item1 image_swap_pair"]
    assert {one.reason.partition(": ")[2][:33] for one in refusals} == {"no other image is left that the s"}


def test_what_is_stored_is_held_against_the_items() -> None:
    items = [item(0, "a" * 16, "lung"), item(1, "b" * 16, "heart"), item(2, "c" * 16, "lung")]
    instances = swapped(items)
    refuse_disagreement(items, instances.values(), 7)
    wrong = {
        "the old answer": {"answer_index": 0},
        "a third answer": {"answer_index": 2},
        "no answer": {"answer_index": None},
        "its own image": dict(
            zip(("image_id", "image_path", "image_sha256"), items[0].images[0], strict=True)
        ),
        "an image with the same answer": {"image_id": "c" * 16},
    }
    swapped_one = next(one for one in instances.values() if one.options[one.answer_index or 0] == "heart")
    for change in wrong.values():
        with pytest.raises(BadInput, match="answer_index: it is not what the table items gives"):
            refuse_disagreement(items, [replace(swapped_one, **change)], 7)  # type: ignore[arg-type]


def test_a_study_of_many_images_is_paired_in_time() -> None:
    """All ask the same question, so each could look at every other; the work grows with their number alone."""
    items = [item(at, f"{at:016x}", ORGANS[at % 2]) for at in range(4000)]
    assert len(pair_images(items, 7)) > 3900
