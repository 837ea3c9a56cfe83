"""The primary method's p-value stands as it is; those of the others are one family."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.evaluation.claims.primary import n_tests, over_methods, p_named

p_values = st.dictionaries(
    st.sampled_from("abcdefgh"), st.floats(0, 1) | st.just(math.nan), min_size=1, max_size=8
)


def holm_by_definition(values: list[float], of: float) -> float:
    """The smallest alpha at which stepping down rejects `of`: over all p up to it, (how many are left) x p."""
    ordered = sorted(p for p in values if not math.isnan(p))
    return min(1.0, max((len(ordered) - k) * p for k, p in enumerate(ordered) if p <= of))


@given(p_values, st.sampled_from([*"abcdefgh", None]))
def test_the_primary_stands_alone_and_the_others_step_down(p: dict[str, float], primary: str | None) -> None:
    found = over_methods(p, primary)
    assert list(found) == list(p)
    others = [value for name, value in p.items() if name != primary]
    for name, value in p.items():
        if math.isnan(value):
            assert math.isnan(found[name])
        elif name == primary:
            assert found[name] == value
        else:
            assert found[name] == pytest.approx(holm_by_definition(others, value))


@given(p_values)
def test_what_the_primary_finds_does_not_move_the_others(p: dict[str, float]) -> None:
    first = next(iter(p))
    low, high = (over_methods(p | {first: value}, first) for value in (0.0, 1.0))
    for name in list(p)[1:]:
        assert np.array_equal([low[name]], [high[name]], equal_nan=True)


@pytest.mark.parametrize(("primary", "allowed_for"), [("a", 7), (None, 8)])
def test_the_smallest_p_allows_for_as_many_tests_as_are_counted(
    primary: str | None, allowed_for: int
) -> None:
    """A primary method among eight leaves seven; one without a p-value is no test."""
    p = dict(zip("abcdefgh", np.linspace(0.05, 0.06, 8), strict=True)) | {"h": 0.001}
    assert n_tests(p, primary, "h") == allowed_for
    assert over_methods(p, primary)["h"] == pytest.approx(allowed_for * p["h"])
    assert n_tests(p | {"b": math.nan}, primary, "h") == allowed_for - 1
    assert n_tests(p, "h", "h") == 1


def test_nothing_and_one() -> None:
    assert over_methods({}, "a") == {}
    assert over_methods({"a": 0.3}, None) == over_methods({"a": 0.3}, "a") == {"a": 0.3}
    assert (p_named("a", "a"), p_named("a", "b"), p_named("a", None)) == ("p", "adjusted p", "adjusted p")
