"""Conditions by name, or by name with settings, in a list or in one mapping."""

from __future__ import annotations

from typing import Any

import pytest

from vqa_canary.conditions.configured import settings_of_conditions
from vqa_canary.errors import BadInput


@pytest.mark.parametrize(
    "entries",
    [
        ["clean", {"no_image": {"at_most": 300}}],
        [{"clean": None}, {"no_image": {"at_most": 300}}],
        {"clean": None, "no_image": {"at_most": 300}},
        {"clean": {}, "no_image": {"at_most": 300}},
    ],
)
def test_every_form_says_the_same(entries: Any) -> None:
    found = settings_of_conditions(entries)
    assert list(found.items()) == [("clean", {}), ("no_image", {"at_most": 300})]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            ["clean", "nota_absent"],
            "'nota_absent', where the right option is dropped .* Write 'answer_removed'",
        ),
        (["clean", "text_onyl"], "no condition 'text_onyl'.* Did you mean 'text_only'"),
        (["clean", "clean"], "'clean' stands there twice"),
        (["clean", {"clean": {"at_most": 3}}], "'clean' stands there twice"),
        (
            [{"clean": 300}],
            r"conditions.clean: its settings must be a mapping, as in `clean: \{at_most: 300\}`",
        ),
        ([{"clean": {}, "no_image": {}}], "is neither the name of a condition"),
        ([["clean"]], "is neither the name of a condition"),
        ([7], "7 is neither the name of a condition"),
    ],
)
def test_what_names_no_condition_is_refused(entries: Any, message: str) -> None:
    with pytest.raises(BadInput, match=f"parameters: conditions.*{message}|{message}"):
        settings_of_conditions(entries)
