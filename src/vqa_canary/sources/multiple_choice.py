"""Questions with one recorded answer, turned into fair multiple choice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from random import Random

from vqa_canary.quoting import listed, quoted
from vqa_canary.seeding import random_for
from vqa_canary.sources.offered_choices import is_clause_among, offered_choices, without_article
from vqa_canary.sources.overlap import overlap
from vqa_canary.sources.wording import normalise, tidy

__all__ = ["Unfair", "arrange", "closed_options", "normalise", "open_options"]


class Unfair(ValueError):
    """A question that cannot become a fair item; the message says why."""


def closed_options(question: str, answer: str) -> tuple[str, ...]:
    """The options that a closed question offers itself, in its own order.

    Yes and No, or the choices that it lists: `Which is bigger, liver or heart?`, `Is it T1 weighted
    or T2 weighted?`.

    Raises
    ------
    Unfair : it offers no choices, the recorded answer is none of them, or they cannot be told from the words around
    """
    wanted = normalise(answer)
    if wanted in ("yes", "no"):
        return ("Yes", "No")
    for choices in offered_choices(question):
        bare = [without_article(choice) for choice in choices]  # `Is this a CT or an MRI?`
        # `Is this a CT or an MRI?`: articles on some choices only would tell them apart, so they go from all.
        uneven = 0 < sum(map(str.__eq__, bare, choices)) < len(choices)
        if wanted not in map(normalise, choices) or (uneven and wanted in map(normalise, bare)):
            choices = bare
        folded = [normalise(choice) for choice in choices]
        if wanted in folded and len(set(folded)) == len(folded):
            if wanted == "not" or is_clause_among(question, choices):
                raise Unfair(
                    f"the choices of the closed question cannot be told from its other words: {listed(choices)}; "
                    "give the record options of its own"
                )
            return tuple(tidy(choice) for choice in choices)
    raise Unfair(f"the closed question does not offer its recorded answer {quoted(answer)}")


def open_options(
    answer: str,
    pools: Sequence[Mapping[str, int]],
    *,
    n_options: int,
    seed: int,
    item_id: str,
    right: Collection[str] = (),
    allowed: Callable[[str], bool] = lambda distractor: True,
    alike: Callable[[str, str], bool] = overlap,
) -> tuple[str, ...]:
    """The answer and distractors, the answer first.

    Distractors are answers to other questions, drawn without replacement in proportion to how
    often each is recorded: drawn evenly, the common answers would be right whenever they are
    offered, and a model could do without the image. No two options overlap (see `overlap`).

    Parameters
    ----------
    pools : counts by answer; the first pool is used up before the next one is opened
    right : other answers that are right too; no distractor overlaps one
    allowed : whether a distractor is wrong for this image
    alike : whether two answers could both be right; `overlap` for English

    Raises
    ------
    Unfair : fewer than three options can be found
    """
    rng = random_for(seed, item_id, "distractors")
    drawn = (candidate for pool in pools for candidate in _weighted_order(pool, rng))
    fair = _Walkable(
        candidate
        for candidate in _once(drawn)
        # A number among words, or a word among numbers, would give itself away.
        if candidate.isdecimal() == answer.isdecimal()
        and allowed(candidate)
        and not any(alike(candidate, other) for other in (answer, *right))
    )
    for first in fair:  # an unlucky one may shut out all others, as Dark Gray does to Gray and Black
        options = [answer, first]
        for candidate in fair:
            if not any(alike(candidate, other) for other in options):
                options.append(candidate)
            if len(options) == n_options:
                break
        if len(options) >= 3:
            return tuple(options)
    raise Unfair(f"fewer than three fair options: {listed([answer, *islice(fair, 1)])}")


def arrange(options: Sequence[str], answer: str, seed: int, item_id: str) -> tuple[tuple[str, ...], int]:
    """The options in random order, and the index of the answer, every place equally likely."""
    # Sorted first: the order of a record's own list must not shine through, nor the pools' order.
    order = sorted(options)
    random_for(seed, item_id, "position").shuffle(order)
    return tuple(order), [normalise(option) for option in order].index(normalise(answer))


class _Walkable:
    """Things that are made when they are first reached, and may be walked through again, since a pool can be large."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source, self._made = source, list[str]()

    def __iter__(self) -> Iterator[str]:
        at = 0
        while True:
            if at == len(self._made):
                self._made.extend(islice(self._source, 1))
            if at == len(self._made):
                return
            yield self._made[at]
            at += 1


def _once(texts: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def _weighted_order(pool: Mapping[str, int], rng: Random) -> list[str]:
    """Random order without replacement, weighted by count (Efraimidis & Spirakis 2006, A-Res)."""
    # Sorted, since the order of a mapping depends on the order of the file's rows, and the draw must not.
    keys = {answer: rng.random() ** (1 / pool[answer]) for answer in sorted(pool)}
    return sorted(keys, key=lambda answer: keys[answer], reverse=True)
