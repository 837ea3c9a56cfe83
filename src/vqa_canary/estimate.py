"""A number with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vqa_canary.counting import counted

LEVEL = 0.95
"""Confidence level of every printed interval."""

ALPHA = 0.05
"""Error rate of every verdict, after adjustment for the number of tests."""

MIN_IMAGES = 5
"""Images that each side of a contrast needs, such as wrong and right answers."""


class Undefined(ValueError):
    """A quantity does not exist for these data; the message says why."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with a 95 % interval; what does not exist is None and `reason` says why."""

    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    """Items that the value is about."""
    n_clusters: int
    """Images that these items show."""
    reason: str | None = None


def check_sides(wrong_images: int, right_images: int) -> None:
    """Refuse to contrast wrong with right answers where there are too few of either.

    Raises
    ------
    Undefined : no items, one class only, or fewer than 5 images on a side
    """
    if not wrong_images and not right_images:
        raise Undefined("no items")
    if not wrong_images or not right_images:
        raise Undefined(f"one class only: no {'right' if wrong_images else 'wrong'} answer")
    if min(wrong_images, right_images) < MIN_IMAGES:
        raise Undefined(
            f"too few: {counted(wrong_images, 'image')} with a wrong answer and {right_images} with a right one; "
            f"{MIN_IMAGES} of each are needed"
        )


def estimate(
    value: float, limits: tuple[float, float] | None, n: int, n_clusters: int, reason: str | None = None
) -> Estimate:
    """An `Estimate`; limits that are None or not finite become None, with `reason`."""
    low, high = limits or (math.nan, math.nan)
    if math.isfinite(low) and math.isfinite(high):
        return Estimate(float(value), float(low), float(high), n, n_clusters)
    return Estimate(float(value), None, None, n, n_clusters, reason)


def undefined(reason: str, n: int = 0, n_clusters: int = 0) -> Estimate:
    """No value, for `reason`."""
    return Estimate(None, None, None, n, n_clusters, reason)


def number_or_none(value: float | None) -> float | None:
    """A float for JSON; NaN and infinity become None."""
    return float(value) if value is not None and abs(value) < float("inf") else None
