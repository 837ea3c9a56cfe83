"""How large a study would decide an open verdict: the size at which the rule itself decides."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from vqa_canary.evaluation.claims.decisive_size import images_to_decide, points_to_decide
from vqa_canary.evaluation.claims.group_verdict import group_verdicts
from vqa_canary.evaluation.claims.tracking_accuracy import fisher_limits


def p_values(*distances: float) -> list[tuple[float, float]]:
    """Of models that lie so many standard errors on the claim's side."""
    return [(float(norm.sf(z)), float(norm.sf(-z))) for z in distances]


def test_the_forecast_number_of_images_decides_and_a_tenth_fewer_do_not() -> None:
    open_now = {"a": p_values(0.9, 0.8, 1.0)}
    assert group_verdicts(open_now, "a")["a"].verdict == "inconclusive"
    told = images_to_decide(open_now, "a", 64)["a"]
    needed = told["needed"]
    assert told == {"what": "images", "now": 64, "needed": needed}
    far = norm.isf(np.array(open_now["a"]))
    for n, verdict in ((needed, "supported"), (0.85 * needed, "inconclusive")):
        grown = [tuple(map(float, norm.sf(row * np.sqrt(n / 64)))) for row in far]
        assert group_verdicts({"a": grown}, "a")["a"].verdict == verdict  # type: ignore[dict-item]


def test_models_that_disagree_are_not_decided_by_more_images() -> None:
    """Half of them on the claim's side, half on neither, while two thirds have to be on one."""
    half = [(0.3, 0.9), (0.3, 0.9), (0.9, 0.9), (0.9, 0.9)]
    assert images_to_decide({"a": half}, "a", 64)["a"]["needed"] is None
    assert images_to_decide({"a": half[:2]}, "a", 64)["a"]["needed"] is None  # fewer than three models
    assert images_to_decide({"a": [(0.01, 0.9)] * 3}, "a", 64)["a"]["needed"] == 64  # decided already


def test_the_forecast_number_of_models_is_the_first_whose_interval_decides() -> None:
    told = points_to_decide(0.3, 12, 1, "models")
    needed = told["needed"]
    assert fisher_limits(0.3, needed, 0.9)[0] > 0 >= fisher_limits(0.3, needed - 1, 0.9)[0]
    more = points_to_decide(0.3, 12, 8, "models")["needed"]
    assert more > needed  # a method that is not the primary one has to allow for seven others
    against = points_to_decide(0.0, 6, 1, "models")["needed"]
    assert fisher_limits(0.0, against, 0.9)[1] < 0.5
