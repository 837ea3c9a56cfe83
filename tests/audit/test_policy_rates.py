"""How often a policy breaks its promise, by simulation, when questions share images and when they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.made_up_answers import Answers, MakeAnswers, Noise
from tests.optional import not_none

from vqa_canary.audit.policy import find_policy
from vqa_canary.audit.policy_search import search_steps
from vqa_canary.audit.terms import Guarantee

pytestmark = pytest.mark.slow

DELTA = 0.05


def at_most(rate: float, runs: int, nominal: float = DELTA) -> bool:
    return bool(rate <= nominal + 3 * np.sqrt(nominal * (1 - nominal) / runs))


@pytest.mark.parametrize("icc", [0.0, 0.3, 0.7])
@pytest.mark.parametrize(("n_images", "alpha"), [(100, 0.1), (150, 0.05)])
def test_a_policy_is_seldom_found_where_every_threshold_is_just_unsafe(
    icc: float, n_images: int, alpha: float, answers: MakeAnswers
) -> None:
    """Uncertainty knows nothing and `alpha` of answers are wrong: whatever is found is just unsafe.

    That single items, counted as independent, fail at an intraclass correlation of .7 shows that the case is hard.
    """
    rng, runs = np.random.default_rng(31), 1500
    found = dict.fromkeys(("exact", "cluster", "items"), 0)
    ways: tuple[tuple[str, bool, Guarantee], ...]
    ways = ("exact", False, "exact"), ("cluster", False, "cluster"), ("items", True, "exact")
    for _ in range(runs):
        one = answers(rng, n_images, 1 - alpha, 0.0, icc)
        order = rng.permutation(len(one.wrong))
        steps = search_steps(one.uncertainty, one.wrong, one.images, order)
        alone = search_steps(one.uncertainty, one.wrong, np.arange(len(order)), order)
        for name, single, guarantee in ways:
            found[name] += (
                find_policy(alone if single else steps, alpha, DELTA, guarantee).verdict == "policy found"
            )
    rates = {name: count / runs for name, count in found.items()}
    assert at_most(rates["exact"], runs)
    assert at_most(rates["cluster"], runs)
    assert rates["exact"] > 0.005
    if icc == 0.7:
        assert rates["items"] > DELTA + 4 * np.sqrt(DELTA * (1 - DELTA) / runs)


def true_risks(big: Answers, threshold: float) -> tuple[float, float]:
    """Error of a random answered item, and of a random image with an answer."""
    answered = big.uncertainty <= threshold
    wrong, images = big.wrong[answered], big.images[answered]
    sizes = np.bincount(images, minlength=big.images[-1] + 1)
    shares = np.bincount(images, wrong, len(sizes))[sizes > 0] / sizes[sizes > 0]
    return float(wrong.mean()), float(shares.mean())


def harder_if_large(one: Answers) -> Answers:
    """The same answers, but for images of many questions, where more are wrong."""
    sizes = np.bincount(one.images)[one.images]
    wrong = one.wrong | ((sizes > 5) & (one.uncertainty > -0.5) & (np.arange(len(sizes)) % 8 == 0))
    return type(one)(one.uncertainty, wrong, one.images)


@pytest.mark.parametrize(
    ("setting", "alpha", "large_are_harder"),
    [
        ({"n_images": 100, "accuracy": 0.75, "icc": 0.0}, 0.1, False),
        ({"n_images": 100, "accuracy": 0.75, "icc": 0.3}, 0.1, False),
        ({"n_images": 300, "accuracy": 0.75, "icc": 0.3}, 0.1, False),
        ({"n_images": 300, "accuracy": 0.85, "icc": 0.7}, 0.05, False),
        ({"n_images": 100, "accuracy": 0.75, "icc": 0.3, "levels": 5}, 0.1, False),
        ({"n_images": 200, "accuracy": 0.8, "icc": 0.3}, 0.1, True),
    ],
    ids=str,
)
def test_policies_found_are_seldom_unsafe(
    setting: dict[str, Any], alpha: float, large_are_harder: bool, answers: MakeAnswers
) -> None:
    rng, runs = np.random.default_rng(32), 400
    shape = harder_if_large if large_are_harder else lambda one: one
    big = shape(answers(rng, **{**setting, "n_images": 20_000}, signal=0.8))
    broken: dict[Guarantee, np.ndarray] = {"exact": np.zeros(2), "cluster": np.zeros(2)}
    coverage: dict[str, list[float]] = {"exact": [], "cluster": []}
    for _ in range(runs):
        one = shape(answers(rng, **setting, signal=0.8))
        steps = search_steps(one.uncertainty, one.wrong, one.images, rng.permutation(len(one.wrong)))
        for guarantee, count in broken.items():
            policy = find_policy(steps, alpha, DELTA, guarantee)
            coverage[guarantee].append(not_none(policy.coverage) if policy.threshold is not None else 0.0)
            if policy.threshold is not None:
                count += np.array(true_risks(big, policy.threshold)) > alpha
    assert at_most(broken["exact"][1] / runs, runs)
    assert at_most(broken["cluster"][0] / runs, runs)
    assert np.mean(coverage["exact"]) > 0.1


def test_the_best_of_several_keeps_the_rate_only_at_its_share_of_delta(
    answers: MakeAnswers, noise: Noise
) -> None:
    """Nine methods that know nothing: some policy is found, and taken."""
    rng, runs, n_methods = np.random.default_rng(33), 500, 9
    found = {1: 0, n_methods: 0}
    for _ in range(runs):
        one = answers(rng, 150, 0.9, 0.0, 0.3)
        order = rng.permutation(len(one.wrong))
        tried = [search_steps(noise(rng, one.images), one.wrong, one.images, order) for _ in range(n_methods)]
        for share in found:
            found[share] += any(
                find_policy(steps, 0.1, DELTA / share).verdict == "policy found" for steps in tried
            )
    rates = {share: count / runs for share, count in found.items()}
    assert at_most(rates[n_methods], runs)
    assert rates[1] > 2 * DELTA
