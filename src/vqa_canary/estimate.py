"""A number with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.frames import is_null

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
    """A number with its 95 % interval: in 95 of 100 repetitions of the study on other images it holds the true value.

    What does not exist is None, and `reason` says why. An interval takes into account that questions about one image
    are not independent.
    """

    value: float | None
    """The number itself; None where it does not exist."""
    ci_low: float | None
    """Lower end of the 95 % interval; None where there is none."""
    ci_high: float | None
    """Upper end of the 95 % interval; None where there is none."""
    n: int
    """How many questions the value is about."""
    n_clusters: int
    """How many images these questions show."""
    reason: str | None = None
    """Why there is no value, or no interval; None where nothing is missing."""

    def __repr__(self) -> str:
        """`0.812 (95 %: 0.772 to 0.851; n = 300, 60 images)`."""
        told = [f"95 %: {self.interval}"] if self.interval else []
        told += [f"n = {self.n}, {counted(self.n_clusters, 'image')}"] if self.n else []
        told += [self.reason] if self.reason else []
        return f"{self.text} ({'; '.join(told)})" if told else self.text

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Estimate:
        """The estimate in a row of a table or of JSON that has its columns; NaN and NA become None.

        Raises
        ------
        KeyError : a column is missing
        """
        value, low, high, n, n_clusters, reason = (_plain(row[name]) for name in COLUMNS)
        return cls(value, low, high, n or 0, n_clusters or 0, reason)

    def columns(self) -> dict[str, Any]:
        """The columns of a table that hold it; `of` reads them back."""
        return {name: getattr(self, name) for name in COLUMNS}

    @property
    def text(self) -> str:
        """`0.812`, or a dash where there is no value."""
        return "-" if self.value is None else f"{round(self.value, 3) + 0.0:.3f}"

    @property
    def interval(self) -> str:
        """`0.772 to 0.851`, or nothing where there is none."""
        if self.ci_low is None or self.ci_high is None:
            return ""
        return f"{self.ci_low:.3f} to {self.ci_high:.3f}"


COLUMNS = tuple(field.name for field in fields(Estimate))
"""The columns of an estimate in every table that holds one."""


def _plain(value: Any) -> Any:
    """The value as a plain Python number, or None if it is missing."""
    if is_null(value):
        return None
    return value.item() if hasattr(value, "item") else value


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


def bare(value: float | None, reason: str | None = None) -> Estimate:
    """A number that has no interval of its own, such as a threshold or a p-value; `reason` says why it is missing."""
    return Estimate(value, None, None, 0, 0, reason)


def undefined(reason: str, n: int = 0, n_clusters: int = 0) -> Estimate:
    """An estimate without a value; `reason` says why."""
    return Estimate(None, None, None, n, n_clusters, reason)


def number_or_none(value: float | None) -> float | None:
    """A float for JSON; NaN and infinity become None."""
    return float(value) if value is not None and abs(value) < float("inf") else None
