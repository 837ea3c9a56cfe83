"""Subgroups: every figure by hand, and a warning where it says little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vqa_canary.audit.policies import policies_table
from vqa_canary.audit.record.findings import Subgroup
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.splitting import calibration_images, calibration_masks
from vqa_canary.audit.subgroups import subgroups_table, warning
from vqa_canary.errors import BadInput
from vqa_canary.estimate import Estimate
from vqa_canary.evaluation.grid import Grid
from vqa_canary.statistics.calibration import overconfidence
from vqa_canary.statistics.proportions import proportion

COLUMNS = ("question_type", "modality", "ward")


@pytest.fixture
def study(make_study: Callable[..., Any], answers: Callable[..., Any]) -> Any:
    rng = np.random.default_rng(6)
    data = answers(rng, 200, 0.9, 0.9)
    u = 1 / (1 + np.exp(-data.uncertainty))
    right = (~data.wrong).astype(float)
    right[:7] = np.nan
    made = make_study({("m", "clean"): {"correct": right, "u": u, "v": u}}, data.images, confident=("u",))
    made.items["ward"] = np.where(data.images < 4, 7, 12)  # whole numbers, of which one is rare
    made.scores.loc[made.scores["correct"].isna(), ["uncertainty", "confidence"]] = np.nan
    made.scores.loc[made.scores["correct"].isna(), "reason"] = "failed: made up"
    return made


def split(study: Any) -> tuple[list[Grid], Any]:
    return study.grids, calibration_masks(study.grids, study.items, 3)


def chosen(study: Any) -> list[Policy]:
    rows = policies_table(*split(study), alpha=0.1, delta=0.05, seed=3, nota_conditions=())
    return [row for row in rows if (row.method, row.guarantee, row.scope) == ("v", "exact", "alone")]


def table(study: Any, **changes: Any) -> list[Subgroup]:
    given: dict[str, Any] = {"columns": COLUMNS, "policies": chosen(study), "confidence_method": "u"}
    return subgroups_table(*split(study), **(given | changes))


def test_figures_are_those_of_the_definition(study: Any) -> None:
    rows = table(study)
    data = study.scores[study.scores["method"] == "u"].merge(study.items, on=["dataset", "item_id"])
    data["modality"] = data["modality"].fillna("unknown")
    [policy] = chosen(study)
    assert policy.threshold is not None
    inside = data["image_id"].isin(calibration_images(study.items["image_id"], 3))
    assert [(row.column, row.value) for row in rows] == [
        ("", "all"), ("question_type", "organ"), ("question_type", "side"), ("modality", "CT"),
        ("modality", "unknown"), ("ward", "12"), ("ward", "7"),
    ]  # fmt: skip
    for row in rows:
        part = data if not row.column else data[data[row.column].astype(str) == row.value]
        known = part[part["correct"].notna()]
        images = known["image_id"].to_numpy(str)
        assert (row.n, row.n_clusters) == (len(part), part["image_id"].nunique())
        right = proportion(known["correct"].astype(float), images)
        assert row.accuracy.ci_low == pytest.approx(right.ci_low)
        over = overconfidence(known["confidence"], known["correct"].astype(float), images)
        assert row.overconfidence.value == pytest.approx(over.value)
        rest = part[~inside.loc[part.index]]
        answered = rest[(rest["uncertainty"] <= policy.threshold) & rest["correct"].notna()]
        assert row.policy_coverage.value == pytest.approx(len(answered) / len(rest))
        assert row.policy_error.value == pytest.approx(1 - answered["correct"].astype(float).mean())
        assert row.policy_error.n == len(answered)
    assert rows[0].policy_error.value == policy.held_out.risk.value
    assert rows[-1].accuracy.warning == "too few to say: 2 images"  # two of the four have no answer
    assert rows[0].accuracy.warning is None
    assert [Subgroup.model_validate_json(row.model_dump_json()) for row in rows] == rows


def test_warnings_by_their_rule() -> None:
    assert warning(Estimate(0.5, 0.36, 0.65, 40, 10)) is None
    assert warning(Estimate(0.5, 0.34, 0.65, 40, 10)) == "too few to say: the interval is 31.0 points wide"
    assert warning(Estimate(0.5, 0.4, 0.6, 40, 9)) == "too few to say: 9 images"
    assert warning(Estimate(0.5, None, None, 40, 40)) == "too few to say: no interval"
    assert warning(Estimate(None, None, None, 0, 0, "no items")) is None


def test_what_is_missing_has_its_reason(study: Any) -> None:
    for row in table(study, policies=(), confidence_method="v", columns=()):
        assert row.overconfidence.reason == "v gives no confidence here"
        assert row.policy_error.reason == row.policy_coverage.reason == "no policy"
    [row] = table(study, confidence_method=None, columns=())
    assert row.overconfidence.reason == "no method gives a confidence"
    [row] = table(study, confidence_method="w", columns=())
    assert row.overconfidence.reason == "w was not scored"
    [lost] = chosen(study)
    lost = lost.model_copy(update={"threshold": None, "reason": "too little data"})
    [row] = table(study, policies=[lost], columns=())
    assert row.policy_error.reason == "too little data"


def test_what_does_not_fit_is_refused(study: Any) -> None:
    with pytest.raises(BadInput, match=r"no column 'modalty'.*mean 'modality'"):
        table(study, columns=["modalty"])
    with pytest.raises(BadInput, match="give one row, of event 'error'"):
        table(study, policies=chosen(study) * 2)
