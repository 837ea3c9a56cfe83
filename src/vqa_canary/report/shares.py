"""Shares as a page words them: in percent, with their interval and what they are a share of.

No share is rounded to 0 % or 100 % that is neither.
"""

from __future__ import annotations

from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate
from vqa_canary.report.numbers import MINUS, Range

POINTS = "points"
"""Unit of a difference between two shares, in hundredths."""


def percent(value: float | None, sign: bool = False, unit: str = "%") -> str:
    """`62 %`, `4.8 %`, `99.6 %`: one digit more near the ends, where it tells; a dash where undefined."""
    if value is None:
        return "-"
    size = abs(value) * 100
    if 0 < size < 0.05:
        return f"under 0.1 {unit}"
    if 99.95 <= size < 100:
        return f"over 99.9 {unit}"
    text = f"{size:.1f}".removesuffix(".0") if size < 10 or size > 90 else f"{size:.0f}"
    return (MINUS if value < 0 else "+" if sign and value else "") + f"{text} {unit}"


def stated(share: float) -> str:
    """A share that was set, as it was set: what keeps to 12.5 % need not keep to 12 %."""
    return f"{100 * share:.10g} %"


def right_share(number: Estimate | Range) -> tuple[str, str]:
    """As `share`; of a range both ends, each with its interval."""
    if isinstance(number, Estimate):
        return share(number)
    least, small = share(number.least)
    if number.most.value is None:
        return (
            f"{least} or more",
            f"unread wrong: {small}; unread left out: {number.most.reason or 'undefined'}",
        )
    most, other = share(number.most)
    return f"{least} to {most}", f"unread wrong: {small}; unread left out: {other}"


def share(
    number: Estimate, of: tuple[str, ...] = ("question",), sign: bool = False, unit: str = "%"
) -> tuple[str, str]:
    """The share, and in small its interval and what it is a share of; or a dash, and why."""
    if number.value is None:
        return "-", number.reason or "not measured"
    small = []
    if number.ci_low is not None and number.ci_high is not None:
        low = percent(number.ci_low, sign, unit).removesuffix(f" {unit}")
        small.append(f"95 %: {low} to {percent(number.ci_high, sign, unit)}")
    if number.n:
        images = f", {counted(number.n_clusters, 'image')}" if number.n_clusters else ""
        small.append(counted(number.n, *of) + images)
    return percent(number.value, sign, unit), "; ".join(small)


def plain(number: Estimate) -> tuple[str, str]:
    """A number that is no share, and in small its interval; or a dash, and why."""
    if number.value is None:
        return "-", number.reason or "not measured"
    return number.text, f"95 %: {number.interval}" if number.interval else ""
