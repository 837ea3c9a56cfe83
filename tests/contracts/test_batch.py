"""A check that cannot be computed is told apart from bad data."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vqa_canary.contracts.batch import suite_failures
from vqa_canary.contracts.expectations import between, each_row, whole_columns

KEY = ("model", "instance_id", "method")
DATA = pd.DataFrame({"model": "tiny", "instance_id": ["a", "b"], "method": "margin", "choice": [1, 9]})


def choice_cannot_be_checked(choice: int) -> bool:
    """never mind"""
    raise RuntimeError(f"no checker for {choice}")


def choice_below_five(choice: pd.Series) -> Any:
    """choice is below 5"""
    return choice < 5


def test_rule_that_raises_is_told_as_broken() -> None:
    [failure] = suite_failures(DATA, each_row("scores", choice_cannot_be_checked), KEY)
    assert (failure.check, failure.column) == ("choice_cannot_be_checked", "choice")
    assert "no checker for 1" in failure.message
    assert "The check is broken" in failure.message
    assert failure.failure_examples == []


def test_expectation_on_a_missing_column_is_told_as_broken() -> None:
    [failure] = suite_failures(DATA, [between("chioce", 0, 5)], KEY)
    assert "chioce" in failure.message
    assert "The check is broken" in failure.message


def test_broken_check_does_not_hide_the_others() -> None:
    rules = [*each_row("scores", choice_cannot_be_checked), *whole_columns("scores", choice_below_five)]
    found = {failure.check: failure for failure in suite_failures(DATA, rules, KEY)}
    assert found["choice_below_five"].failure_examples == ["tiny/b/margin: choice=9"]
    assert "choice_cannot_be_checked" in found
