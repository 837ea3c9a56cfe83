"""Measures and verdicts: what breaks a limit fails, and what held nothing to a limit passes nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from vqa_canary.evaluation.checks import Check, Measure, Verdict, judge, not_applicable, verdict_on


@pytest.mark.parametrize(
    ("rule", "value", "limit", "holds"),
    [
        ("at most", 1.0, 1.0, True),
        ("at most", 1.1, 1.0, False),
        ("at least", 1.0, 1.0, True),
        ("at least", 0.9, 1.0, False),
        ("more than", 1.0, 1.0, False),
        ("more than", 1.1, 1.0, True),
        (None, 5.0, None, None),
    ],
)
def test_a_measure_holds_by_its_rule(
    rule: Any, value: float, limit: float | None, holds: bool | None
) -> None:
    assert Measure("m", value, rule, limit).holds is holds


def test_a_null_measure_holds_nothing_and_says_why() -> None:
    assert Measure("m", None, "at most", 1, reason="no log-probs").holds is None
    with pytest.raises(ValueError, match="needs a reason"):
        Measure("m", None)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_measure_is_nan_or_infinite(value: float) -> None:
    """JSON has neither, and NaN would break no limit."""
    with pytest.raises(ValueError, match="finite"):
        Measure("m", value, "at most", 1)


def made(*measures: Measure) -> Check:
    return judge("n", "about", measures, 3, 2, "nothing could be compared")


GOOD, BAD = Measure("good", 0, "at most", 0), Measure("bad_one", 3, "at most", 0.5)
TOLD, NULL = Measure("told", 7), Measure("null", None, "at least", 1, reason="why")


@pytest.mark.parametrize(
    ("measures", "verdict", "reason"),
    [
        ((GOOD, TOLD, NULL), "passed", None),
        ((GOOD, BAD, TOLD), "failed", "bad one 3 (at most 0.5)"),
        ((TOLD, NULL), "not applicable", "nothing could be compared"),
        ((), "not applicable", "nothing could be compared"),
    ],
)
def test_one_broken_limit_fails_a_check_and_none_tried_passes_none(
    measures: tuple[Measure, ...], verdict: Verdict, reason: str | None
) -> None:
    found = made(*measures)
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_certificate_passes_only_if_something_passed_and_nothing_failed() -> None:
    none = not_applicable("n", "about", "why")
    assert verdict_on([]) == "not applicable"
    assert verdict_on([none]) == "not applicable"
    assert verdict_on([none, made(GOOD)]) == "passed"
    assert verdict_on([none, made(GOOD), made(BAD)]) == "failed"
