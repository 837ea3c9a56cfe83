"""AURC, excess AURC, PRR and the escalated share against brute force over orders and images."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.jackknife import MAX_BLOCKS, by_level
from vqa_canary.statistics.risk_coverage import caught, risk_coverage


def curve_area(errors: list[bool]) -> float:
    """The definition: the mean over k of the error rate among the first k."""
    return sum(sum(errors[:k]) / k for k in range(1, len(errors) + 1)) / len(errors)


def expected_area(u: list[int], wrong: list[bool]) -> float:
    """The mean area over every order that sorts by uncertainty."""
    areas = [
        curve_area([wrong[i] for i in order])
        for order in permutations(range(len(u)))
        if all(u[a] <= u[b] for a, b in pairwise(order))
    ]
    return sum(areas) / len(areas)


def smoothed_area(u: np.ndarray, wrong: np.ndarray) -> float:
    """Each error replaced by the mean of its level, then cumulated."""
    order = np.argsort(u, kind="stable")
    means = {level: wrong[u == level].mean() for level in np.unique(u)}
    errors = np.array([means[level] for level in u[order]])
    return float((errors.cumsum() / np.arange(1, len(u) + 1)).mean())


def prr_of(u: np.ndarray, wrong: np.ndarray) -> float:
    """As LM-Polygraph defines it: (area - random) / (oracle - random) of the mean quality retained."""
    quality = np.arange(1, len(u) + 1)
    oracle = (np.sort(~wrong)[::-1].cumsum() / quality).mean()
    random = (~wrong).mean()
    return float((1 - smoothed_area(u, wrong) - random) / (oracle - random))


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6))
def test_ties_get_the_mean_over_their_orders(rows: list[tuple[int, bool]]) -> None:
    u, wrong = [u for u, _ in rows], [w for _, w in rows]
    found = risk_coverage(by_level(u, wrong, range(len(u)))).aurc
    assert found.value == pytest.approx(expected_area(u, wrong))


@given(st.integers(0, 10_000))
def test_areas_follow_their_definitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 80))
    u, wrong = rng.integers(0, 12, n).astype(float), np.arange(n) % 7 < rng.integers(2, 6)
    images = np.arange(n)
    found = risk_coverage(by_level(u, wrong, images))
    assert found.aurc.value == pytest.approx(smoothed_area(u, wrong))
    best = curve_area(sorted(wrong.tolist()))
    assert found.excess_aurc.value == pytest.approx(smoothed_area(u, wrong) - best)
    assert found.prr.value == pytest.approx(prr_of(u, wrong))
    assert risk_coverage(by_level(np.exp(u / 9), wrong, images)) == found  # only the order counts
    order = rng.permutation(n)
    again = risk_coverage(by_level(u[order], wrong[order], images[order].astype(str)))
    assert again.prr.value == pytest.approx(found.prr.value)
    assert again.prr.ci_low == pytest.approx(found.prr.ci_low)


def test_best_and_random_orders() -> None:
    wrong = np.arange(60) % 3 == 0
    best = risk_coverage(by_level(wrong.astype(float), wrong, np.arange(60)))
    assert (best.excess_aurc.value, best.prr.value) == (0.0, 1.0)
    assert best.excess_aurc.ci_low is None  # no interval at the bound
    flat = risk_coverage(by_level(np.zeros(60), wrong, np.arange(60)))
    assert flat.prr.value == pytest.approx(0, abs=1e-12)
    assert flat.aurc.value == pytest.approx(1 / 3)


@pytest.mark.parametrize(("wrong", "area"), [(False, 0.0), (True, 1.0)])
def test_one_class_has_an_area_but_no_order_to_judge(wrong: bool, area: float) -> None:
    found = risk_coverage(by_level(np.arange(9), np.full(9, wrong), np.arange(9)))
    assert (found.aurc.value, found.aurc.ci_low) == (area, None)
    assert found.prr.value is None
    assert not_none(found.excess_aurc.reason).startswith("one class only")
    assert caught(by_level(np.arange(9), np.full(9, wrong), np.arange(9))).value is None


def test_nothing_is_undefined() -> None:
    with pytest.raises(Undefined, match="no items"):
        by_level([], [], [])


def test_the_interval_is_the_jackknife_over_images(answers: MakeAnswers) -> None:
    data = answers(np.random.default_rng(5), 40, levels=20)
    u, wrong, images = data.uncertainty, data.wrong, data.images
    found = risk_coverage(by_level(u, wrong, images))
    kept = [images != g for g in range(40)]
    df = len(set(images[wrong])) - 1
    logs = np.log([smoothed_area(u[k], wrong[k]) for k in kept])
    reach = stats.t.ppf(0.975, df) * np.sqrt(39 / 40 * ((logs - logs.mean()) ** 2).sum())
    expected = smoothed_area(u, wrong) * np.exp([-reach, reach])
    assert (found.aurc.ci_low, found.aurc.ci_high) == pytest.approx(tuple(expected))
    rest = np.log([1 - prr_of(u[k], wrong[k]) for k in kept])
    df = min(df, len(set(images[~wrong])) - 1)
    reach = stats.t.ppf(0.975, df) * np.sqrt(39 / 40 * ((rest - rest.mean()) ** 2).sum())
    expected = 1 - (1 - prr_of(u, wrong)) * np.exp([reach, -reach])
    assert (found.prr.ci_low, found.prr.ci_high) == pytest.approx(tuple(expected))


def test_blocks_of_images_give_about_the_interval_of_single_ones(
    answers: MakeAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = answers(np.random.default_rng(6), 400)
    single = risk_coverage(by_level(data.uncertainty, data.wrong, data.images)).aurc
    assert MAX_BLOCKS >= 400
    monkeypatch.setattr("vqa_canary.statistics.jackknife.MAX_BLOCKS", 100)
    blocks = risk_coverage(by_level(data.uncertainty, data.wrong, data.images)).aurc
    assert blocks.value == single.value
    wide, narrow = (not_none(one.ci_high) - not_none(one.ci_low) for one in (blocks, single))
    assert wide == pytest.approx(narrow, rel=0.2)


@given(st.integers(0, 10_000))
def test_caught_is_the_share_among_the_most_uncertain(seed: int) -> None:
    rng = np.random.default_rng(seed)
    u, wrong = rng.integers(0, 6, 50).astype(float), rng.permutation(50) < 20
    found = caught(by_level(u, wrong, np.arange(50)))
    draws = [np.argsort(u + rng.random(50) * 0.5)[-10:] for _ in range(300)]  # random order inside ties
    expected = np.mean([wrong[top].sum() / 20 for top in draws])
    assert found.value == pytest.approx(expected, abs=0.03)
    assert caught(by_level(wrong + u / 99, wrong, np.arange(50))).value == 0.5
