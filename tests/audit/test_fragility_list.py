"""The list of fragile questions: who is on it, in what order, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vqa_canary.audit.fragility_list import fragility_list
from vqa_canary.audit.record.findings import FragileItem
from vqa_canary.evaluation.grid import grids

NAN = np.nan


@pytest.fixture
def study(make_study: Callable[..., Any]) -> Any:
    right = np.array([1, 1, 1, 0, 1, 1, 1, NAN])
    shown = np.array([0, 1, 1, 0, NAN, 0, 1, 1])
    u = np.array([0.2, 0.9, 0.2, 0.99, 0.5, NAN, 0.7, NAN])
    cells = {("m", "clean"): {"correct": right, "u": u}, ("m", "nota_replace"): {"correct": shown, "u": u}}
    made = make_study(cells, np.arange(8) // 2, nota_valid=np.array([1, 1, 1, 1, 1, 1, 0, 1], bool))
    lost = made.scores["correct"].isna()
    made.scores.loc[lost, "reason"] = "failed: made up"
    return made


def test_the_list_is_that_of_the_definition(study: Any) -> None:
    conditions = ("nota_replace", "nota_last")
    rows = fragility_list(study.grids, method="u", nota_conditions=conditions)
    assert [(row.item_id[-1], row.rank, row.outcomes["nota_replace"]) for row in rows] == [
        ("1", 1, "held"),
        ("4", 2, "failed"),
        ("0", 3, "collapsed"),
        ("2", 3, "held"),
        ("5", None, "collapsed"),
    ]
    assert {row.outcomes["nota_last"] for row in rows} == {"not asked"}
    assert [row.uncertainty for row in rows] == [0.9, 0.5, 0.2, 0.2, None]
    assert [FragileItem.model_validate_json(row.model_dump_json()) for row in rows] == rows
    shuffled = [one.sample(frac=1, random_state=1) for one in (study.scores, study.instances, study.items)]
    assert fragility_list(grids(*shuffled), method="u", nota_conditions=conditions) == rows
    assert fragility_list(study.grids, method="v", nota_conditions=conditions) == []


def test_what_was_not_asked_is_no_hold(study: Any) -> None:
    kept = ~(
        (study.scores["condition"] == "nota_replace") & study.scores["item_id"].isin(["q00000", "q00006"])
    )
    made = grids(study.scores[kept], study.instances, study.items)
    rows = fragility_list(made, method="u", nota_conditions=["nota_replace"])
    found = {row.item_id[-1]: row.outcomes["nota_replace"] for row in rows}
    assert found == {
        "0": "not asked",
        "1": "held",
        "2": "held",
        "4": "failed",
        "5": "collapsed",
    }
