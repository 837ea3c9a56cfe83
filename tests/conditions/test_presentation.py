from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from vqa_canary.conditions.gallery import Gallery, Images
from vqa_canary.conditions.presentation import show, show_all
from vqa_canary.conditions.registration import CONDITIONS as REGISTRY
from vqa_canary.conditions.registration import ImageChange, NotApplicable, Shown, unknown_image
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.plugin_faults import PluginFault
from vqa_canary.rows import Instance, Item, ShownImage
from vqa_canary.sources.changed_images import write_changed
from vqa_canary.sources.images import write_blank

CONDITIONS = [
    "clean",
    "nota_replace",
    "nota_control",
    "answer_removed",
    "shuffled",
    "no_image",
    "wrong_image",
    "blurred",
    "text_only",
]
BLANK = ShownImage("b" * 16, "blank.png", "b" * 64)


def item(number: int, options: tuple[str, ...] = ("Lung", "Heart", "Liver", "Brain")) -> Item:
    return Item(
        dataset="d",
        item_id=f"item{number}",
        split="test",
        image_id=f"{number % 4}" * 16,
        image_path=f"{number % 4}.png",
        image_sha256=f"{number % 4}" * 64,
        question="Which organ?",
        options=options,
        answer_index=1,
        question_type="Organ",
        answer_type="open",
        nota_valid=True,
        source_id=f"test.json qid {number}",
    )


def blank(item: Item) -> Images:
    return (BLANK,) * len(item.images)


ITEMS = [item(number) for number in range(5)] + [item(9, ("Yes", "No"))]


def change(item: Item, how: ImageChange) -> Images:
    """As if a function made the image after the next of each."""
    return tuple(ShownImage(f"c{one.image_id[1:]}", "changed.png", "c" * 64) for one in item.images)


GALLERY = Gallery(ITEMS, blank, change)


def test_each_item_comes_once_under_each_condition_or_is_refused() -> None:
    instances, refusals = show_all(ITEMS, CONDITIONS, 7, GALLERY)
    shown = {(one.item_id, one.condition) for one in instances}
    assert len(shown) == len(instances) == len(frame(instances, "instances"))
    assert shown | {("item9", "answer_removed")} == set(product([one.item_id for one in ITEMS], CONDITIONS))
    [refusal] = refusals
    assert (refusal.stage, refusal.key) == ("conditions", "d/item9 answer_removed")
    assert refusal.reason == "answer_removed: only 1 option would be left"
    assert refusal.row["source_id"] == "test.json qid 9"


def test_neither_order_nor_company_changes_an_instance() -> None:
    forward, _ = show_all(ITEMS, CONDITIONS, 7, GALLERY)
    backward, _ = show_all(ITEMS[::-1], CONDITIONS[::-1], 7, Gallery(ITEMS[::-1], blank, change))
    alone = [
        row
        for one in ITEMS
        for name in CONDITIONS
        for row in show([one], [name], 7, GALLERY)
        if isinstance(row, Instance)
    ]
    assert set(forward) == set(backward) == set(alone)
    assert len({one.instance_id for one in forward}) == len(forward)


def test_the_seed_and_the_item_decide() -> None:
    orders = {one.options for one in show_all(ITEMS[:5], ["shuffled"], 7, GALLERY)[0]}
    assert len(orders) > 1
    assert show_all(ITEMS, ["shuffled"], 7, GALLERY) != show_all(ITEMS, ["shuffled"], 8, GALLERY)


@pytest.mark.parametrize(
    "change",
    [
        {"question": "Which?"},
        {"options": ("Lung", "Heart", "Liver", "Skull")},
        {"answer_index": 2},
        {"image_sha256": "9" * 64},
        {"item_id": "x"},
        {"dataset": "e"},
    ],
)
def test_the_id_follows_whatever_a_model_would_see(change: dict[str, Any]) -> None:
    [before], [after] = (
        show_all([one], ["clean"], 7, GALLERY)[0] for one in (ITEMS[0], replace(ITEMS[0], **change))
    )
    assert before.instance_id != after.instance_id
    [moved] = show_all([replace(ITEMS[0], image_path="elsewhere/a.png")], ["clean"], 7, GALLERY)[0]
    assert before.instance_id == moved.instance_id


def test_an_unknown_condition_is_named_with_the_nearest() -> None:
    with pytest.raises(
        BadInput, match=r"conditions: there is no condition 'nota_replaced'\. Did you mean 'nota_replace'\?"
    ):
        list(show(ITEMS, ["clean", "nota_replaced"], 7, GALLERY))


def test_only_the_image_differs_where_the_image_is_the_condition() -> None:
    instances, _ = show_all(ITEMS, ["clean", "no_image", "wrong_image"], 7, GALLERY)
    by_key = {(one.item_id, one.condition): one for one in instances}
    for one in ITEMS:
        clean, none, wrong = (by_key[one.item_id, name] for name in ("clean", "no_image", "wrong_image"))
        assert (none.image_id, none.image_path, none.image_sha256) == BLANK
        assert wrong.image_id != clean.image_id
        assert wrong.image_path == f"{str(wrong.image_id)[0]}.png"
        for other in (none, wrong):
            assert (other.question, other.options, other.answer_index) == (
                clean.question,
                clean.options,
                clean.answer_index,
            )


def test_another_image_is_of_the_same_region_and_dataset_where_there_is_one() -> None:
    regions = ["chest", "chest", "head", None]
    items = [replace(item(n), body_region=regions[n % 4], item_id=str(n)) for n in range(4)]
    far = replace(item(7), dataset="e", image_id="7" * 16)
    gallery = Gallery([*items, far], blank, change)
    for seed in range(20):
        rng = Random(seed)
        assert gallery.other(items[0], rng)[0].image_id == items[1].image_id
        assert gallery.other(items[2], rng)[0].image_id != items[2].image_id
        with pytest.raises(NotApplicable, match="no other image"):
            gallery.other(far, rng)
    assert len({gallery.other(items[2], Random(seed))[0].image_id for seed in range(30)}) == 3


def several(number: int, *images: int) -> Item:
    first, *more = (ShownImage(f"{at}" * 16, f"{at}.png", f"{at}" * 64) for at in images)
    return replace(item(number), **first._asdict(), more_images=tuple(more))


def test_other_images_are_as_many_and_none_of_an_items_own() -> None:
    items = [
        *ITEMS,
        several(20, 1, 2),
        several(21, 2, 1),
        several(22, 3, 4),
        several(23, 5, 2),
        several(24, 1, 2, 3),
    ]
    instances, refusals = show_all(
        items[-5:], ["clean", "no_image", "wrong_image"], 7, Gallery(items, blank, change)
    )
    by_key = {(one.item_id, one.condition): one for one in instances}
    assert [one.image_id[0] for one in by_key["item21", "clean"].images] == ["2", "1"]
    assert by_key["item21", "no_image"].images == (BLANK, BLANK)
    assert {by_key[f"item{at}", "wrong_image"].images for at in (20, 21)} == {items[-3].images}
    assert by_key["item22", "wrong_image"].images in [one.images for one in (items[-5], items[-4], items[-2])]
    [refusal] = refusals
    assert refusal.key == "d/item24 wrong_image"
    assert (
        refusal.reason == "wrong_image: no other question of the dataset shows 3 images, all of them others"
    )


def test_the_id_follows_every_image_in_its_order() -> None:
    ids = {
        show_all([replace(several(20, *images), item_id="i")], ["clean"], 7, GALLERY)[0][0].instance_id
        for images in ((1, 2), (2, 1), (1, 3), (1, 2, 3), (1, 1, 2))
    }
    assert len(ids) == 5


def test_a_blank_image_has_the_size_asked_for_and_is_written_once(tmp_path: Path) -> None:
    first, again = (write_blank(tmp_path, (30, 20)) for _ in range(2))
    assert first == again
    assert [path.name for path in tmp_path.iterdir()] == [first.path.name]
    image = Image.open(first.path)
    assert image.size == (30, 20)
    assert image.getextrema() == (127, 127)
    assert first.sha256 == hashlib.sha256(first.path.read_bytes()).hexdigest()


def test_images_of_an_unknown_kind_are_refused_and_never_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    def hazy(item: Item, rng: Random) -> Shown:
        return Shown(item.options, item.answer_index, image="haze")  # type: ignore[arg-type]  # no such image

    monkeypatch.setitem(REGISTRY._members, "hazy", (hazy, "here"))
    told = (
        r"condition 'hazy': `Shown\.image` is 'haze'; it may be 'own', 'blank', .* \(defined in here, module tests\..*"
        r"\), which showed item d/item0 \(test.json qid 0\)"
    )
    with pytest.raises(BadInput, match=told):
        show_all(ITEMS, ["hazy"], 7, GALLERY)
    assert "`Shown.image` is of type str;" in unknown_image("hazy", ITEMS[0], ITEMS[0].options[0])
    assert "`Shown.image` is of type str;" in unknown_image("hazy", ITEMS[0], "Has Jane a mass?")
    assert "`Shown.image` is of type bytes;" in unknown_image("hazy", ITEMS[0], b"Jane")


def test_a_condition_whose_chance_is_not_its_own_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def chancy(item: Item, rng: Random) -> Shown:
        order = sorted(item.options, key=lambda _: random.random())
        return Shown(tuple(order), order.index(item.options[item.answer_index]))

    def moody(item: Item, rng: Random) -> Shown:
        if random.random() < 0.5:
            raise NotApplicable("not today")
        return Shown(item.options, item.answer_index, image=lambda image: image)

    for function in (chancy, moody):
        monkeypatch.setitem(REGISTRY._members, function.__name__, (function, "here.py:1"))
        told = rf"condition '{function.__name__}' \(defined in here\.py:1\) gives .*, on one item, item d/item.*`rng`"
        many = [item(number) for number in range(40)]
        with pytest.raises(PluginFault, match=told):
            show_all(many, [function.__name__], 7, GALLERY)


def test_an_image_that_stays_as_it_is_is_no_condition() -> None:
    gallery = Gallery(ITEMS, blank, lambda item, how: item.images)
    instances, refusals = show_all(ITEMS, ["blurred"], 7, gallery)
    assert instances == []
    assert {one.reason for one in refusals} == {"blurred: an image stays as it is"}


def test_a_changed_image_is_a_file_named_by_its_content(tmp_path: Path) -> None:
    own = Image.new("RGB", (4, 2), (10, 20, 30))
    path, sha256 = write_changed(tmp_path, own, lambda image: image.convert("L"))
    assert path.name == f"{sha256[:16]}.png"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    assert Image.open(path).mode == "L"
    assert own.getpixel((0, 0)) == (10, 20, 30)
    wrong: tuple[tuple[Any, str], ...] = (
        (lambda image: None, "gives NoneType"),
        (lambda image: image.convert("1"), "of mode 1"),
    )
    for change, told in wrong:
        with pytest.raises(BadInput, match=f"{told}; it must give a Pillow image of mode L or RGB"):
            write_changed(tmp_path, own, change)
