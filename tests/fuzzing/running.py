"""Runs a check over many inputs, the same ones every time, and tells what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vqa_canary.errors import BadInput

Outcome = str
"""What became of one input, such as `read` or `refused`."""


def refused(error: BadInput, *places: str) -> Outcome:
    """The outcome of an input that is refused whole, by a message that names one of these places."""
    assert any(place in str(error) for place in places), f"names none of {places}: {error}"
    return "refused whole"


def sizes(fast: int, slow: int) -> pytest.MarkDecorator:
    """Parametrises `n`, the number of inputs: few in the usual suite, many among the slow tests."""
    return pytest.mark.parametrize("n", [fast, pytest.param(slow, marks=pytest.mark.slow)])


def outcomes(n: int, strategy: st.SearchStrategy[Any], check: Callable[[Any], Outcome]) -> Counter[Outcome]:
    """How often each outcome came of `n` inputs; what `check` raises is shown with the smallest input that does."""
    found: Counter[Outcome] = Counter()

    @settings(
        max_examples=n,
        derandomize=True,  # the same inputs on every machine
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(case: Any) -> None:
        found[check(case)] += 1

    run()
    assert found.total() >= n, "fewer inputs than asked for"
    return found
