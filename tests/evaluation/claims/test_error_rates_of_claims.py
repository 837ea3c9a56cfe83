"""Size and power of the tests behind the claims, by simulation: the tables of the rules, repeated small.

Bounds are nominal rates with four Monte-Carlo standard errors; where a simpler way is known to be unsound,
that it is so is tested too.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.made_up_answers import MakeAnswers, Noise
from tests.optional import not_none

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.claims.beyond_others import AtRisk, Beyond, beyond_others
from vqa_canary.evaluation.claims.group_verdict import group_verdicts
from vqa_canary.evaluation.claims.tracking_accuracy import track, verdict
from vqa_canary.statistics.auroc import rank
from vqa_canary.statistics.power import smallest_auroc_seen

pytestmark = pytest.mark.slow


def at_most(nominal: float, n: int) -> float:
    return nominal + 4 * float(np.sqrt(nominal * (1 - nominal) / n))


def fragile(
    rng: np.random.Generator,
    noise: Noise,
    answers: MakeAnswers,
    n_images: int,
    own: float,
    by: str,
    n_types: int,
) -> AtRisk:
    """Uncertainty and collapse (20 %) share an item's difficulty as `by` reads it, and `own` besides.

    `by` is "others", the share of eleven other models that are right, or "difficulty", the true one.
    """
    images = answers(rng, n_images).images
    n, difficulty = len(images), noise(rng, images)
    bars = stats.norm.ppf(np.linspace(0.4, 0.9, 11))
    others = np.mean([0.8 * difficulty + 0.6 * rng.standard_normal(n) < bar for bar in bars], axis=0)
    shared = difficulty if by == "difficulty" else -(others - others.mean()) / others.std()
    u, tendency = noise(rng, images), noise(rng, images)
    tendency = own * u + np.sqrt(1 - own**2) * tendency
    return AtRisk(
        uncertainty=0.6 * shared + 0.8 * u,
        collapse=0.6 * shared + 0.8 * tendency > stats.norm.ppf(0.8),
        others=others,
        n_options=rng.integers(3, 6, n).astype(float),
        question_type=rng.integers(0, n_types, n).astype(str),
        question_words=rng.integers(4, 12, n).astype(float),
        images=images,
    )


def asked(n: int, *setting: Any) -> tuple[list[Beyond], list[float]]:
    """Results of `n` studies, and the raw p-values that uncertainty ranks collapses high."""
    found, raw = [], []
    for _ in range(n):
        items = fragile(*setting)
        try:
            found.append(beyond_others(items))
        except Undefined:
            continue
        raw.append(rank(items.uncertainty, items.collapse, items.images).p_above(0.5))
    assert len(found) > 0.97 * n
    return found, raw


@pytest.mark.parametrize(("n_images", "n_types"), [(60, 1), (60, 10), (200, 4)])
def test_beyond_has_its_size_where_raw_auroc_is_always_significant(
    n_images: int, n_types: int, noise: Noise, answers: MakeAnswers
) -> None:
    n = 400
    found, raw = asked(n, np.random.default_rng(41), noise, answers, n_images, 0.0, "others", n_types)
    size = np.mean([one.p_value <= 0.05 for one in found])
    effect, gain = (np.mean([getattr(one, name) for one in found]) for name in ("strata_auroc", "gain"))
    print(
        f"\nbeyond, {n_images} images, {n_types} types: size {size:.3f} strata {effect:.3f} gain {gain:.4f}"
    )
    assert size <= at_most(0.05, n) + 0.015
    assert np.mean(np.array(raw) <= 0.05) > 0.95
    assert effect == pytest.approx(0.51, abs=0.015)
    assert gain < 0


@pytest.mark.parametrize("n_images", [60, 200])
def test_beyond_has_power(n_images: int, noise: Noise, answers: MakeAnswers) -> None:
    found, _ = asked(100, np.random.default_rng(42), noise, answers, n_images, 0.35, "others", 4)
    power = np.mean([one.p_value <= 0.05 for one in found])
    print(f"\nbeyond, {n_images} images: power {power:.3f}")
    assert power > {60: 0.75, 200: 0.97}[n_images]
    assert np.mean([one.gain for one in found]) > 0


def test_beyond_the_others_is_not_beyond_difficulty(noise: Noise, answers: MakeAnswers) -> None:
    """Both depend on true difficulty alone: the others' accuracy is too noisy a reading to say so."""
    found, _ = asked(150, np.random.default_rng(43), noise, answers, 200, 0.0, "difficulty", 4)
    rate = np.mean([one.p_value <= 0.05 for one in found])
    print(f"\nbeyond, true difficulty only, 200 images: rejects {rate:.3f}")
    assert rate > 0.12


def test_rare_errors_need_more_than_a_percentile_bootstrap(answers: MakeAnswers) -> None:
    """Thirty images, some seven errors, AUROC .9: the percentile interval misses one time in five."""
    rng = np.random.default_rng(44)
    setting = {"accuracy": 0.95, "signal": 0.8, "n_images": 30}
    big = answers(rng, **{**setting, "n_images": 30_000})
    truth = rank(big.uncertainty, big.wrong, big.images).value
    percentile, robust = [], []
    for _ in range(300):
        one = answers(rng, **setting)
        try:
            found = rank(one.uncertainty, one.wrong, one.images)
        except Undefined:
            continue
        order = one.uncertainty[one.wrong][:, None] > one.uncertainty[~one.wrong]
        weights = rng.multinomial(30, np.full(30, 1 / 30), 400)
        bad, good = weights[:, one.images[one.wrong]], weights[:, one.images[~one.wrong]]
        with np.errstate(invalid="ignore"):
            drawn = ((bad @ order) * good).sum(axis=1) / (bad.sum(axis=1) * good.sum(axis=1))
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        percentile.append(low <= truth <= high)
        robust.append(found.lower(0.025) <= truth <= found.upper(0.025))
    print(f"\nrare errors: percentile {np.mean(percentile):.3f} logit-t {np.mean(robust):.3f}")
    assert np.mean(percentile) < 0.90
    assert np.mean(robust) >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / len(robust))


def test_foresight_has_power(answers: MakeAnswers) -> None:
    """Half of the items are at risk: some 150 on 60 images."""
    rng, p = np.random.default_rng(45), []
    for _ in range(400):
        one = answers(rng, 60, 0.8, signal=0.35)
        kept = rng.random(len(one.wrong)) < 0.5
        p.append(rank(one.uncertainty[kept], one.wrong[kept], one.images[kept]).p_above(0.5))
    power = np.mean(np.array(p) <= 0.05)
    print(f"\nfragility, 20 % collapse, r .35, 60 images: power {power:.3f}")
    assert power == pytest.approx(0.887, abs=0.08)


def test_the_smallest_auroc_seen_is_found_four_times_in_five(answers: MakeAnswers) -> None:
    rng = np.random.default_rng(46)
    trial = [answers(rng, 60, 0.7, signal=0.15) for _ in range(300)]
    seen = (smallest_auroc_seen(rank(one.uncertainty, one.wrong, one.images)).value for one in trial)
    smallest = float(np.mean([not_none(value) for value in seen]))
    big = answers(rng, 20_000, 0.7, signal=0.2)
    # AUROC - .5 is proportional to the correlation where that is small
    signal = 0.2 * (smallest - 0.5) / (rank(big.uncertainty, big.wrong, big.images).value - 0.5)
    found = (answers(rng, 60, 0.7, signal=signal) for _ in range(400))
    power = np.mean([rank(one.uncertainty, one.wrong, one.images).p_above(0.5) <= 0.05 for one in found])
    print(f"\nsmallest AUROC seen {smallest:.3f}: power {power:.3f}")
    assert power == pytest.approx(0.8, abs=4 * np.sqrt(0.16 / 400))


@pytest.mark.parametrize(
    ("rho", "expected"),
    [(0.0, (0.054, 0.509)), (0.43, (0.456, 0.058)), (0.77, (0.964, 0.0)), (-0.5, (0.0, 0.975))],
)
def test_verdicts_on_tracking(rho: float, expected: tuple[float, float]) -> None:
    """Twelve models from a normal population whose rank correlation is `rho`."""
    rng, n = np.random.default_rng(47), 250
    latent = 2 * np.sin(np.pi * rho / 6)
    verdicts: Counter[str] = Counter()
    for _ in range(n):
        a, b = rng.standard_normal((2, 12))
        accuracy, auroc = 0.6 + 0.15 * a, 0.7 + 0.06 * (latent * a + np.sqrt(1 - latent**2) * b)
        found = track(accuracy[None], auroc[None], [str(m) for m in range(12)], rng)
        verdicts[verdict(found, found.p_value)[0]] += 1
    rates = [verdicts[name] / n for name in ("supported", "not supported")]
    print(f"\ntracking, rho {rho}: {rates}")
    for rate, one in zip(rates, expected, strict=True):
        assert rate == pytest.approx(one, abs=4 * np.sqrt(max(one * (1 - one), 0.01) / n))


def test_models_times_datasets_are_not_independent_cells() -> None:
    """Harder datasets also have lower AUROC: 36 pooled cells call that tracking, three times in four."""
    rng, n = np.random.default_rng(48), 200
    pooled, stratified = [], []
    for _ in range(n):
        level = np.array([-0.1, 0.0, 0.1])[:, None]
        accuracy = 0.6 + level + 0.1 * rng.standard_normal(12) + 0.02 * rng.standard_normal((3, 12))
        auroc = 0.7 + 0.4 * level + 0.05 * rng.standard_normal(12) + 0.02 * rng.standard_normal((3, 12))
        pooled.append(stats.spearmanr(accuracy.ravel(), auroc.ravel(), alternative="greater").pvalue <= 0.05)
        stratified.append(track(accuracy, auroc, [str(m) for m in range(12)], rng).p_value <= 0.05)
    print(f"\npooled cells {np.mean(pooled):.3f}, permutation of models {np.mean(stratified):.3f}")
    assert np.mean(pooled) > 0.4
    assert np.mean(stratified) <= at_most(0.05, n)


@pytest.mark.parametrize(
    ("shifts", "supported"),
    [([0.0] * 6, 0.996), ([0.0] * 4 + [0.5] * 2, 0.785), ([0.5] * 3 + [-0.15] * 3, 0.0)],
)
def test_group_verdicts(shifts: list[float], supported: float) -> None:
    """Six models, standard error .05, margin .2: the table of the group rule."""
    rng, n, se = np.random.default_rng(49), 2000, 0.05
    found = []
    for d in np.array(shifts) + se * rng.standard_normal((n, 6)):
        inside = np.maximum(stats.norm.sf((d + 0.2) / se), stats.norm.cdf((d - 0.2) / se))
        above = np.minimum(1, 2 * stats.norm.sf((d - 0.2) / se))
        found.append(group_verdicts({"u": list(zip(inside, above, strict=True))})["u"].verdict)
    rate = found.count("supported") / n
    print(f"\ngroup {shifts}: supported {rate:.3f}, not supported {found.count('not supported') / n:.3f}")
    assert rate == pytest.approx(supported, abs=0.03)
    if supported == 0:
        assert found.count("not supported") / n > 0.9
