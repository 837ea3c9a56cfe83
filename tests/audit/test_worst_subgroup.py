"""The worst subgroup: picked by hand, with limits that hold though it was picked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.audit.policies import policies_table
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.splitting import calibration_masks, priorities
from vqa_canary.audit.worst_subgroup import Answered, worst_of, worst_subgroup
from vqa_canary.statistics.proportions import clopper_pearson, proportion

COLUMNS = ("question_type", "ward", "same")


def group(value: str, wrong: Any, per_image: int = 1) -> Answered:
    n = len(wrong)
    return Answered("ward", value, np.asarray(wrong, bool), np.arange(n) // per_image, np.arange(n))


def test_the_worst_is_that_of_the_largest_share_and_the_bound_is_the_exact_one_of_all() -> None:
    groups = [
        group("a", np.arange(60) < 3),
        group("b", np.arange(40) < 6),
        group("c", np.arange(50) < 1),
        group("d", [True, True]),
    ]
    found = not_none(worst_of(groups, 0.1))
    assert (found.column, found.value, found.n_groups, found.too_few) == ("ward", "b", 3, ("ward=d",))
    assert found.error == proportion(groups[1].wrong, groups[1].images)
    uppers = [
        stats.binomtest(k, n, alternative="less").proportion_ci(1 - 0.05 / 3).high
        for k, n in ((3, 60), (6, 40), (1, 50))
    ]
    assert found.bound == pytest.approx(max(uppers))
    assert found.holds == "cannot tell"
    assert not_none(worst_of(groups, 0.5)).holds == "holds"
    assert not_none(worst_of([*groups, group("e", np.ones(30))], 0.1)).holds == "exceeds"


def test_the_bound_counts_one_answer_an_image_in_the_order_of_priority() -> None:
    wrong, images = np.array([True, False] * 20), np.repeat(np.arange(20), 2)
    early, late = (Answered("g", "x", wrong, images, order) for order in (np.arange(40), np.arange(40)[::-1]))
    assert early.first_answers() == (20, 20)
    assert late.first_answers() == (0, 20)
    assert not_none(worst_of([late], 0.1)).bound == pytest.approx(1 - 0.05 ** (1 / 20))
    mixed = np.random.default_rng(1).permutation(40)
    again = Answered("g", "x", wrong[mixed], images[mixed], np.arange(40)[mixed])
    assert again.first_answers() == early.first_answers()


def test_limits_allow_for_planned_looks_and_without_a_claim_there_is_no_bound() -> None:
    groups = [group("a", np.arange(60) < 3), group("b", np.arange(40) < 6)]
    looks = not_none(worst_of(groups, 0.1, looks=4))
    uppers = [
        stats.binomtest(k, n, alternative="less").proportion_ci(1 - 0.05 / 8).high
        for k, n in ((3, 60), (6, 40))
    ]
    assert looks.bound == pytest.approx(max(uppers))
    for alpha, holds in ((0.1, "cannot tell"), (0.5, "cannot tell"), (0.01, "exceeds")):
        bare = not_none(worst_of(groups, alpha, claimed=False))
        assert (bare.bound, bare.holds) == (None, holds)


def test_without_enough_images_there_is_none() -> None:
    assert worst_of([], 0.1) is None
    assert worst_of([group("a", np.ones(40), per_image=10)], 0.1) is None


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=30), min_size=1, max_size=6))
def test_the_bound_is_no_smaller_than_any_share_and_order_does_not_matter(shares: list[list[bool]]) -> None:
    groups = [group(str(at), wrong) for at, wrong in enumerate(shares)]
    found = not_none(worst_of(groups, 0.1))
    assert not_none(found.error.value) == max(np.mean(wrong) for wrong in shares)
    assert (
        not_none(found.error.value) <= not_none(found.bound) <= 1
    )  # one answer an image: both count the same
    assert worst_of(groups[::-1], 0.1) == found
    more = not_none(worst_of([*groups, group("z", [False] * 30)], 0.1))
    assert not_none(more.bound) >= not_none(found.bound)


@pytest.fixture
def study(make_study: Callable[..., Any], answers: MakeAnswers) -> Any:
    data = answers(np.random.default_rng(6), 200, 0.9, 0.9)
    right = (~data.wrong).astype(float)
    right[:7] = np.nan
    made = make_study({("m", "clean"): {"correct": right, "u": data.uncertainty}}, data.images)
    made.items["ward"] = np.where(data.images < 4, 7, 12)
    made.items["same"] = "x"
    made.scores.loc[made.scores["correct"].isna(), "uncertainty"] = np.nan
    made.scores.loc[made.scores["correct"].isna(), "reason"] = "failed: made up"
    return made


def policy_of(study: Any) -> tuple[Policy, tuple[Any, Any]]:
    masks = calibration_masks(study.grids, study.items, 3)
    order = priorities(study.grids[0].items["item_id"], 3)
    rows = policies_table(study.grids, masks, alpha=0.1, delta=0.05, seed=3, nota_conditions=())
    [policy] = [row for row in rows if (row.guarantee, row.scope) == ("exact", "alone")]
    return policy, (masks["d"], order)


def test_it_is_about_the_answers_of_held_out_images(study: Any) -> None:
    policy, (mask, order) = policy_of(study)
    assert policy.threshold is not None
    found = not_none(worst_subgroup(study.grids[0], policy, COLUMNS, mask, order))
    data = study.scores.merge(study.items, on=["dataset", "item_id"])
    kept = data[(data["uncertainty"] <= policy.threshold) & data["correct"].notna() & ~mask]
    shares = {
        (column, str(value)): 1 - part["correct"].mean()
        for column in ("question_type", "ward")
        for value, part in kept.groupby(column)
        if part["image_id"].nunique() >= 5
    }
    assert shares[found.column, found.value] == max(shares.values()) == pytest.approx(found.error.value)
    assert found.n_groups == len(shares)
    assert found.too_few == ("ward=7",)


def test_without_a_policy_there_is_none(study: Any) -> None:
    policy, (mask, order) = policy_of(study)
    assert (
        worst_subgroup(study.grids[0], policy.model_copy(update={"threshold": None}), COLUMNS, mask, order)
        is None
    )
    assert worst_subgroup(study.grids[0], policy, ("same",), mask, order) is None


@pytest.mark.slow
@pytest.mark.parametrize("icc", [0.0, 0.3, 0.7])
def test_the_bound_holds_for_all_subgroups_at_once(icc: float, answers: MakeAnswers) -> None:
    """Ten subgroups, each wrong in 10 % of its answers: the bound is seldom below, an unadjusted one often is."""
    rng, runs, n_groups = np.random.default_rng(19), 600, 10
    missed = alone = 0
    for _ in range(runs):
        parts = [answers(rng, 80, 0.9, 0.0, icc) for _ in range(n_groups)]
        groups = [
            Answered("g", str(at), one.wrong, one.images, rng.permutation(len(one.wrong)))
            for at, one in enumerate(parts)
        ]
        # Too low for any subgroup: below the truth of all, though the bound is the largest of ten.
        uppers = [clopper_pearson(*one.first_answers(), 0.1 / n_groups)[1] for one in groups]
        assert not_none(not_none(worst_of(groups, 0.1)).bound) == max(uppers)
        missed += min(uppers) < 0.1
        alone += any(clopper_pearson(*one.first_answers(), 0.1)[1] < 0.1 for one in groups)
    assert missed / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert alone / runs > 0.1
