"""The best of several models: paid for in its policy, and told from the others only where it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.audit.model_choice import behind_the_best, choose_models
from vqa_canary.audit.policies import policies_table
from vqa_canary.audit.record.models import ModelChoice
from vqa_canary.audit.record.policies import AuditTarget
from vqa_canary.audit.splitting import calibration_masks

TARGET = AuditTarget(alpha=0.1, delta=0.05, conformal=0.9, share=0.5, method=None, hold_for=())
N_METHODS = 2


@pytest.fixture
def study(make_study: Callable[..., Any], answers: MakeAnswers) -> Any:
    """`good` knows when it is wrong, `bad` is wrong in a third of its answers, `fair` is between."""
    rng = np.random.default_rng(3)
    data = answers(rng, 300, 0.9, 0.9)
    n = len(data.wrong)
    cells = {}
    for name, more in (("bad", 0.3), ("fair", 0.03), ("good", 0.0)):
        wrong = data.wrong | (rng.random(n) < more)
        cells[name, "clean"] = {
            "correct": (~wrong).astype(float), "u": data.uncertainty, "v": data.uncertainty + 0.01,
        }  # fmt: skip
    return make_study(cells, data.images)


def chosen(study: Any, **about: Any) -> ModelChoice:
    masks = calibration_masks(study.grids, study.items, 3)
    rows = policies_table(study.grids, masks, alpha=0.1, delta=0.05, seed=3, nota_conditions=())
    of = {
        (row.dataset, row.model): row
        for row in rows
        if (row.method, row.guarantee, row.scope) == ("u", "exact", "best of M")
    }
    [found] = choose_models(study.grids, masks, of, TARGET, 3, **about)
    return found


def test_the_policies_are_those_at_the_share_of_delta_that_each_pair_has(study: Any) -> None:
    found = chosen(study)
    assert found.n_choices == 3 * N_METHODS
    masks = calibration_masks(study.grids, study.items, 3)
    strict = policies_table(
        study.grids, masks, alpha=0.1, delta=0.05 / 6, seed=3, nota_conditions=(), methods=["u"]
    )
    expected = {row.model: row for row in strict if (row.guarantee, row.scope) == ("exact", "alone")}
    for one in found.models:
        policy = not_none(one.policy)
        assert (policy.threshold, policy.verdict) == (
            expected[one.model].threshold,
            expected[one.model].verdict,
        )
        assert policy.held_out == expected[one.model].held_out
        assert (policy.scope, policy.n_methods, policy.delta) == ("best of models", 6, 0.05)
    assert found.recommended == "good"
    assert (
        "allows for the choice among 6 pairs of a model and a method"
        in not_none(found.models[2].policy).sentence
    )


def test_planned_looks_are_paid_for_and_without_a_claim_no_confidence_is_told(study: Any) -> None:
    masks = calibration_masks(study.grids, study.items, 3)
    strict = policies_table(
        study.grids, masks, alpha=0.1, delta=0.05 / 12, seed=3, nota_conditions=(), methods=["u"]
    )
    expected = {row.model: row for row in strict if (row.guarantee, row.scope) == ("exact", "alone")}
    found = chosen(study, looks=2)
    for one in found.models:
        policy = not_none(one.policy)
        assert (policy.threshold, policy.calibration) == (
            expected[one.model].threshold,
            expected[one.model].calibration,
        )
    good = not_none(found.models[2].policy)
    told = "with 95 % confidence, for a random answered question of a random image; this allows for the choice among 6"
    assert f"{told} pairs of a model and a method and 2 planned looks" in good.promise
    assert "6 pairs of a model and a method and 2 planned looks are allowed for" in found.reason
    bare = chosen(study, claimed=False)
    assert bare.recommended == chosen(study).recommended
    assert bare.reason.endswith("No confidence can be claimed for any of these policies.")
    assert not any("% confidence" in not_none(one.policy).sentence for one in bare.models)


def test_where_no_model_has_a_policy_none_is_recommended(study: Any) -> None:
    bad = study.scores["model"] == "bad"
    only_bad = replace(study, scores=study.scores[bad])
    twice = [only_bad.scores, only_bad.scores.assign(model="worse")]
    found = chosen(replace(study, scores=pd.concat(twice, ignore_index=True)))
    assert found.recommended is None
    assert found.reason.startswith("No model is recommended")


def test_one_model_is_no_choice(study: Any) -> None:
    alone = replace(study, scores=study.scores[study.scores["model"] == "good"])
    masks = calibration_masks(alone.grids, alone.items, 3)
    assert choose_models(alone.grids, masks, {}, TARGET, 3) == []


def test_of_two_models_the_difference_is_that_of_a_paired_t_test() -> None:
    rng = np.random.default_rng(2)
    correct = (rng.random((2, 400)) < [[0.8], [0.7]]).astype(float)
    found = behind_the_best(correct, np.arange(400), np.random.default_rng(1))
    test = ttest_rel(correct[0], correct[1])
    interval = test.confidence_interval()
    assert found.by[1].value == pytest.approx(correct[0].mean() - correct[1].mean())
    width = not_none(found.by[1].ci_high) - not_none(found.by[1].ci_low)
    assert width == pytest.approx(interval.high - interval.low, rel=0.05)  # a quantile of 1,999 draws
    assert found.by[0].value == 0
    assert found.maybe_best == (True, test.pvalue / 2 > 0.05)


def test_only_questions_that_all_answered_count_and_models_that_answer_alike_are_alike() -> None:
    correct = np.array([[1, 1, 0, np.nan, 1, 0, 1], [1, 1, 0, 1, 1, 0, 1]], float)
    found = behind_the_best(correct, np.arange(7), np.random.default_rng(1))
    assert found.by[1].n == 6
    assert found.by[1].value == 0
    assert found.maybe_best == (True, True)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_few_images_say_nothing(n: int) -> None:
    found = behind_the_best(np.ones((2, n)), np.arange(n), np.random.default_rng(1))
    assert found.maybe_best == (None, None)
    assert "too few" in str(found.by[0].reason)


@pytest.mark.slow
@pytest.mark.parametrize("icc", [0.0, 0.5])
def test_a_model_as_good_as_the_best_is_seldom_left_out(icc: float, answers: MakeAnswers) -> None:
    rng, runs, n_models = np.random.default_rng(22), 400, 6
    lost = 0
    for _ in range(runs):
        first = answers(rng, 80, 0.8, 0.0, icc)
        others = [rng.permuted(first.wrong[first.images.argsort()]) for _ in range(n_models - 1)]
        correct = np.array([~first.wrong, *(~one for one in others)], float)
        lost += not behind_the_best(correct, first.images, rng).maybe_best[0]
    assert lost / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
