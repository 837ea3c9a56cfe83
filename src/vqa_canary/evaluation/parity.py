"""How near two readings of one model have to be, given the precision it computes with, and whether they are.

A reading is the evidence that one way of computing gives, such as prompt by prompt or many prompts at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vqa_canary.evaluation.answers_compared import AnswersCompared, Change
from vqa_canary.evaluation.checks import Measure, Rule, estimated
from vqa_canary.statistics.means import mean_estimate
from vqa_canary.statistics.proportions import proportion


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What rounding may do to answers of one model that were computed in two ways."""

    difference: float
    """Largest difference of a log-probability, in nats."""
    answers: float
    """Largest share of choices, of greedy texts, and of stated confidences that may change."""
    samples: float
    """Largest share of samples that may change: where two tokens are about to tie, a last digit decides the draw."""
    rank_correlation: float
    """Least rank correlation of a method's uncertainties."""

    @property
    def p_true(self) -> float:
        """Largest difference of P(True).

        Its log-odds are a difference of two log-probs, so they move by at most twice `difference`; a probability moves
        by at most a quarter of its log-odds, because the slope p (1 - p) of the logistic function is at most 1/4.
        """
        return self.difference / 2

    @property
    def entropy(self) -> float:
        """Largest difference of a token's entropy, in nats: it is a mean of log-probs, and its weights move, too."""
        return 4 * self.difference


EXACT = Tolerance(difference=1e-3, answers=0.0, samples=0.005, rank_correlation=0.99)
"""Tolerance for float32: both ways of reading a sound model differ by some 1e-5 nats, and no answer changes."""
ROUNDED = Tolerance(difference=0.5, answers=0.1, samples=0.1, rank_correlation=0.9)
"""Tolerance for bfloat16 and float16, which keep two to three digits: a coarse check that finds gross faults only."""


def tolerance_of(dtype: str) -> Tolerance:
    """`ROUNDED` for bfloat16 and float16; `EXACT` for anything else, known or not."""
    return ROUNDED if dtype in ("bfloat16", "float16") else EXACT


def within(found: AnswersCompared, tolerance: Tolerance) -> tuple[Measure, ...]:
    """Differences and changed answers, each held to what rounding may do."""
    n = len(found.changes)
    few = math.floor(tolerance.answers * n)
    n_samples = sum(one.n_samples for one in found.changes)
    return (
        compared(found),
        _largest("largest_logprob_difference", map(_logprobs, found.changes), tolerance.difference),
        _largest(
            "largest_entropy_difference", ((one.entropies,) for one in found.changes), tolerance.entropy
        ),
        _largest("largest_p_true_difference", ((one.p_true,) for one in found.changes), tolerance.p_true),
        Measure("changed_choices", sum(one.choice for one in found.changes), "at most", few),
        Measure("changed_greedy_texts", sum(one.greedy for one in found.changes), "at most", few),
        Measure("changed_stated_confidences", sum(one.verbalized for one in found.changes), "at most", few),
        Measure(
            "changed_samples",
            sum(one.samples for one in found.changes),
            "at most",
            math.floor(tolerance.samples * n_samples),
        ),
        Measure("answers_not_identical", sum(not one.identical for one in found.changes)),
        *lost(found),
    )


def identical(found: AnswersCompared) -> tuple[Measure, ...]:
    """Every number and text the same to the last bit."""
    differing = sum(not one.identical for one in found.changes)
    largest = _largest("largest_logprob_difference", map(_logprobs, found.changes))
    changed = Measure("changed_samples", sum(one.samples for one in found.changes))
    return (
        compared(found),
        Measure("answers_not_identical", differing, "at most", 0),
        largest,
        changed,
        *lost(found),
    )


def compared(found: AnswersCompared) -> Measure:
    """How many instances both readings answered: without any, nothing was verified."""
    return Measure("instances_compared", len(found.changes), "at least", 1)


def lost(found: AnswersCompared) -> tuple[Measure, ...]:
    """How often one reading gives an answer, or a field of it, that the other does not give."""
    return (
        Measure("answered_once_only", len(found.in_one_only), "at most", 0),
        Measure("fields_given_once_only", sum(one.lacking for one in found.changes), "at most", 0),
    )


def agreement(found: AnswersCompared, images: Mapping[str, str], least: float) -> tuple[Measure, ...]:
    """For a model that promises no equal numbers: how often it chooses alike, and how far its log-probs move.

    Parameters
    ----------
    images : image by instance, the unit of the intervals
    least : share of choices that has to be the same
    """
    shown = [images[at] for at in found.instances]
    moved = [
        (sum(one.options) / len(one.options), images[one.instance_id]) for one in found.changes if one.options
    ]
    n_samples = sum(one.n_samples for one in found.changes)
    gap = mean_estimate([value for value, _ in moved], [image for _, image in moved], 0, math.inf)
    return (
        compared(found),
        estimated(
            "same_choices", proportion([not one.choice for one in found.changes], shown), "at least", least
        ),
        estimated("mean_logprob_difference", gap),
        share("same_greedy_texts", sum(not one.greedy for one in found.changes), len(found.changes), "texts"),
        share("same_samples", n_samples - sum(one.samples for one in found.changes), n_samples, "samples"),
        Measure("answered_once_only", len(found.in_one_only)),
    )


def repeated(found: AnswersCompared, images: Mapping[str, str], least: float) -> tuple[Measure, ...]:
    """One prompt asked twice of a model that promises no equal numbers: its log-probs may move as rounding moves them.

    Without log-probs `least` is the share of choices that has to be the same.
    """
    largest = _largest("largest_logprob_difference", map(_logprobs, found.changes), ROUNDED.difference)
    shown = [images[at] for at in found.instances]
    same = proportion([not one.choice for one in found.changes], shown)
    held = estimated("same_choices", same, *(("at least", least) if largest.value is None else ()))
    return compared(found), largest, held


def share(name: str, n: int, of: int, what: str) -> Measure:
    """A share that is reported without an interval; null where there is nothing to take it of."""
    return Measure(name, n / of) if of else Measure(name, None, reason=f"no {what}")


def apart(other: Sequence[Change], again: Sequence[Change]) -> tuple[Measure, ...]:
    """Whether answers about another image differ, and by more than answers about the same image asked again do.

    Every pair has to differ. Without log-probs only a changed text can tell; that none changes proves nothing, so
    there is then no limit to break.
    """
    gaps = [gap for one in other if (gap := _far(one)) is not None]
    if gaps:
        noise = max((gap for one in again if (gap := _far(one)) is not None), default=0.0)
        return (Measure("smallest_difference_of_two_images", min(gaps), "more than", noise),)
    changed, moved = (sum(one.greedy for one in rows) for rows in (other, again))
    rule: Rule | None = "more than" if changed else None
    return (Measure("texts_changed_by_the_image", changed, rule, moved if changed else None),)


def _logprobs(one: Change) -> Iterator[float | None]:
    """Every difference of a log-prob in one answer: options, tokens, and the mass on all options."""
    yield from one.options or ()
    yield one.tokens
    yield one.mass


def _far(one: Change) -> float | None:
    """The largest difference of a log-prob in one answer; None where there is none."""
    return max((gap for gap in _logprobs(one) if gap is not None), default=None)


def _largest(name: str, gaps: Iterable[Iterable[float | None]], limit: float | None = None) -> Measure:
    values = [gap for each in gaps for gap in each if gap is not None]
    if not values:
        return Measure(name, None, reason="no answer gives any")
    return Measure(name, max(values), None if limit is None else "at most", limit)
