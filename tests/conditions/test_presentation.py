from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from vqa_canary.conditions.presentation import show, show_all
from vqa_canary.errors import BadInput
from vqa_canary.tables import Instance, Item, frame

CONDITIONS = ["clean", "nota_replace", "nota_control", "answer_removed", "shuffled"]


def item(number: int, options: tuple[str, ...] = ("Lung", "Heart", "Liver", "Brain")) -> Item:
    return Item(
        dataset="d",
        item_id=f"item{number}",
        split="test",
        image_id="0" * 16,
        image_path="a.png",
        image_sha256="0" * 64,
        question="Which organ?",
        options=options,
        answer_index=1,
        question_type="Organ",
        answer_type="open",
        nota_valid=True,
        source_id=f"test.json qid {number}",
    )


ITEMS = [item(number) for number in range(5)] + [item(9, ("Yes", "No"))]


def test_each_item_comes_once_under_each_condition_or_is_refused() -> None:
    instances, refusals = show_all(ITEMS, CONDITIONS, seed=7)
    shown = {(one.item_id, one.condition) for one in instances}
    assert len(shown) == len(instances) == len(frame(instances, "instances"))
    assert shown | {("item9", "answer_removed")} == set(product([one.item_id for one in ITEMS], CONDITIONS))
    [refusal] = refusals
    assert (refusal.stage, refusal.key) == ("conditions", "d/item9 answer_removed")
    assert refusal.reason == "answer_removed: only 1 option would be left"
    assert refusal.row["source_id"] == "test.json qid 9"


def test_neither_order_nor_company_changes_an_instance() -> None:
    forward, _ = show_all(ITEMS, CONDITIONS, seed=7)
    backward, _ = show_all(ITEMS[::-1], CONDITIONS[::-1], seed=7)
    alone = [
        row
        for one in ITEMS
        for name in CONDITIONS
        for row in show([one], [name], 7)
        if isinstance(row, Instance)
    ]
    assert set(forward) == set(backward) == set(alone)
    assert len({one.instance_id for one in forward}) == len(forward)


def test_the_seed_and_the_item_decide() -> None:
    orders = {one.options for one in show_all(ITEMS[:5], ["shuffled"], seed=7)[0]}
    assert len(orders) > 1
    assert show_all(ITEMS, ["shuffled"], seed=7) != show_all(ITEMS, ["shuffled"], seed=8)


@pytest.mark.parametrize(
    "change",
    [
        {"question": "Which?"},
        {"options": ("Lung", "Heart", "Liver", "Skull")},
        {"answer_index": 2},
        {"image_sha256": "1" * 64},
        {"item_id": "x"},
        {"dataset": "e"},
    ],
)
def test_the_id_follows_whatever_a_model_would_see(change: dict[str, object]) -> None:
    [before], [after] = (show_all([one], ["clean"], 7)[0] for one in (ITEMS[0], replace(ITEMS[0], **change)))  # type: ignore[arg-type]
    assert before.instance_id != after.instance_id
    [moved] = show_all([replace(ITEMS[0], image_path="elsewhere/a.png")], ["clean"], 7)[0]
    assert before.instance_id == moved.instance_id


def test_an_unknown_condition_is_named_with_the_nearest() -> None:
    with pytest.raises(
        BadInput, match=r"conditions: there is no condition 'nota_replaced'\. Did you mean 'nota_replace'\?"
    ):
        list(show(ITEMS, ["clean", "nota_replaced"], 7))
