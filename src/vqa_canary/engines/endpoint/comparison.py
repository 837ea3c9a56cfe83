"""Whether answers of an endpoint are alike: to one prompt twice, and about two images."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log

from vqa_canary.engines.endpoint.responses import Completion, Reply

LOGPROB_TOLERANCE = 1e-3
"""Largest difference between log-probs of one prompt asked twice: a cache or a batch may move their last digits."""

MOVED = 0.1
"""Largest difference of a log-prob, in nats, that half precision and other requests in a batch account for."""

CHANCE = 1e-6
"""If independent samples would agree with a smaller probability than this, those that agree are taken for copies."""

Numbers = list[tuple[str, float | None]]


def alike(one: Completion, other: Completion) -> bool:
    """Whether two answers to one prompt have one text, and log-probs that differ by no more than a cache or a batch
    accounts for."""
    return _text(one) == _text(other) and _distance(_numbers(one), _numbers(other)) <= LOGPROB_TOLERANCE


def largest_group(answers: Sequence[Completion]) -> list[Completion]:
    """Those of the answers to one prompt that are alike to one of them, in their order: the most that there are."""
    groups = ([other for other in answers if alike(one, other)] for one in answers)
    return max(groups, key=len)


def compare_repeats(first: Completion, again: Completion, last: Completion) -> str:
    """`yes`, or `no: ` and what differs between answers to one prompt about one image."""
    for other, when in ((again, "asked again"), (last, "asked again after another image")):
        if _text(first) != _text(other):
            return f"no: {when}, it gave another text"
        moved = _distance(_numbers(first), _numbers(other))
        if moved > LOGPROB_TOLERANCE:
            return f"no: {when}, it gave other log-probs, by up to {moved:.2g}"
    return "yes"


def compare_images(
    first: Completion, again: Completion, other: Completion, last: Completion, drawn: bool = False
) -> str:
    """How the answers about two images differ: `told apart`, `cannot tell: ` or `NOT told apart: ` with the reason.

    Parameters
    ----------
    first, again, last : answers to one prompt about one image; `last` was given after `other`
    other : the answer to the same prompt about another image
    drawn : whether answers are draws, which may be alike or differ by chance
    """
    numbers = [_numbers(answer) for answer in (first, again, other, last)]
    # Without log-probs only texts are left, and two images may well have one answer: equal texts prove nothing.
    if not all(any(number is not None for _, number in of_answer) for of_answer in numbers):
        if drawn:
            return "cannot tell: without log-probs, answers that are draws prove nothing"
        if _text(first) == _text(other):
            return "cannot tell: without log-probs, equal answers prove nothing"
        if _text(last) == _text(other):
            return "NOT told apart: asked again, the first got the second one's answer"
        if _text(first) == _text(again) == _text(last):
            return "told apart"
        return "cannot tell: answers about one image differ too"
    # Numbers of two images that agree to the last digit were computed from one of them, or from none.
    if numbers[0] == numbers[2] or numbers[1] == numbers[2]:
        return "NOT told apart: equal log-probs to the last digit"
    # The answer to the first image is now the other image's: the server kept what it saw last.
    if numbers[3] == numbers[2]:
        return "NOT told apart: asked again, the first got the second one's log-probs to the last digit"
    # What two answers about one image differ by is noise, of which the other image has to be clear.
    noise = max(_distance(numbers[0], numbers[1]), _distance(numbers[0], numbers[3]))
    if _distance(numbers[0], numbers[2]) <= noise:
        return "cannot tell: log-probs about one image differ as much"
    return "told apart"


def are_copies(replies: Sequence[Reply]) -> bool:
    """Whether samples are one and the same though chance would hardly make them so.

    That all n are one answer of probability p has a probability of p to the power of n - 1, at temperature 1.
    """
    first = replies[0]
    same = all((reply.text, reply.token_logprobs) == (first.text, first.token_logprobs) for reply in replies)
    return same and (len(replies) - 1) * sum(first.token_logprobs) < log(CHANCE)


def moved_logprob(first: Completion, drawn: Completion) -> float:
    """Largest difference between what samples and the greedy answer say of a token that stands first, in nats.

    Both continue the same prompt, so a token has one log-prob there, unless that of a sample was taken behind
    temperature or truncation. 0 where nothing can be compared, as behind a reasoning.
    """
    listed = first.replies[0].positions or ()
    if not listed or first.replies[0].led:
        return 0.0
    known = {token.token: token.logprob for token in listed[0].top_logprobs}
    begun = [reply.positions[0] for reply in drawn.replies if reply.positions and not reply.led]
    return max(
        (abs(known[at.token] - at.logprob) for at in begun if at.token in known and at.logprob is not None),
        default=0.0,
    )


def _text(answer: Completion) -> str:
    return answer.replies[0].text


def _numbers(answer: Completion) -> Numbers:
    """Every token of the answers with its log-prob, position by position, the tokens listed there too."""
    positions = answer.replies[0].positions or ()
    found: Numbers = []
    for position in positions:
        found.append((position.token, position.logprob))
        found += [(listed.token, listed.logprob) for listed in position.top_logprobs]
    return found


def _distance(left: Numbers, right: Numbers) -> float:
    """Largest difference of a log-prob; infinite where other tokens are listed or known."""
    known = [[(token, number is None) for token, number in side] for side in (left, right)]
    if known[0] != known[1]:
        return inf
    pairs = zip(left, right, strict=True)
    return max((abs(a - b) for (_, a), (_, b) in pairs if a is not None and b is not None), default=0.0)
