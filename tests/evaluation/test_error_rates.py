"""Coverage and size of every interval and test on questions that share images, by simulation.

Each bound is the nominal rate with four Monte-Carlo standard errors, plus what the method is known to
miss it by; where an unclustered method is known to fail, that it does is tested too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.made_up_answers import Answers, MakeAnswers, Noise
from tests.optional import not_none

from vqa_canary.estimate import Estimate, Undefined
from vqa_canary.evaluation.claims.tracking_accuracy import track
from vqa_canary.evaluation.comparison import MethodComparison, compare
from vqa_canary.statistics.auroc import auroc, rank
from vqa_canary.statistics.calibration import calibration, draw, overconfidence
from vqa_canary.statistics.confidence_maps import isotonic, platt
from vqa_canary.statistics.cross_fitting import Fit, cross_fitted
from vqa_canary.statistics.jackknife import by_level
from vqa_canary.statistics.multiplicity import partial_conjunction
from vqa_canary.statistics.precision_recall import auprc
from vqa_canary.statistics.proportions import proportion
from vqa_canary.statistics.risk_coverage import risk_coverage
from vqa_canary.statistics.standardised_shift import shift

pytestmark = pytest.mark.slow


def near(rate: float, nominal: float, replications: int, known: float = 0.0) -> bool:
    """Whether a simulated rate agrees with the nominal one."""
    return bool(abs(rate - nominal) <= 4 * np.sqrt(nominal * (1 - nominal) / replications) + known)


def coverage(estimates: list[Estimate], truth: float) -> float:
    known = [one for one in estimates if one.ci_low is not None]
    assert len(known) > 0.5 * len(estimates)
    return float(np.mean([not_none(one.ci_low) <= truth <= not_none(one.ci_high) for one in known]))


AUROC_SETTINGS = [
    {"accuracy": 0.6, "signal": 0.5},
    {"accuracy": 0.6, "signal": 0.5, "levels": 3},
    {"accuracy": 0.9, "signal": 0.5},
    {"accuracy": 0.9, "signal": 0.97},
    {"accuracy": 0.6, "signal": 0.5, "icc": 0.7},
    {"accuracy": 0.95, "signal": 0.8, "n_images": 30},
]


@pytest.mark.parametrize("setting", AUROC_SETTINGS, ids=str)
def test_auroc_interval_covers(setting: dict[str, Any], answers: MakeAnswers) -> None:
    rng = np.random.default_rng(11)
    big = answers(rng, **{**setting, "n_images": 30_000})
    truth = rank(big.uncertainty, big.wrong, big.images).value
    found = [answers(rng, **setting) for _ in range(800)]
    rate = coverage([auroc(one.uncertainty, one.wrong, one.images) for one in found], truth)
    assert near(rate, 0.95, 800, known=0.012)


def test_auroc_interval_of_single_items_fails_under_strong_image_effects(answers: MakeAnswers) -> None:
    rng = np.random.default_rng(12)
    big = answers(rng, 30_000, 0.6, 0.5, 0.7)
    truth = rank(big.uncertainty, big.wrong, big.images).value
    found = [answers(rng, 60, 0.6, 0.5, 0.7) for _ in range(300)]
    alone = [auroc(one.uncertainty, one.wrong, np.arange(len(one.wrong))) for one in found]
    assert coverage(alone, truth) < 0.85


@pytest.mark.parametrize("accuracy", [0.6, 0.97, 0.995])
def test_share_interval_covers(accuracy: float, answers: MakeAnswers) -> None:
    rng = np.random.default_rng(13)
    found = [answers(rng, accuracy=accuracy) for _ in range(1000)]
    rate = coverage([proportion(~one.wrong, one.images) for one in found], accuracy)
    assert rate >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 1000)
    if accuracy == 0.6:
        alone = [proportion(~one.wrong, np.arange(len(one.wrong))) for one in found]
        assert coverage(alone, accuracy) < 0.88


@pytest.mark.parametrize("metric", ["aurc", "excess_aurc", "prr", "auprc"])
@pytest.mark.parametrize(
    "setting", [{"accuracy": 0.6}, {"accuracy": 0.9}, {"accuracy": 0.7, "levels": 4}], ids=str
)
def test_ranking_intervals_cover(metric: str, setting: dict[str, Any], answers: MakeAnswers) -> None:
    def of(one: Answers) -> Estimate:
        levels = by_level(one.uncertainty, one.wrong, one.images)
        return auprc(levels) if metric == "auprc" else getattr(risk_coverage(levels), metric)

    rng = np.random.default_rng(14)
    big = answers(rng, **setting, n_images=20_000)
    big.uncertainty[:] = np.round(big.uncertainty, 3)
    rate = coverage([of(answers(rng, **setting)) for _ in range(300)], not_none(of(big).value))
    assert near(rate, 0.95, 300, known=0.015)


Triple = tuple[np.ndarray, np.ndarray, np.ndarray]


def calibrated(
    rng: np.random.Generator, answers: MakeAnswers, n_images: int = 60, boast: float = 1.0
) -> Triple:
    """Confidence that is the chance of being right given what it knows, then raised to `boast`."""
    data = answers(rng, n_images, signal=0.6)
    exact = stats.norm.cdf((stats.norm.ppf(0.7) - 0.6 * data.uncertainty) / 0.8)
    return exact**boast, (~data.wrong).astype(float), data.images


def test_ece_floor_has_its_size_and_the_interval_covers_zero(answers: MakeAnswers) -> None:
    rng = np.random.default_rng(15)
    draws = partial(draw, rng=rng, n_draws=400)
    found = [calibration(*calibrated(rng, answers), draws) for _ in range(500)]
    size = float(np.mean([not_none(one.p_value.value) <= 0.05 for one in found]))
    assert near(size, 0.05, 500, known=0.012)
    assert near(coverage([one.ece for one in found], 0.0), 0.95, 500, known=0.012)
    plug_in = np.mean([one.ece.value for one in found])
    assert plug_in > 0.06  # the bias that the floor is there for
    assert abs(np.mean([one.debiased.value for one in found])) < 0.001


def test_ece_interval_covers_a_real_error_and_the_floor_sees_it(answers: MakeAnswers) -> None:
    rng = np.random.default_rng(16)
    confidence, correct, images = calibrated(rng, answers, 30_000, boast=0.5)
    truth = calibration(confidence, correct, images, partial(draw, rng=rng, n_draws=2))
    draws = partial(draw, rng=rng, n_draws=400)
    found = [calibration(*calibrated(rng, answers, boast=0.5), draws) for _ in range(400)]
    assert not_none(truth.ece.value) > 0.08
    assert coverage([one.ece for one in found], not_none(truth.ece.value)) > 0.91
    assert np.mean([not_none(one.p_value.value) <= 0.05 for one in found]) > 0.7
    debiased = [not_none(one.debiased.value) for one in found]
    margin = 4 * float(np.std(debiased)) / 20 + 0.0005
    assert np.mean(debiased) == pytest.approx(truth.debiased.value, abs=margin)


def test_overconfidence_interval_covers(answers: MakeAnswers) -> None:
    rng = np.random.default_rng(17)
    truth = not_none(overconfidence(*calibrated(rng, answers, 30_000, boast=0.5)).value)
    found = [overconfidence(*calibrated(rng, answers, boast=0.5)) for _ in range(800)]
    assert near(coverage(found, truth), 0.95, 800, known=0.012)


def fitted_without_own_images(
    rng: np.random.Generator, answers: MakeAnswers, n_images: int, fit: Fit
) -> Triple:
    """Confidence by a map that is fitted to other images, of an uncertainty that knows all that can be known."""
    data = answers(rng, n_images, signal=0.6)
    right = (~data.wrong).astype(float)
    folds = rng.integers(0, 10, n_images)[data.images]
    u = data.uncertainty
    return cross_fitted(fit, u, right, data.images, folds, u[None])[0], right, data.images


@pytest.mark.parametrize("n_images", [60, 200])
def test_what_a_fit_leaves_of_ece_is_its_own_error(n_images: int, answers: MakeAnswers) -> None:
    """The floor takes the isotonic curve's steps for miscalibration, which they are; it is no verdict on a method.

    `docs/confidence.md` states the rates.
    """
    rng = np.random.default_rng(26)
    draws = partial(draw, rng=rng, n_draws=400)
    seen = {
        fit: [calibration(*fitted_without_own_images(rng, answers, n_images, fit), draws) for _ in range(300)]
        for fit in (isotonic, platt)
    }
    taken = {
        fit: np.mean([not_none(one.p_value.value) <= 0.05 for one in found]) for fit, found in seen.items()
    }
    assert taken[platt] <= 0.05
    assert 0.25 <= taken[isotonic] <= 0.5
    left = {fit: np.mean([not_none(one.ece.value) for one in found]) for fit, found in seen.items()}
    assert 0.01 < left[isotonic] - left[platt] < {60: 0.05, 200: 0.03}[n_images]


@pytest.mark.parametrize("fit", [isotonic, platt])
def test_overconfidence_of_fitted_confidences_covers_zero(fit: Fit, answers: MakeAnswers) -> None:
    """More often than 95 in 100: what is fitted in the others leaves little to differ on average."""
    rng = np.random.default_rng(27)
    found = [overconfidence(*fitted_without_own_images(rng, answers, 60, fit)) for _ in range(300)]
    assert coverage(found, 0.0) >= 0.95


def shifted(rng: np.random.Generator, data: Answers, noise: Noise, d: float, correlation: float) -> Triple:
    """Skewed uncertainty of variance 2, clean and under a condition that moves it by `d` of its SD."""
    other = correlation * data.uncertainty + np.sqrt(1 - correlation**2) * noise(rng, data.images)
    clean, shown = (stats.gamma.ppf(stats.norm.cdf(latent), 2) for latent in (data.uncertainty, other))
    return clean, shown + d * np.sqrt(2), data.images


@pytest.mark.parametrize(("n_images", "correlation"), [(60, 0.8), (200, 0.8), (200, 0.3)])
def test_equivalence_has_its_size_and_power(
    n_images: int, correlation: float, answers: MakeAnswers, noise: Noise
) -> None:
    rng = np.random.default_rng(18)

    def passed(d: float) -> float:
        tested = (shift(*shifted(rng, answers(rng, n_images), noise, d, correlation)) for _ in range(800))
        return float(np.mean([one.p_equivalent(0.2) <= 0.05 for one in tested]))

    limit = 0.05 + 4 * np.sqrt(0.05 * 0.95 / 800)
    assert passed(0.2) <= limit
    assert passed(-0.2) <= limit
    assert passed(0.0) > {(60, 0.8): 0.75, (200, 0.8): 0.98, (200, 0.3): 0.75}[n_images, correlation]


def test_equivalence_of_single_items_is_too_easy(answers: MakeAnswers, noise: Noise) -> None:
    rng = np.random.default_rng(25)
    drawn = [shifted(rng, answers(rng), noise, 0.2, 0.6) for _ in range(800)]
    alone = [shift(clean, shown, np.arange(len(clean))) for clean, shown, _ in drawn]
    assert np.mean([one.p_equivalent(0.2) <= 0.05 for one in alone]) > 0.09


@pytest.mark.parametrize("collapse", [0.06, 0.2, 0.6])
def test_fragility_has_its_size(collapse: float, answers: MakeAnswers) -> None:
    """Uncertainty that knows nothing of who collapses, though both have an image effect."""
    rng = np.random.default_rng(19)
    rejected = []
    for _ in range(800):
        one = answers(rng, 60, 1 - collapse, signal=0.0)
        try:
            found = rank(one.uncertainty, one.wrong, one.images)
        except Undefined:
            continue
        rejected.append(found.p_above(0.5) <= 0.05)
    assert near(float(np.mean(rejected)), 0.05, len(rejected), known=0.012)


def models(rng: np.random.Generator, related: float, n_models: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and AUROC of models from a population in which they are related."""
    accuracy = rng.uniform(0.3, 0.9, n_models)
    effect = related * (accuracy - 0.6) / 0.17 + np.sqrt(1 - related**2) * rng.standard_normal(n_models)
    return accuracy[None], (0.7 + 0.06 * effect + 0.02 * rng.standard_normal(n_models))[None]


def test_tracking_has_its_size_and_power() -> None:
    rng = np.random.default_rng(20)
    alone = [str(m) for m in range(12)]
    p = {
        related: [track(*models(rng, related), alone, rng).p_value for _ in range(250)]
        for related in (0.0, 0.8)
    }
    assert near(float(np.mean(np.array(p[0.0]) <= 0.05)), 0.05, 250)
    assert np.mean(np.array(p[0.8]) <= 0.05) > 0.85


def test_tracking_inside_families_has_its_size_where_families_differ() -> None:
    """Four families of three: AUROC has a family effect, and accuracy rises inside each family alone."""
    rng = np.random.default_rng(21)
    families = [name for name in "abcd" for _ in range(3)]
    rejected = []
    for _ in range(300):
        accuracy = np.tile([0.4, 0.6, 0.8], 4) + 0.02 * rng.standard_normal(12)
        auroc = 0.7 + np.repeat(0.06 * rng.standard_normal(4), 3) + 0.03 * rng.standard_normal(12)
        rejected.append(track(accuracy[None], auroc[None], families, rng).p_value <= 0.05)
    assert near(float(np.mean(rejected)), 0.05, 300)


@pytest.mark.parametrize("n_models", [6, 12])
def test_fisher_limits_cover_the_population_correlation(n_models: int) -> None:
    rng = np.random.default_rng(22)
    big = models(rng, 0.7, 100_000)
    truth = stats.spearmanr(big[0][0], big[1][0]).statistic
    alone = [str(m) for m in range(n_models)]
    found = [track(*models(rng, 0.7, n_models), alone, rng) for _ in range(250)]
    rate = float(np.mean([one.ci_low <= truth <= one.ci_high for one in found]))
    assert near(rate, 0.95, 250, known=0.015)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_partial_conjunction_has_its_size_where_the_mean_does_not(correlation: float) -> None:
    """Three of six models at the margin: fewer than four are inside, so "at least four" is false."""
    rng = np.random.default_rng(23)
    shared, own = rng.standard_normal((20_000, 1)), rng.standard_normal((20_000, 6))
    noise = 0.05 * (np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own)
    d = np.array([0.0, 0.0, 0.0, 0.2, 0.2, 0.2]) + noise
    p = np.maximum(stats.norm.sf((d + 0.2) / 0.05), stats.norm.cdf((d - 0.2) / 0.05))
    size = np.mean([partial_conjunction(list(row), 4) <= 0.05 for row in p])
    assert size <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 20_000)
    se = 0.05 * np.sqrt(correlation + (1 - correlation) / 6)
    assert np.mean(np.abs(d.mean(axis=1)) + 1.645 * se < 0.2) > 0.5


def contests(answers: MakeAnswers, noise: Noise, lead: float, n: int) -> Iterator[MethodComparison]:
    """Four methods that see the same difficulty through noise; the first through less, by `lead`."""
    rng = np.random.default_rng(24)
    for _ in range(n):
        data = answers(rng, 60, 0.7, signal=0.8)
        methods = [data.uncertainty + w * noise(rng, data.images) for w in (0.8 - lead, 0.8, 0.8, 0.8)]
        found = [rank(u, data.wrong, data.images) for u in methods]
        influence = np.stack([one.influence for one in found], axis=1)
        yield compare(np.array([one.value for one in found]), influence, 60, found[0].df, rng)


def test_equal_methods_are_seldom_told_apart(answers: MakeAnswers, noise: Noise) -> None:
    found = list(contests(answers, noise, 0.0, 400))
    wrong = np.mean([(one.p_value <= 0.05).any() for one in found])
    assert near(float(wrong), 0.05, 400)
    kept = np.mean([one.maybe_best[0] for one in found])
    assert near(float(kept), 0.95, 400)
    covered = np.mean([((one.ci_low <= 0) & (one.ci_high >= 0)).all() for one in found])
    assert near(float(covered), 0.95, 400)


def test_a_better_method_is_found(answers: MakeAnswers, noise: Noise) -> None:
    found = list(contests(answers, noise, 0.7, 100))
    assert np.mean([one.maybe_best[0] for one in found]) > 0.95
    assert np.mean([one.maybe_best.sum() for one in found]) < 2
