"""What an endpoint can do, found by trying: log-probs, several samples in a request, draws, follow-ups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vqa_canary.engines.endpoint.comparison import MOVED, are_copies, moved_logprob
from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.requests import Urls
from vqa_canary.engines.endpoint.responses import Completion
from vqa_canary.engines.endpoint.sight import Sight, depth_of

LOOKS = 3
"""How often something must be missing before an endpoint is said not to give it."""
DRAWS = 6
"""Answers that must all be alike before it is doubtful whether an endpoint draws them."""
HOTTEST = 2.0
"""Highest temperature that most servers take."""
CHOICE_ALONE = (
    "the chosen token has probability 1 and no other token any, as where a server lists log-probs of what is left to "
    "choose from"
)
"""Why log-probs are not believed that say which token was chosen and nothing of how sure the model was."""
FEW = 2
"""Tokens that are enough to read the first word of an answer: a space or a line end, and the word."""


@dataclass(frozen=True)
class Samples:
    """What one request for samples gives."""

    n: int
    logprobs: bool
    """Whether the samples come with log-probs of their tokens."""
    copies: bool = False
    """Whether all samples are one and the same answer, so often that chance does not make it so."""
    texts: frozenset[str] = frozenset()
    """The texts of the samples, each once."""


@dataclass(frozen=True)
class Listing:
    """How many of the likeliest tokens come with an answer."""

    top: int
    """How many likeliest tokens to ask for at each position of an answer; 0 where the endpoint lists none."""
    first: Completion
    """The endpoint's first answer, which shows what it lists."""
    why: str = ""
    """Why the endpoint lists no tokens; empty where it lists some."""


def find_top(sight: Sight, urls: Urls) -> Listing:
    """How many tokens to ask for at each position, and the first answer.

    Where the configured number is refused, 5 are tried, then none. Where that is refused too, it is found out what
    else the server does not take, and all is tried again.
    """
    tops = _tops(sight)
    found, why = _deepest(sight, urls, tops)
    if found:
        return found
    try:
        return Listing(0, sight.greedy(urls, 0), why)
    except CallFailed as error:
        if not error.refuses or error.status in (403, 404):
            raise
        plain = sight.settled(urls, error)
    found, why = _deepest(sight, urls, tops)
    return found or Listing(0, plain, why)


def _tops(sight: Sight) -> list[int]:
    options = sight.options
    if options.logprobs == "off":
        return []
    return sorted({options.top_logprobs, min(options.top_logprobs, 5)}, reverse=True)


def _deepest(sight: Sight, urls: Urls, tops: list[int]) -> tuple[Listing | None, str]:
    """An answer with a list of likeliest tokens, or one without where the request for it is ignored; otherwise None,
    and why there is none."""
    why = "" if tops else "switched off"
    for top in tops:
        looks: list[Completion] = []
        try:
            while len(looks) < LOOKS and max(map(depth_of, looks), default=0) < top:
                looks.append(sight.greedy(urls, top))
        except CallFailed as error:
            if not looks and not error.refuses and not error.of_logprobs:
                raise
            why = f"not believed: {error}" if error.of_logprobs else f"refused by the server: {error}"
        if looks:
            deepest = max(looks, key=depth_of)
            if not depth_of(deepest):
                return Listing(0, looks[0], "ignored by the server"), ""
            if all(map(_is_choice_alone, looks)):
                first = replace(looks[0], replies=(replace(looks[0].replies[0], positions=None),))
                return Listing(0, first, f"not believed: {CHOICE_ALONE}"), ""
            return Listing(top, deepest), ""
    return None, why


def _is_choice_alone(found: Completion) -> bool:
    """Whether every listed token of an answer has probability 1, and no other token has any."""
    listed = [[token.logprob for token in at.top_logprobs] for at in found.replies[0].positions or ()]
    return bool(listed) and all(logprobs == [0.0] for logprobs in listed)


def find_again(sight: Sight, urls: Urls, top: int, first: Completion) -> Completion:
    """Another answer to the same request; the request is repeated until the answer has an id of its own, if the server
    ever gives it another one."""
    depth = depth_of(first)
    again = sight.greedy(urls, top, depth)
    for _ in range(LOOKS - 1):
        if first.id is None or again.id != first.id:
            break
        again = sight.greedy(urls, top, depth)
    return again


def find_samples(sight: Sight, urls: Urls, logprobs: bool) -> Samples:
    """How many samples one request gives: as many as wanted, else half of it, and so on down to one."""
    wanted, n = sight.options.n_per_call, sight.sampling.n_samples
    if sight.sampling.reshuffled:  # each sample is another prompt
        wanted = 1
    if n == 0:
        return Samples(1, False)
    n = n if wanted == "auto" else min(wanted, n)
    while True:
        try:
            found = _look_at_samples(sight, urls, n, logprobs)
        except CallFailed as error:
            if not error.refuses or not logprobs:
                raise
            logprobs = False  # one sample alone is refused with log-probs
            continue
        if found.copies:
            return Samples(1, found.logprobs, copies=True, texts=found.texts)
        if found.n == n:
            return found
        n = 1 if found.n == 1 else (n + 1) // 2


def find_moved(sight: Sight, urls: Urls, n: int, first: Completion, limits: Mapping[str, float]) -> str:
    """How log-probs of samples differ from those that greedy answers have; empty where they do not.

    They can differ only where samples are drawn at a temperature other than 1, or with limits: some servers give the
    log-probs of what they draw from then, which are another quantity.
    """
    if sight.sampling.temperature == 1 and not limits:
        return ""
    try:
        moved = moved_logprob(first, sight.samples(urls, n, "log-probs", logprobs=True, limits=limits))
    except CallFailed as error:
        if not error.declines:
            raise
        return ""
    if moved <= MOVED:
        return ""
    return (
        f"left out: one of them is {moved:.2g} nats off the greedy answer's, as where a server takes them behind "
        "temperature, top_p or a penalty"
    )


def find_draws(sight: Sight, urls: Urls, known: frozenset[str]) -> str:
    """Whether samples are drawn: `yes`, or `cannot tell: ` and why.

    Parameters
    ----------
    known : texts of samples of this prompt; if they differ, they are drawn
    """
    texts = set(known)
    taken = sight.client.dialect.temperature
    heat: float | None = HOTTEST if taken else None
    for at in range(DRAWS):
        if len(texts) > 1:
            return "yes"
        try:
            texts.add(sight.samples(urls, 1, f"draw {at}", temperature=heat).replies[0].text)
        except CallFailed as error:
            if not error.declines:
                raise
            if heat is None:
                return f"cannot tell: more samples were refused: {error}"
            heat = None  # that of the configuration, then
    if len(texts) > 1:
        return "yes"
    own = f"temperature {sight.sampling.temperature if heat is None else heat:g}"
    return f"cannot tell: {DRAWS} answers at {own if taken else 'the own temperature of the server'} were all alike"


def find_follow_ups(sight: Sight, urls: Urls, answer: str, few: bool) -> tuple[bool, int]:
    """Whether the endpoint takes a chat with an earlier answer of the model in it, and how many tokens to ask for where
    few will do.

    Parameters
    ----------
    few : whether a few tokens will ever be asked for
    """
    most = sight.sampling.max_new_tokens
    for max_tokens in dict.fromkeys([FEW, max(FEW, most)] if few else [most]):
        try:
            sight.follow_up(urls, answer, max_tokens)
            return True, max_tokens if few else FEW
        except CallFailed as error:
            if not error.declines and not error.of_logprobs:
                raise
    return False, FEW


def _look_at_samples(sight: Sight, urls: Urls, n: int, logprobs: bool) -> Samples:
    """What a request for `n` samples gives; 0 samples where the endpoint refuses it."""
    most, texts = 0, set[str]()
    for look in range(LOOKS):
        try:
            replies = sight.samples(urls, n, f"{n} {look}", logprobs).replies
        except CallFailed as error:
            if not error.declines or n == 1:
                raise
            return Samples(0, False)
        most = max(most, len(replies))
        texts |= {reply.text for reply in replies}
        listed = logprobs and all(reply.positions for reply in replies)
        if len(replies) == n and listed == logprobs:
            hot = sight.sampling.temperature >= 1 and sight.client.dialect.temperature
            copies = hot and are_copies(replies)
            return Samples(n, listed, copies, frozenset(texts))
    return Samples(most, False, texts=frozenset(texts))
