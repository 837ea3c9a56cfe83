"""Whether an endpoint answers one prompt at temperature 0 in one way: one answer that is unlike all others is a hiccup,
and is looked at more closely before anything is said of the endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from vqa_canary.engines.endpoint.comparison import compare_repeats, largest_group
from vqa_canary.engines.endpoint.requests import Urls
from vqa_canary.engines.endpoint.responses import Completion
from vqa_canary.engines.endpoint.sight import Sight

MORE = 3
"""Further answers that are asked for where the first three are not alike."""
HICCUP = "yes, but for 1 of {} answers: "
"""What is said where all answers but one are alike."""


@dataclass(frozen=True)
class Repeats:
    """What answers to one prompt about one image show."""

    told: str
    """`yes`, with a hiccup that was seen, or `no: ` and what differs."""
    first: Completion
    again: Completion
    last: Completion
    """Three answers that are alike, where three are; else the three that were given first."""


def find_repeats(
    sight: Sight, urls: Urls, top: int, depth: int, first: Completion, again: Completion, last: Completion
) -> Repeats:
    """Look at three answers, and where they are not alike, and should be, at three more.

    Parameters
    ----------
    top, depth : of the request and its answer; see `Sight.greedy`
    first, again, last : answers to one prompt about one image; `last` was given after another image
    """
    told = compare_repeats(first, again, last)
    if told == "yes" or not sight.client.dialect.temperature:  # draws differ by right
        return Repeats(told, first, again, last)
    answers = [first, again, last, *(sight.greedy(urls, top, depth) for _ in range(MORE))]
    group = largest_group(answers)
    if len(group) < len(answers) - 1:
        n = len(answers) - len(group)
        return Repeats(f"{told}; of {len(answers)} answers {n} were unlike the others", first, again, last)
    hiccup = HICCUP.format(len(answers)) + told.removeprefix("no: ")
    return Repeats(hiccup, *group[:3])
