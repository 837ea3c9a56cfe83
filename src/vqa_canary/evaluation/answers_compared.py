"""Two readings of the same instances by one model, compared number by number and answer by answer.

A reading is the evidence that one way of computing gives, such as prompt by prompt or many prompts at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vqa_canary.rows import Evidence

RULED_OUT = -1e4
"""Smaller log-probabilities count as this one: minus infinity in both readings is no difference, and in one of them a
large one."""

NUMBERS = ("option_logprobs", "greedy_token_logprobs", "samples", "p_true", "verbalized_confidence")
"""Fields that one answer may have and another lack."""
CONTENT = (
    *NUMBERS,
    "option_mass",
    "read_at",
    "greedy_text",
    "greedy_choice",
    "greedy_token_entropies",
    "verbalized_text",
)
"""Fields that are the answer; the others count tokens and calls, or say why a field is null."""


@dataclass(frozen=True, slots=True)
class Change:
    """How the second answer to one instance differs from the first."""

    instance_id: str
    options: tuple[float, ...] | None
    """Absolute difference of each option's log-prob; None where one answer has none, or other options."""
    tokens: float | None
    """Largest absolute difference of a token's log-prob, over answers with the same text and number of tokens; None
    where there are none."""
    mass: float | None
    """Absolute difference of the logarithm of the probability on all option letters; None where either has none."""
    entropies: float | None
    """Largest absolute difference of a token's entropy, along the same greedy answer; None where the answers differ."""
    p_true: float | None
    """Absolute difference of P(True); None where one answer has none, or where it is about another greedy answer."""
    choice: bool
    """Whether the choice is another one: the likeliest option, or without log-probs the one that was named."""
    greedy: bool
    """Whether the greedy answer is another one: its text, the option it is taken for, or the token at which letters are
    read."""
    verbalized: bool
    """Whether another confidence was stated about the same greedy answer."""
    samples: int
    """How many samples have another text, or are taken for another option."""
    n_samples: int
    """How many samples there are; where both answers have different numbers, the larger one."""
    lacking: int
    """Fields that one of the two answers has and the other has not, or lists of another length in both, though their
    greedy answers are the same."""
    identical: bool
    """Whether every number and text is the same to the last bit."""


@dataclass(frozen=True, slots=True)
class AnswersCompared:
    """What became of every instance that either reading was asked about."""

    changes: tuple[Change, ...]
    """Instances that both answered, in order of their ids."""
    in_one_only: tuple[str, ...]
    """Instances that one of the two answered, and the other did not."""
    in_neither: tuple[str, ...]
    """Instances that neither answered."""

    @property
    def instances(self) -> list[str]:
        """Ids of the instances that both answered, in order."""
        return [change.instance_id for change in self.changes]


def compare(first: Iterable[Evidence], second: Iterable[Evidence]) -> AnswersCompared:
    """Hold the second reading's evidence against the first's; rows in any order, at most one an instance."""
    of_first, of_second = ({row.instance_id: row for row in rows} for rows in (first, second))
    ids = sorted(of_first.keys() | of_second.keys())
    answered = {at: (_answered(of_first.get(at)), _answered(of_second.get(at))) for at in ids}
    return AnswersCompared(
        tuple(_change(of_first[at], of_second[at]) for at in ids if all(answered[at])),
        tuple(at for at in ids if any(answered[at]) and not all(answered[at])),
        tuple(at for at in ids if not any(answered[at])),
    )


def _answered(row: Evidence | None) -> bool:
    return row is not None and row.status == "ok"


def _change(first: Evidence, second: Evidence) -> Change:
    said, said_again = ((row.greedy_text, row.greedy_choice, row.read_at) for row in (first, second))
    same_text = said == said_again
    entropies = first.greedy_token_entropies or (), second.greedy_token_entropies or ()
    pairs = list(zip(first.samples or (), second.samples or (), strict=False))
    n_samples = max(len(first.samples or ()), len(second.samples or ()))
    answers = [(first.greedy_token_logprobs, second.greedy_token_logprobs)] if same_text else []
    answers += [(a.token_logprobs, b.token_logprobs) for a, b in pairs if a.text == b.text]
    tokens = [gap for a, b in answers if a and b and len(a) == len(b) for gap in _gaps(a, b)]
    sure = (
        None
        if first.p_true is None or second.p_true is None or not same_text
        else first.p_true - second.p_true
    )
    return Change(
        first.instance_id,
        options=_options(first.option_logprobs, second.option_logprobs),
        tokens=max(tokens, default=None),
        mass=_mass(first.option_mass, second.option_mass),
        entropies=max(_gaps(*entropies), default=None)
        if same_text and len(entropies[0]) == len(entropies[1])
        else None,
        p_true=None if sure is None else abs(sure),
        choice=_choice(first) != _choice(second),
        greedy=not same_text,
        verbalized=same_text and _stated(first) != _stated(second),
        samples=n_samples - sum((a.text, a.choice) == (b.text, b.choice) for a, b in pairs),
        n_samples=n_samples,
        lacking=sum(_size(first, name) != _size(second, name) for name in NUMBERS) if same_text else 0,
        identical=all(getattr(first, name) == getattr(second, name) for name in CONTENT),
    )


def _options(first: Sequence[float] | None, second: Sequence[float] | None) -> tuple[float, ...] | None:
    if first is None or second is None or len(first) != len(second):
        return None
    return tuple(_gaps(first, second))


def _mass(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return None
    [gap] = _gaps(*([math.log(value) if value > 0 else -math.inf] for value in (first, second)))
    return gap


def _stated(row: Evidence) -> tuple[str | None, float | None]:
    return row.verbalized_text, row.verbalized_confidence


def _gaps(first: Sequence[float], second: Sequence[float]) -> Iterator[float]:
    """Differences, pair by pair; one that is no number is as far from any other as a token that is ruled out."""
    for a, b in zip(first, second, strict=True):
        if math.isnan(a) or math.isnan(b):
            yield 0.0 if math.isnan(a) and math.isnan(b) else -RULED_OUT
        else:
            yield abs(max(a, RULED_OUT) - max(b, RULED_OUT))


def _choice(row: Evidence) -> int | None:
    """The option that the table `scores` takes as the answer: the likeliest one, the first of several."""
    logprobs = row.option_logprobs
    if logprobs is None or all(value == -math.inf for value in logprobs):
        return row.greedy_choice
    return max(range(len(logprobs)), key=lambda at: logprobs[at])


def _size(row: Evidence, name: str) -> int | None:
    """How many values a field holds: the length of a list, 1 for a plain value, None where the field is null."""
    value = getattr(row, name)
    return len(value) if isinstance(value, tuple) else None if value is None else 1
