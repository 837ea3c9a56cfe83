"""What an endpoint can do, found by trying: log-probs, several samples in a request, draws, follow-ups."""

from __future__ import annotations

from dataclasses import dataclass

from vqa_canary.engines.endpoint.comparison import are_copies
from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.responses import Completion
from vqa_canary.engines.endpoint.sight import Sight, depth_of

LOOKS = 3
"""How often something must be missing before an endpoint is said not to give it."""
REFUSALS = frozenset({400, 422})
"""Statuses by which a server refuses a setting that it does not know."""
DRAWS = 6
"""Answers that must all be alike before it is doubtful whether an endpoint draws them."""
HOTTEST = 2.0
"""Highest temperature that servers take."""


@dataclass(frozen=True)
class Samples:
    """What one request for samples gives."""

    n: int
    logprobs: bool
    """Whether with log-probs of their tokens."""
    copies: bool = False
    """Whether all are one answer, which chance does not make so."""
    texts: frozenset[str] = frozenset()
    """What they say."""


def find_top(sight: Sight, url: str) -> tuple[int, Completion]:
    """How many tokens to ask for at each position, 0 for none, and the first answer.

    Where the configured number is refused, 5 are tried.
    """
    options = sight.options
    steps = sorted({options.top_logprobs, min(options.top_logprobs, 5)}, reverse=True)
    for top in steps if options.logprobs == "auto" else []:
        looks: list[Completion] = []
        try:
            while len(looks) < LOOKS and max(map(depth_of, looks), default=0) < top:
                looks.append(sight.greedy(url, top))
        except CallFailed as error:
            if error.status not in REFUSALS:
                raise
            continue
        deepest = max(looks, key=depth_of)
        return (top, deepest) if depth_of(deepest) else (0, looks[0])
    return 0, sight.greedy(url, 0)


def find_again(sight: Sight, url: str, top: int, first: Completion) -> Completion:
    """Another answer to the same request; with an id of its own, if the server ever gives another one."""
    depth = depth_of(first)
    again = sight.greedy(url, top, depth)
    for _ in range(LOOKS - 1):
        if first.id is None or again.id != first.id:
            break
        again = sight.greedy(url, top, depth)
    return again


def find_samples(sight: Sight, url: str, logprobs: bool) -> Samples:
    """How many samples one request gives: as many as wanted, else half of it, and so on down to one."""
    wanted, n = sight.options.n_per_call, sight.sampling.n_samples
    if n == 0:
        return Samples(1, False)
    n = n if wanted == "auto" else min(wanted, n)
    while True:
        found = _look_at_samples(sight, url, n, logprobs)
        if found.copies:
            return Samples(1, found.logprobs, copies=True, texts=found.texts)
        if found.n == n:
            return found
        n = 1 if found.n == 1 else (n + 1) // 2


def find_draws(sight: Sight, url: str, known: frozenset[str]) -> str:
    """Whether samples are drawn: `yes`, or `cannot tell: ` and why.

    Parameters
    ----------
    known : texts of samples of this prompt; if they differ, they are drawn
    """
    texts = set(known)
    for at in range(DRAWS):
        if len(texts) > 1:
            return "yes"
        hot = sight.samples(url, 1, f"draw {at}", temperature=HOTTEST)
        texts.add(hot.replies[0].text)
    return (
        "yes" if len(texts) > 1 else f"cannot tell: {DRAWS} answers at temperature {HOTTEST:g} were all alike"
    )


def takes_follow_ups(sight: Sight, url: str, answer: str) -> bool:
    """Whether it takes a chat with an answer of its own in it."""
    try:
        sight.follow_up(url, answer)
    except CallFailed as error:
        if error.status not in REFUSALS:
            raise
        return False
    return True


def _look_at_samples(sight: Sight, url: str, n: int, logprobs: bool) -> Samples:
    """What a request for `n` gives; 0 samples where it is refused."""
    most, texts = 0, set[str]()
    for look in range(LOOKS):
        try:
            replies = sight.samples(url, n, f"{n} {look}", logprobs).replies
        except CallFailed as error:
            if error.status not in REFUSALS or n == 1:
                raise
            return Samples(0, False)
        most = max(most, len(replies))
        texts |= {reply.text for reply in replies}
        listed = logprobs and all(reply.positions for reply in replies)
        if len(replies) == n and listed == logprobs:
            copies = sight.sampling.temperature >= 1 and are_copies(replies)
            return Samples(n, listed, copies, frozenset(texts))
    return Samples(most, False, texts=frozenset(texts))
