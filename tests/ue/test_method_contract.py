"""What every registered UE method promises; a new one is tested the moment it exists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from tests.optional import not_none
from tests.ue.conftest import Frames, MakeEvidence, MakeInstance

from vqa_canary.ue.registration import METHODS
from vqa_canary.ue.table import scores_table

SIZES = (2, 3, 4, 5)


@pytest.fixture
def study(
    frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forty instances with two to five options and answers of one to three tokens."""
    rows = [(number, SIZES[number % len(SIZES)]) for number in range(40)]
    return frames([make_evidence(*row) for row in rows], [make_instance(*row) for row in rows])


@pytest.fixture(params=list(METHODS))
def method(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_complete_evidence_gives_a_value_in_range(
    method: str, study: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    scores = scores_table(*study, [method])
    assert scores["uncertainty"].between(0, METHODS[method].upper).all()
    assert scores["uncertainty"].nunique() > 3
    assert scores["reason"].isna().all()
    if METHODS[method].confidence:
        assert np.array_equal(scores["confidence"], 1 - scores["uncertainty"])
    else:
        assert scores["confidence"].isna().all()


def test_row_order_changes_nothing(method: str, study: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    evidence, instances = study
    shuffled = evidence.sample(frac=1, random_state=3), instances.sample(frac=1, random_state=4)
    assert_frame_equal(scores_table(*shuffled, [method]), scores_table(*study, [method]), check_exact=True)


def test_one_row_alone_gets_the_same_value(method: str, study: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    evidence, instances = study
    alone = [scores_table(evidence.iloc[[i]], instances, [method]) for i in range(len(evidence))]
    together = scores_table(*study, [method])
    assert_frame_equal(pd.concat(alone, ignore_index=True), together, check_exact=True)


def test_evidence_is_left_as_it_was(method: str, study: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    evidence, _ = study
    before = evidence.map(repr)
    scores_table(*study, [method])
    assert_frame_equal(evidence.map(repr), before)


def test_missing_evidence_gives_a_reason_and_no_number(
    method: str, frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> None:
    for need in set(METHODS[method].needs) - {"options"}:
        gone: dict[str, Any] = {need: None}
        evidence = [replace(make_evidence(0), **gone), make_evidence(1)]
        scores = scores_table(*frames(evidence, [make_instance(0), make_instance(1)]), [method])
        assert scores["uncertainty"].isna().tolist() == [True, False]
        assert scores["confidence"].isna()[0]
        assert scores["reason"][0].startswith(f"no {need}: ")


def test_a_failed_instance_gives_its_error(
    method: str, frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> None:
    from vqa_canary.tables import Evidence

    evidence = [Evidence("m", "i000", status="failed", error="out of memory"), make_evidence(1)]
    scores = scores_table(*frames(evidence, [make_instance(0), make_instance(1)]), [method])
    failed = scores.iloc[0]
    assert failed["reason"] == "failed: out of memory"
    assert pd.isna(failed[["uncertainty", "confidence", "choice", "correct"]]).all()


def test_docstring_tells_formula_range_and_source(method: str) -> None:
    text = not_none(METHODS[method].function.__doc__)
    for part in (".. math::", "Parameters", "Returns", "References"):
        assert part in text
