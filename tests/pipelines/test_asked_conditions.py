"""The conditions of a study, and the part of the questions that each is shown on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.sources.test_parts import item

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.asked_conditions import AskedOf, conditions_of, parts_of
from vqa_canary.rows import Item


def test_settings_are_read_with_their_defaults() -> None:
    found = conditions_of(["clean", {"no_image": {"at_most": 300}}, {"blurred": {"per": "question_type"}}])
    assert found == {
        "clean": AskedOf(),
        "no_image": AskedOf(at_most=300, per="modality"),
        "blurred": AskedOf(per="question_type"),
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"at_moest": 3}, r"conditions.no_image.at_moest: there is no such setting. Did you mean 'at_most'"),
        ({"at_most": 0}, r"conditions.no_image.at_most: 0 does not fit"),
        ({"at_most": "300"}, r"conditions.no_image.at_most: '300' does not fit"),
        ({"at_most": True}, r"conditions.no_image.at_most: True does not fit"),
        ({"per": 3}, r"conditions.no_image.per: 3 does not fit"),
    ],
)
def test_settings_that_do_not_fit_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        conditions_of(["clean", {"no_image": settings}])


def test_one_condition_is_shown_on_all_questions() -> None:
    with pytest.raises(BadInput, match="each has `at_most` or `of`"):
        conditions_of({"clean": {"at_most": 3}, "no_image": {"at_most": 3}})


def test_conditions_of_one_number_are_shown_on_the_same_questions() -> None:
    items = [item(at, at // 2, "CT") for at in range(40)]
    entries = {
        "clean": None,
        "no_image": {"at_most": 10},
        "wrong_image": {"at_most": 10},
        "blurred": {"at_most": 6},
    }
    parts = parts_of(items, entries, 7)
    assert list(parts) == ["no_image", "wrong_image", "blurred"]
    assert parts["no_image"] == parts["wrong_image"]
    assert {len(part) for part in parts.values()} == {6, 10}
    assert parts_of(items, ["clean", "no_image"], 7) == {}


def some_fair(n: int) -> list[Item]:
    """Two questions an image; every third one is fair when its right option is hidden."""
    return [replace(item(at, at // 2, "CT" if at % 5 else "MR"), nota_valid=at % 3 == 0) for at in range(n)]


def test_a_condition_of_fair_questions_is_shown_on_all_of_these_and_no_other() -> None:
    items = some_fair(30)
    entries: Any = ["clean", {"nota_replace": {"of": "nota_valid"}}, {"nota_control": {"of": "nota_valid"}}]
    parts = parts_of(items, entries, 7)
    fair = {(one.dataset, one.item_id) for one in items if one.nota_valid}
    assert parts == {"nota_replace": fair, "nota_control": fair}
    assert parts_of(items[::-1], entries, 7) == parts


def test_a_part_of_the_fair_questions_can_be_drawn() -> None:
    items = some_fair(60)
    [part] = parts_of(items, ["clean", {"nota_last": {"of": "nota_valid", "at_most": 8}}], 7).values()
    assert 0 < len(part) <= 8
    assert part < {(one.dataset, one.item_id) for one in items if one.nota_valid}


def test_where_no_question_is_fair_none_is_shown() -> None:
    items = [replace(one, nota_valid=False) for one in some_fair(6)]
    assert parts_of(items, ["clean", {"nota_last": {"of": "nota_valid"}}], 7) == {"nota_last": frozenset()}


def test_clean_questions_are_asked_of_all() -> None:
    with pytest.raises(BadInput, match="each has `at_most` or `of`"):
        conditions_of([{"nota_replace": {"of": "nota_valid"}}])
    with pytest.raises(BadInput, match=r"conditions.nota_replace.of: 'fair' does not fit"):
        conditions_of(["clean", {"nota_replace": {"of": "fair"}}])
