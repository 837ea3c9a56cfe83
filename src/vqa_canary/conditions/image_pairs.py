"""Pairs of images that questions can be swapped between: asked of both, and answered otherwise.

Images are paired with one another, each with one other at most. What is asked of a pair then depends on its two images
and on no third one, so the pairs can be the units of an interval. If every question took whatever image suits it, a
chain of questions would join nearly all images into one unit.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from vqa_canary.rows import Item
from vqa_canary.seeding import derive_seed
from vqa_canary.spelling import same_text

Shows = tuple[str, tuple[str, ...]]
"""A dataset, and the ids of the images that a question shows, in order."""
MOST_TRIED = 16
"""Most images with a question in common that are tried for the partner of one: so the work grows with the number of
images, not with its square, where all are asked the same."""


class Answers(NamedTuple):
    """What the items with one question about one image say of its answers, as texts that `_key` makes comparable."""

    right: frozenset[str]
    """Every answer that is right by one of the items."""
    offered: frozenset[str]
    """Every option of these items."""


Known = Mapping[Shows, Mapping[str, Answers]]
"""For each image the answers to each question about it, the question as `_key` gives it."""


def known_answers(items: Iterable[Item]) -> Known:
    """The answers that the items give to each question about each image."""
    right: dict[Shows, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    offered: dict[Shows, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for item in items:
        shows, question = shown_by_item(item), _key(item.question)
        right[shows][question].add(_key(item.options[item.answer_index]))
        offered[shows][question].update(map(_key, item.options))
    return {
        shows: {
            question: Answers(frozenset(answers), frozenset(offered[shows][question]))
            for question, answers in by_question.items()
        }
        for shows, by_question in right.items()
    }


def swapped_answer(item: Item, other: Mapping[str, Answers]) -> int | None:
    """Index of the item's option that is right for another image; None where the two cannot be swapped.

    They can where the items about the other image have the same question, offer the item's right answer as a wrong
    one, and make exactly one of the item's other options right. A question that is wrong to ask of the other image is
    so left out, and so is one with two right answers.

    Parameters
    ----------
    other : the answers to each question about the other image, as in `known_answers`
    """
    answers = other.get(_key(item.question))
    own = _key(item.options[item.answer_index])
    if answers is None or own in answers.right or own not in answers.offered:
        return None
    now = [at for at, option in enumerate(item.options) if _key(option) in answers.right]
    return now[0] if len(now) == 1 else None


def pair_images(items: Iterable[Item], seed: int) -> dict[Shows, Shows]:
    """The partner of each image that has one, both ways round.

    Images take their turns in an order drawn by (seed, image). Each that is still alone takes, of the next `MOST_TRIED`
    that are alone, show as many images and share a question, the one with which most questions can be swapped. So
    neither the order of rows nor the number of questions about an image matters.
    """
    rows = list(items)
    known, asked = known_answers(rows), defaultdict[Shows, list[Item]](list)
    for item in rows:
        asked[shown_by_item(item)].append(item)
    turns = sorted(known, key=lambda shows: (derive_seed(seed, " ".join(shows[1]), "image pairs"), shows))
    alone: dict[tuple[str, int, str], OrderedDict[Shows, None]] = defaultdict(OrderedDict)
    for shows in turns:
        for group in _groups(shows, known):
            alone[group][shows] = None
    pairs: dict[Shows, Shows] = {}
    for shows in turns:
        if shows in pairs:
            continue
        _leave(alone, shows, known)
        tried = dict.fromkeys(
            other for group in _groups(shows, known) for other in islice(alone[group], MOST_TRIED)
        )
        counts = {other: _n_swappable(asked, known, shows, other) for other in tried}
        best = max(
            counts, key=lambda other: counts[other], default=None
        )  # the first of several in their order
        if best is not None and counts[best]:
            _leave(alone, best, known)
            pairs[shows], pairs[best] = best, shows
    return pairs


def shown_by_item(item: Item) -> Shows:
    """The dataset and the images of an item."""
    return item.dataset, tuple(image.image_id for image in item.images)


def _groups(shows: Shows, known: Known) -> list[tuple[str, int, str]]:
    """Where an image looks for a partner: dataset, number of images shown, question."""
    return [(shows[0], len(shows[1]), question) for question in sorted(known[shows])]


def _leave(
    alone: Mapping[tuple[str, int, str], OrderedDict[Shows, None]], shows: Shows, known: Known
) -> None:
    for group in _groups(shows, known):
        del alone[group][shows]


def _n_swappable(asked: Mapping[Shows, list[Item]], known: Known, one: Shows, other: Shows) -> int:
    """How many questions about either image can be asked about the other one with another answer; 0 where a question
    that shows several images shares one of them with the other."""
    if set(one[1]) & set(other[1]):
        return 0
    pairs = ((one, other), (other, one))
    return sum(swapped_answer(item, known[seen]) is not None for own, seen in pairs for item in asked[own])


@lru_cache(2**16)  # options are compared many times
def _key(text: str) -> str:
    """Texts that a reader takes for the same one have the same key."""
    return same_text(text).casefold()
