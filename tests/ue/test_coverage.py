"""Scores are about all evidence, and about no other."""

from __future__ import annotations

import pandas as pd
import pytest

from vqa_canary.errors import BadInput
from vqa_canary.ue.configured import code_of
from vqa_canary.ue.coverage import refuse_unscored

EVIDENCE = pd.DataFrame(
    [(model, f"i{at}") for model in "ab" for at in range(3)], columns=["model", "instance_id"]
)
SCORES = pd.concat([EVIDENCE.assign(method=method) for method in ("margin", "p_true")], ignore_index=True)


def test_a_score_for_every_row_and_method_passes() -> None:
    refuse_unscored(SCORES, EVIDENCE)


@pytest.mark.parametrize(
    ("scores", "evidence", "told"),
    [
        (
            SCORES[SCORES["model"] == "a"],
            EVIDENCE,
            "scores of b, margin: 0 instances have a row, and its evidence has 3",
        ),
        (
            SCORES.drop(index=7),
            EVIDENCE,
            "scores of a, p_true: 2 instances have a row, and its evidence has 3",
        ),
        (SCORES, EVIDENCE[EVIDENCE["model"] == "b"], "scores of a, margin: 3 .* evidence has 0"),
    ],
)
def test_what_is_missing_is_named(scores: pd.DataFrame, evidence: pd.DataFrame, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        refuse_unscored(scores, evidence)


def test_the_code_of_a_method_is_told_by_its_name_whatever_its_settings() -> None:
    found = code_of(["margin", "p_true"])
    assert list(found) == ["margin", "p_true"]
    assert found["margin"] != found["p_true"]
    assert code_of(["margin"]) == {"margin": found["margin"]}
