"""How large a study would decide an open verdict: the size at which the rule itself decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import norm
from tests.made_up_answers import MakeStudy

from vqa_canary.evaluation.claims.decisive_size import Cells, images_to_decide, points_to_decide
from vqa_canary.evaluation.claims.group_verdict import group_verdicts
from vqa_canary.evaluation.claims.tracking import tracking_claims
from vqa_canary.evaluation.claims.tracking_accuracy import fisher_limits
from vqa_canary.evaluation.claims.tracking_subgroups import subgroup_claims


def p_values(*distances: float) -> list[tuple[float, float]]:
    """Of models that lie so many standard errors on the claim's side."""
    return [(float(norm.sf(z)), float(norm.sf(-z))) for z in distances]


def images_needed(cells: Cells) -> dict[str, Any]:
    """The forecast for the method `a`, of 64 images today."""
    told = images_to_decide(cells, "a", 64)["a"]
    assert told is not None
    return told


def test_the_forecast_number_of_images_shows_the_claim_in_four_of_five_studies() -> None:
    """Simulated: each model's distance in a new study of that size is today's, grown by the root of the size, and a
    standard normal deviation. Three of three models have to support the claim, so that all have to be far enough."""
    open_now = {"a": p_values(0.9, 0.8, 1.0)}
    assert group_verdicts(open_now, "a")["a"].verdict == "inconclusive"
    told = images_needed(open_now)
    assert (told["what"], told["now"], told["side"]) == ("images", 64, "supported")
    far = norm.isf([pair[0] for pair in open_now["a"]])
    rng = np.random.default_rng(7)
    shares = []
    for n in (told["needed"], told["needed"] / 3):
        seen = far * np.sqrt(n / 64) + rng.standard_normal((400, 1))  # models see the same images
        found = [group_verdicts({"a": p_values(*row)}, "a")["a"].verdict for row in seen]
        shares.append(found.count("supported") / 400)
    assert 0.75 < shares[0] < 0.92
    assert shares[1] < 0.5


def test_estimates_between_for_and_against_may_end_either_way() -> None:
    """Nearer to what counts against the claim than to what counts for it, and on the wrong side of neither."""
    between = {"a": [(float(norm.sf(0.3)), float(norm.sf(0.9)))] * 3}
    assert images_needed(between) == {
        "what": "images", "now": 64, "needed": None, "side": "either"
    }  # fmt: skip
    nearer = {"a": [(float(norm.sf(0.9)), float(norm.sf(0.3)))] * 3}
    assert images_needed(nearer)["side"] == "supported"


def test_models_that_disagree_are_not_decided_by_more_images() -> None:
    """Half of them on the claim's side, half on neither, while two thirds have to be on one."""
    half = [(0.3, 0.9), (0.3, 0.9), (0.9, 0.9), (0.9, 0.9)]
    assert images_needed({"a": half})["needed"] is None
    assert images_to_decide({"a": half[:2]}, "a", 64) == {
        "a": None
    }  # fewer than three: models are missing, not images
    assert images_needed({"a": [(0.01, 0.9)] * 3})["needed"] == 64  # decided already


def test_the_forecast_number_of_models_shows_the_claim_in_four_of_five_studies() -> None:
    """By draws of Fisher's transform round today's correlation."""
    told = points_to_decide(0.3, 12, 1, "models")
    needed = told["needed"]
    assert told["side"] == "supported"
    deviation = np.sqrt((1 + 0.3**2 / 2) / (needed - 3))
    drawn = np.tanh(np.arctanh(0.3) + deviation * np.random.default_rng(7).standard_normal(2000))
    share = np.mean([fisher_limits(float(rho), needed, 0.9)[0] > 0 for rho in drawn])
    assert 0.77 < share < 0.84
    first, more = (points_to_decide(0.45, 12, n_methods, "models")["needed"] for n_methods in (1, 8))
    assert more > first  # a method that is not the primary one has to allow for seven others
    against = points_to_decide(0.0, 6, 1, "models")
    assert against["side"] == "not supported"
    assert fisher_limits(0.0, against["needed"], 0.9)[1] < 0.5


def test_the_forecasts_of_claim_1_allow_for_the_tests_that_are_made(make_study: MakeStudy) -> None:
    """Of five methods one is the primary one and one never varies, so a p-value of the others allows for three."""
    rng = np.random.default_rng(4)
    part = np.arange(360) % 6
    cells = {}
    for m in range(6):
        right = rng.random(360) < 0.45 + 0.03 * m + 0.06 * part
        seen = {
            f"u{k}": rng.random(360) + np.where(right, 0, 0.3 * rng.random(360) + 0.04 * part + 0.03 * m)
            for k in range(4)
        }
        cells[f"m{m}", "clean"] = {"correct": right, "constant": np.full(360, 0.5), **seen}
    [grid] = make_study(cells, np.arange(360)).grids
    grid = replace(grid, items=grid.items.assign(modality=[f"part {k}" for k in part]))
    for what, claims in (
        ("models", tracking_claims([grid], {}, 1, {}, "u0")),
        ("values of modality", subgroup_claims(grid, "modality", 1, "u0")),
    ):
        forecasts = [
            (claim.estimate or 0, claim.details["to_decide"])
            for claim in claims
            if not claim.primary and claim.details.get("to_decide")
        ]
        assert forecasts
        for rho, told in forecasts:
            assert told == points_to_decide(rho, 6, 3, what) != points_to_decide(rho, 6, 5, what)
