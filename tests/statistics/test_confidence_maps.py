"""Maps from uncertainty to confidence against their definitions, by brute force and by another optimiser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import MinMaxScaler

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.confidence_maps import isotonic, one_minus_min_max, platt

FITS = {"isotonic": isotonic, "platt": platt}
answers = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=25)
"""Few levels of uncertainty: ties are common."""


def arrays(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([u for u, _ in rows], float), np.array([right for _, right in rows], float)


@given(answers)
def test_isotonic_is_the_min_max_formula_of_falling_regression(rows: list[tuple[int, bool]]) -> None:
    """At the j-th level: the least, over where a block begins, of the largest mean, over where it ends."""
    u, right = arrays(rows)
    levels = np.unique(u)
    inside = [right[u == level] for level in levels]

    def mean(first: int, last: int) -> float:
        return float(np.concatenate(inside[first : last + 1]).mean())

    expected = [
        min(max(mean(first, last) for last in range(at, len(levels))) for first in range(at + 1))
        for at in range(len(levels))
    ]
    assert isotonic(u, right)(levels) == pytest.approx(expected)


@given(answers)
def test_isotonic_is_scikit_learns_between_its_points_and_beyond_them(rows: list[tuple[int, bool]]) -> None:
    u, right = arrays(rows)
    asked = np.linspace(-2, 8, 41)
    other = IsotonicRegression(increasing=False, out_of_bounds="clip").fit(u, right)
    assert isotonic(u, right)(asked) == pytest.approx(other.predict(asked))


@settings(deadline=None)
@given(answers)
def test_platt_is_the_likeliest_falling_curve_for_platts_targets(rows: list[tuple[int, bool]]) -> None:
    u, right = arrays(rows)
    n, m = right.sum(), (1 - right).sum()
    target = np.where(right == 1, (n + 1) / (n + 2), 1 / (m + 2))

    def loss(curve: np.ndarray) -> float:
        eta = curve[0] - curve[1] * u
        return float((np.logaddexp(0, eta) - target * eta).sum())

    best = minimize(loss, [0.0, 0.1], bounds=[(None, None), (0, None)], method="L-BFGS-B", tol=1e-14)
    found = platt(u, right)(u)
    assert found == pytest.approx(expit(best.x[0] - best.x[1] * u), abs=2e-3)
    eta = np.log(found / (1 - found))
    assert (np.logaddexp(0, eta) - target * eta).sum() <= best.fun + 1e-9  # none is likelier
    if len(set(u)) == 1:
        assert found == pytest.approx(target.mean())


def test_platt_is_scikit_learns_logistic_regression_of_weighted_labels() -> None:
    """An answer of target t stands there twice: as right with the weight t, and as wrong with 1 - t."""
    rng = np.random.default_rng(3)
    u = rng.normal(5, 2, 300)
    right = (rng.normal(5, 2, 300) > u).astype(float)
    n, m = right.sum(), 300 - right.sum()
    target = np.where(right == 1, (n + 1) / (n + 2), 1 / (m + 2))
    other = LogisticRegression(C=np.inf, tol=1e-8).fit(
        np.concatenate([u, u])[:, None],
        np.repeat([1, 0], 300),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    assert platt(u, right)(u) == pytest.approx(other.predict_proba(u[:, None])[:, 1], abs=1e-5)


@pytest.mark.parametrize("name", FITS)
@settings(deadline=None)
@given(rows=answers, move=st.integers(-50, 50), stretch=st.integers(1, 20))
def test_a_map_falls_stays_a_probability_and_knows_no_scale(
    name: str, rows: list[tuple[int, bool]], move: int, stretch: int
) -> None:
    u, right = arrays(rows)
    asked = np.linspace(-3, 9, 25)  # beyond both ends of what it was fitted to
    confidence = FITS[name](u, right)(asked)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert (np.diff(confidence) <= 1e-9).all()
    moved = FITS[name](u * stretch + move, right)(asked * stretch + move)
    assert moved == pytest.approx(confidence, abs=1e-6)
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    assert FITS[name](u[order], right[order])(asked) == pytest.approx(confidence, abs=1e-6)
    square = asked.reshape(5, 5)
    assert FITS[name](u, right)(square) == pytest.approx(confidence.reshape(5, 5))


def test_isotonic_on_average_says_what_is_right_and_platt_nearly() -> None:
    rng = np.random.default_rng(0)
    u = rng.random(500)
    right = (rng.random(500) > u).astype(float)
    assert isotonic(u, right)(u).mean() == pytest.approx(right.mean())
    assert platt(u, right)(u).mean() == pytest.approx(right.mean(), abs=0.01)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_of_one_class_isotonic_says_it_for_certain_and_platt_does_not(value: float) -> None:
    u, right = np.arange(8.0), np.full(8, value)
    assert (isotonic(u, right)(u) == value).all()
    assert platt(u, right)(u) == pytest.approx(np.full(8, 0.1 + 0.8 * value))


def test_equal_uncertainties_give_what_they_have_together() -> None:
    u, right = np.full(7, 0.1), np.array([1.0, 1, 1, 1, 0, 0, 0])  # 0.1 has a rounding error in every mean
    assert isotonic(u, right)(np.array([0.0, 0.1, 1.0])) == pytest.approx([4 / 7] * 3)
    assert platt(u, right)(np.array([0.0, 0.1, 1.0])) == pytest.approx([(4 * 5 / 6 + 3 * 1 / 5) / 7] * 3)


def test_what_ranks_the_wrong_way_round_gets_a_constant() -> None:
    u, right = np.arange(20.0), (np.arange(20) >= 10).astype(float)
    for fit in FITS.values():
        assert fit(u, right)(u) == pytest.approx(np.full(20, 0.5))


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=30).filter(lambda values: len(set(values)) > 1))
def test_min_max_is_scikit_learns_and_depends_on_the_set(values: list[int]) -> None:
    u = np.array(values, float)
    expected = 1 - MinMaxScaler().fit_transform(u[:, None])[:, 0]
    confidence = one_minus_min_max(u)(u)
    assert confidence == pytest.approx(expected)
    assert {confidence.min(), confidence.max()} == {0.0, 1.0}
    more = np.append(u, u.max() + 5)
    inside = u > u.min()
    assert (one_minus_min_max(more)(u)[inside] > confidence[inside]).all()


def test_min_max_of_equal_uncertainties_or_of_none_is_undefined() -> None:
    with pytest.raises(Undefined, match="all uncertainties are the same"):
        one_minus_min_max(np.full(4, 0.3))
    with pytest.raises(Undefined, match="no items"):
        one_minus_min_max(np.array([]))
