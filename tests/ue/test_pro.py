"""`pro` against its formula, written out in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from statistics import fmean
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from vqa_canary.ue.configured import methods_of
from vqa_canary.ue.pro import pro
from vqa_canary.ue.registration import Undefined
from vqa_canary.ue.settings import UnfitSetting

Said = tuple[str, tuple[float, ...]]
"""A sampled text with the log-probabilities of its tokens."""

said = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "B ", "B) left lung", "?"]),
        st.lists(st.floats(-3, 0), min_size=1, max_size=4).map(tuple),
    ),
    min_size=1,
    max_size=12,
)
alphas = st.floats(0.01, 1)
BOTH: list[Literal["distinct", "all"]] = ["distinct", "all"]


def structs(samples: Sequence[Said]) -> np.ndarray:
    return np.array(
        [{"text": text, "choice": None, "token_logprobs": logs} for text, logs in samples], object
    )


def by_definition(samples: Sequence[Said], alpha: float, responses: str) -> float:
    """As the formula says: products of probabilities, sorted, those of at least alpha."""
    of_text: dict[str, list[float]] = {}
    for at, (text, logs) in enumerate(samples):
        key = text.strip() if responses == "distinct" else f"{at}"
        of_text.setdefault(key, []).append(math.prod(map(math.exp, logs)))
    probabilities = sorted((fmean(found) for found in of_text.values()), reverse=True)
    kept = [p for p in probabilities if p >= alpha] or probabilities[:1]
    return -math.log(kept[-1]) - math.fsum(p * math.log(p / kept[-1]) for p in kept)


@pytest.mark.parametrize("responses", BOTH)
@given(samples=said, alpha=alphas)
def test_it_is_what_the_formula_says(
    responses: Literal["distinct", "all"], samples: list[Said], alpha: float
) -> None:
    found = pro(structs(samples), alpha=alpha, responses=responses)
    near = [math.exp(math.fsum(logs)) for _, logs in samples]
    if all(abs(p / alpha - 1) > 1e-9 for p in near):  # on the very edge, rounding decides
        assert found == pytest.approx(by_definition(samples, alpha, responses), abs=1e-9)


@pytest.mark.parametrize("responses", BOTH)
@given(samples=said, alpha=alphas, random=st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_count(
    responses: Literal["distinct", "all"], samples: list[Said], alpha: float, random: Random
) -> None:
    again = random.sample(samples, len(samples))
    assert pro(structs(again), alpha=alpha, responses=responses) == pro(
        structs(samples), alpha=alpha, responses=responses
    )


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=8), alphas)
def test_it_is_a_lower_bound_of_the_entropy_of_responses_that_exclude_one_another(
    weights: list[float], alpha: float
) -> None:
    """Whatever part of the distribution was sampled: the rest can only be less likely than what is kept."""
    p = np.sort(np.array(weights) / sum(weights))[::-1]
    for n_sampled in range(1, len(p) + 1):
        samples = [(f"answer {at}", (math.log(one),)) for at, one in enumerate(p[:n_sampled])]
        found = float(pro(structs(samples), alpha=alpha))
        assert -1e-12 <= found <= entropy(p) + 1e-9
    if alpha <= p[-1]:
        assert found == pytest.approx(entropy(p))  # all were sampled and all count


@given(said, alphas)
def test_a_repeat_of_a_distinct_response_changes_nothing(samples: list[Said], alpha: float) -> None:
    alone = {text.strip(): (text, logs) for text, logs in samples}
    once = [*alone.values()]
    assert pro(structs(once * 3), alpha=alpha) == pro(structs(once), alpha=alpha)


def test_known_values() -> None:
    half, quarter = math.log(0.5), math.log(0.25)
    assert pro(structs([("A", (0.0,))] * 10)) == 0
    assert pro(structs([("A", (half,)), ("B", (half,))])) == pytest.approx(math.log(2))
    assert pro(structs([("A", (half, half))])) == pytest.approx(math.log(4))  # below alpha, and the top one
    assert pro(structs([("A", (half,)), ("B", (quarter,))])) == pytest.approx(math.log(2))  # B does not count
    both = pro(structs([("A", (half,)), ("B", (quarter,))]), alpha=0.25)
    assert both == pytest.approx(math.log(4) - 0.5 * math.log(2))
    repeated = pro(structs([("A", (math.log(0.9),))] * 9 + [("B", (half,))]), responses="all")
    assert repeated == pytest.approx(math.log(2) - 8.1 * math.log(1.8))  # below 0: they exceed 1 together


def test_rows_are_computed_side_by_side() -> None:
    rows = [[("A", (-0.1,)), ("B", (-0.9,))], [("A", (-2.0,)), ("A", (-2.5,))], [("?", (-9.0,))] * 2]
    stacked = np.stack([structs(row) for row in rows])
    assert pro(stacked).tolist() == [float(pro(structs(row))) for row in rows]


@pytest.mark.parametrize("logs", [(), None])
def test_without_log_probabilities_it_is_undefined(logs: Any) -> None:
    """The sum over no token would say that the sample is certain."""
    with pytest.raises(Undefined, match="a sample has no log-probabilities of its tokens"):
        pro(structs([("A", (-0.1,)), ("B", logs)]))


@pytest.mark.parametrize("settings", [{"alpha": 0}, {"alpha": 1.1}, {"alpha": "0.4"}, {"responses": "beams"}])
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UnfitSetting, match=next(iter(settings))):
        methods_of([{"pro": settings}])
    assert methods_of([{"pro": {"responses": "all"}}])[0].name == "pro(responses=all)"
