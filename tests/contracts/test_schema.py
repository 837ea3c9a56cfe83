"""Columns, types and nulls, before any expectation is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.contracts.conftest import Failed, Sound

from vqa_canary.frames import frame


@pytest.fixture
def scores(sound: Sound) -> pd.DataFrame:
    return frame([sound("scores", number) for number in range(3)], "scores")


def test_missing_and_unknown_columns_are_named(failed: Failed, scores: pd.DataFrame) -> None:
    renamed = scores.rename(columns={"uncertainty": "uncertainity"})
    [found] = failed("scores", renamed).values()
    assert "uncertainity" in found.message
    missing = failed("scores", scores.drop(columns=["model", "choice"]))["columns"]
    assert missing.message == "columns missing: model, choice"


def test_column_that_stands_twice_is_refused(failed: Failed, scores: pd.DataFrame) -> None:
    assert list(failed("scores", pd.concat([scores, scores[["model"]]], axis=1))) == ["columns"]


@pytest.mark.parametrize(
    ("column", "values", "at"),
    [
        ("uncertainty", ["0.1", "0.2", "0.3"], 0),
        ("uncertainty", [0.1, 0.2, "high"], 2),
        ("choice", [1, 2.5, 3], 1),
        ("choice", [True, False, True], 0),
        ("correct", [1, 0, 1], 0),
        ("model", ["a", "b", 3], 2),
    ],
)
def test_value_of_another_type_is_found(
    failed: Failed, scores: pd.DataFrame, column: str, values: list[object], at: int
) -> None:
    scores[column] = pd.Series(values, dtype=object)
    found = failed("scores", scores)["type"]
    assert found.column == column
    assert f"{column}={values[at]!r}" in found.failure_examples[0] or column == "model"
    assert "needed" in found.message


def test_null_where_none_may_be_is_found(failed: Failed, scores: pd.DataFrame) -> None:
    scores.loc[1, "condition"] = None
    found = failed("scores", scores)["not_null"]
    assert (found.column, found.failure_count) == ("condition", 1)
    assert found.failure_examples == ["tiny/row-1/margin: condition=None"]


def test_null_inside_a_list_is_found(failed: Failed, sound: Sound) -> None:
    evidence = frame([sound("evidence", number) for number in range(2)], "evidence")
    evidence.at[1, "option_logprobs"] = np.array([-1.0, np.nan, -2.0])  # type: ignore[assignment]  # no scalar
    found = failed("evidence", evidence)["no_null_inside_list"]
    assert found.failure_examples == ["tiny/row-1: option_logprobs=[-1.0, None, -2.0]"]


def test_lists_may_be_lists_tuples_or_arrays(failed: Failed, sound: Sound) -> None:
    rows = [sound("evidence", number) for number in range(3)]
    evidence = frame(rows, "evidence")
    kinds: tuple[Callable[[Any], Any], ...] = (list, tuple, np.array)
    for at, kind in enumerate(kinds):
        evidence.at[at, "option_logprobs"] = kind(rows[at]["option_logprobs"])
    assert failed("evidence", evidence) == {}


@pytest.mark.parametrize("data", [None, [{"model": "tiny"}], pd.Series([1])])
def test_what_is_no_frame_is_refused(failed: Failed, data: object) -> None:
    assert type(data).__name__ in failed("scores", data)["is_frame"].message
