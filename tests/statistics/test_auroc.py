"""AUROC against scikit-learn, the definition, and a jackknife over images."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.auroc import auroc, rank

rows = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=40)


def enough(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Few levels, so ties are common; each row an image, twelve more so that there are enough of both."""
    rows = rows + [(level % 5, bool(level % 2)) for level in range(12)]
    u, wrong = np.array([u for u, _ in rows], float), np.array([w for _, w in rows])
    return u, wrong, np.arange(len(rows))


@given(rows)
def test_it_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    u, wrong, images = enough(rows)
    gap = u[wrong][:, None] - u[~wrong]
    share = float(((gap > 0) + 0.5 * (gap == 0)).mean())
    found = auroc(u, wrong, images)
    assert found.value == pytest.approx(share)
    assert found.value == pytest.approx(roc_auc_score(wrong, u))
    assert auroc(np.exp(u), wrong, images) == found  # only the order counts
    assert auroc(-u, wrong, images).value == pytest.approx(1 - share)
    assert auroc(u, ~wrong, images).value == pytest.approx(1 - share)


@given(rows, st.randoms(use_true_random=False))
def test_row_order_and_names_of_images_do_not_count(rows: list[tuple[int, bool]], random: Random) -> None:
    u, wrong, images = enough(rows)
    images = images // 2
    order = np.array(random.sample(range(len(u)), len(u)))
    one, other = auroc(u, wrong, images), auroc(u[order], wrong[order], (images[order] * 7 + 3).astype(str))
    assert other.value == pytest.approx(one.value)
    if one.ci_low is not None:
        assert (other.ci_low, other.ci_high) == pytest.approx((one.ci_low, one.ci_high))


def delong_variance(u: np.ndarray, wrong: np.ndarray) -> float:
    """DeLong, DeLong & Clarke-Pearson (1988), with the covariance matrices of structural components."""
    psi = (u[wrong][:, None] > u[~wrong]) + 0.5 * (u[wrong][:, None] == u[~wrong])
    return float(psi.mean(axis=1).var(ddof=1) / wrong.sum() + psi.mean(axis=0).var(ddof=1) / (~wrong).sum())


def test_with_one_item_an_image_it_is_delong(answers: MakeAnswers) -> None:
    data = answers(np.random.default_rng(1), 300)
    ranking = rank(data.uncertainty, data.wrong, np.arange(len(data.wrong)))
    assert ranking.se**2 == pytest.approx(delong_variance(data.uncertainty, data.wrong), rel=0.01)


def test_influences_are_what_the_image_bootstrap_weights_do(answers: MakeAnswers) -> None:
    data = answers(np.random.default_rng(2), 200, levels=7)
    ranking = rank(data.uncertainty, data.wrong, data.images)
    step = 1e-6
    for image in (0, 17, 120):
        weights = 1 + step * (data.images == image)
        moved = roc_auc_score(data.wrong, data.uncertainty, sample_weight=weights)
        assert (moved - ranking.value) / step == pytest.approx(ranking.influence[image], abs=1e-4)
    assert ranking.influence.sum() == pytest.approx(0, abs=1e-12)


def test_the_interval_is_the_logit_t_interval(answers: MakeAnswers) -> None:
    data = answers(np.random.default_rng(3), 60, accuracy=0.9)
    ranking = rank(data.uncertainty, data.wrong, data.images)
    with_wrong = len(set(data.images[data.wrong]))
    assert ranking.df == min(with_wrong, len(set(data.images[~data.wrong]))) - 1
    a, g = ranking.value, ranking.n_clusters
    se = np.sqrt(g / (g - 1) * (ranking.influence**2).sum())
    reach = stats.t.ppf(0.975, with_wrong - 1) * se / (a * (1 - a))
    found = ranking.estimate()
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(expit(logit(a) + np.array([-reach, reach]))))
    # the test and the interval are one
    assert ranking.p_above(ranking.lower(0.05)) == pytest.approx(0.05)
    assert ranking.p_below(ranking.upper(0.05)) == pytest.approx(0.05)
    assert ranking.p_above(0.5) + ranking.p_below(0.5) == pytest.approx(1)


def test_a_subset_keeps_the_numbering_of_images(answers: MakeAnswers) -> None:
    data = answers(np.random.default_rng(4), 80)
    part = data.images % 3 > 0
    arrays = data.uncertainty[part], data.wrong[part], data.images[part]
    whole = rank(*arrays, n_clusters=80)
    assert whole.influence.shape == (80,)
    assert (whole.influence[::3] == 0).all()
    assert whole.se == pytest.approx(rank(*arrays).se)


@pytest.mark.parametrize("turned", [False, True])
def test_perfect_order_has_the_bound_of_disjoint_pairs(turned: bool) -> None:
    wrong = np.repeat([False, True], [30, 6])
    found = rank((wrong != turned).astype(float), wrong, np.arange(36))
    low, high = (0.0, 1 - 0.025 ** (1 / 6)) if turned else (0.025 ** (1 / 6), 1.0)
    assert found.value == (0.0 if turned else 1.0)
    assert (found.lower(0.025), found.upper(0.025)) == pytest.approx((low, high))
    p = found.p_below(0.5) if turned else found.p_above(0.5)
    assert p == pytest.approx(0.5**6)
    assert (found.p_above(0.5) if turned else found.p_below(0.5)) == 1


def test_constant_uncertainty_ranks_nothing_and_has_no_interval() -> None:
    found = auroc(np.full(40, 0.3), np.arange(40) % 3 == 0, np.arange(40))
    assert (found.value, found.ci_low) == (0.5, None)
    assert "alike" in not_none(found.reason)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ([], "no items"),
        ([True] * 9, "one class only: no right answer"),
        ([False] * 9, "one class only: no wrong answer"),
        ([True] * 4 + [False] * 9, "too few: 4 images with a wrong answer and 9 with a right one"),
    ],
)
def test_undefined_has_a_reason(wrong: list[bool], reason: str) -> None:
    found = auroc(np.arange(len(wrong)), wrong, np.arange(len(wrong)))
    assert found.value is None
    assert not_none(found.reason).startswith(reason)
    assert found.n == len(wrong)
    with pytest.raises(Undefined):
        rank(np.arange(len(wrong)), wrong, np.arange(len(wrong)))


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="uncertainty holds NaN"):
        auroc([0.1, np.nan], [True, False], [0, 1])


@given(st.integers(0, 10_000))
def test_interval_holds_the_value(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(10, 60))
    found = auroc(rng.integers(0, 4, n), rng.random(n) < 0.5, rng.integers(0, n, n))
    assume(found.ci_low is not None)
    assert 0 <= not_none(found.ci_low) <= not_none(found.value) <= not_none(found.ci_high) <= 1
