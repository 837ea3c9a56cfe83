"""Where a watch stands after each of its entries: the evidence of all labelled images so far, and every alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from vqa_canary.estimate import LEVEL, Estimate, undefined
from vqa_canary.monitoring.drifting import drifted
from vqa_canary.monitoring.record import Drift, Entry
from vqa_canary.statistics.betting import Evidence, evidence, limits, log_detector, log_wealth, warnings

if TYPE_CHECKING:
    from numpy.typing import NDArray

Verdict = Literal["alarm", "early warning", "no alarm", "no labels yet"]
ALARM: Verdict = "alarm"
WARNED: Verdict = "early warning"
QUIET: Verdict = "no alarm"
UNLABELLED: Verdict = "no labels yet"


@dataclass(frozen=True)
class Reached:
    """Where in the watch something was reached."""

    image: int
    """Place of the image among all that were tested, from 1."""
    entry: int
    """Number of the entry that brought it."""


@dataclass(frozen=True)
class Standing:
    """A watch after one of its entries."""

    entry: Entry
    """That entry."""
    evidence: Evidence
    """Of all images with an answered, labelled question so far."""
    mean: float | None
    """Mean over these images of the share of wrong answers; None without any."""
    answered: int
    """Number of answers on these images."""
    wrong: int
    """Number of wrong ones among them."""
    alarm: Reached | None
    """Where the evidence first reached 1/delta; it stays, whatever comes later."""
    warned: tuple[Reached, ...]
    """Where the detector of recent change warned, the latest last."""
    drift: tuple[Drift, ...]
    """Comparisons of this entry's batch that differ from the audit."""

    @property
    def verdict(self) -> Verdict:
        """An alarm stays; an early warning is one of this entry."""
        if self.alarm:
            return ALARM
        if any(one.entry == self.entry.number for one in self.warned):
            return WARNED
        return QUIET if self.evidence.n else UNLABELLED


def standings(entries: Sequence[Entry]) -> list[Standing]:
    """Where the watch stood after each entry, in order.

    All is computed anew from the images that the log holds, so that nothing can be forgotten: the evidence never begins
    again.
    """
    return [_standing(entries[: place + 1]) for place in range(len(entries))]


def shares(entries: Sequence[Entry]) -> tuple[NDArray[np.float64], list[int]]:
    """Share of wrong answers of each image with an answered, labelled question, in order; and the entry of each.

    An image's mean is what the audit's exact guarantee is about: a random answered question of a random image. The
    audit drew one question an image, because its binomial test needs events; a bet needs only that a value is between 0
    and 1, and so can use all answers of the image, whose mean has the same expectation and less noise.
    """
    values, of = [], []
    for entry in entries:
        for one in entry.images:
            if one.wrong is not None and one.answered:
                values.append(one.wrong / one.answered)
                of.append(entry.number)
    return np.array(values, np.float64), of


def path(entries: Sequence[Entry]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log of the bet since release, and log of the detector, after each image."""
    values, _ = shares(entries)
    alpha = entries[0].policy.alpha
    return log_wealth(values, alpha), log_detector(values, alpha)


def error_of(entry: Entry) -> Estimate:
    """The mean over the entry's images of the share of wrong answers, with its confidence sequence."""
    values, _ = shares([entry])
    if not len(values):
        return undefined("no labels" if not entry.labelled else "no labelled answer")
    low, high = limits(values, 1 - LEVEL)
    answered = sum(one.answered for one in entry.images if one.answered)
    return Estimate(float(values.mean()), low, high, answered, len(values))


def _standing(entries: Sequence[Entry]) -> Standing:
    values, of = shares(entries)
    policy = entries[0].policy
    found = evidence(values, policy.alpha, policy.delta)
    tested = [one for entry in entries for one in entry.images if one.wrong is not None]

    def reached(place: int) -> Reached:
        return Reached(place + 1, of[place])

    return Standing(
        entry=entries[-1],
        evidence=found,
        mean=float(values.mean()) if len(values) else None,
        answered=sum(one.answered for one in tested),
        wrong=sum(one.wrong or 0 for one in tested),
        alarm=None if found.alarm is None else reached(found.alarm),
        warned=tuple(reached(place) for place in warnings(values, policy.alpha, policy.warn_every)),
        drift=drifted(entries[-1].drift),
    )
