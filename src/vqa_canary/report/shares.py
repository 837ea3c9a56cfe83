"""Shares as a page words them: in percent, with their interval and what they are a share of."""

from __future__ import annotations

from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate
from vqa_canary.numerals import limits, percent
from vqa_canary.report.numbers import Range


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
        small.append(f"95 %: {limits(number.ci_low, number.ci_high, sign, unit)}")
    if number.n:
        images = f", {counted(number.n_clusters, 'image')}" if number.n_clusters else ""
        small.append(counted(number.n, *of) + images)
    return percent(number.value, sign, unit), "; ".join(small)


def plain(number: Estimate) -> tuple[str, str]:
    """A number that is no share, and in small its interval; or a dash, and why."""
    if number.value is None:
        return "-", number.reason or "not measured"
    return number.text, f"95 %: {number.interval}" if number.interval else ""
