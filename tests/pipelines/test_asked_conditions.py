"""The conditions of a study, and the part of the questions that each is shown on."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sources.test_parts import item

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.asked_conditions import AskedOf, conditions_of, parts_of


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
    with pytest.raises(BadInput, match="each has `at_most`"):
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
