"""Items as reviewers have corrected them, and what they have changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from vqa_canary.errors import BadInput
from vqa_canary.rows import Item
from vqa_canary.sources.review_file import Correction

_JUDGED = ("answer_index", "nota_valid", "unanswerable")
"""Fields of a correction that say something of its question."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What reviews have changed in one item; an entry of `review.json`."""

    dataset: str
    item_id: str
    answer_before: int
    """Index of the option that the data call right, from 0."""
    answer_after: int
    """Index of the option that is right by the review."""
    nota_valid_before: bool
    nota_valid_after: bool
    unanswerable: bool
    """Whether it is left out, because no answer can be called right."""


def joined(file: str, earlier: Iterable[Correction], later: Iterable[Correction]) -> list[Correction]:
    """The corrections of two files of one audit, such as those of two reviewers.

    Raises
    ------
    BadInput : they contradict each other about a question; the message names both places
    """
    known = {(one.dataset, one.item_id): one for one in earlier}
    for one in later:
        about = one.dataset, one.item_id
        other = known.get(about)
        if other is None:
            known[about] = one
            continue
        for name in _JUDGED:
            said = getattr(other, name), getattr(one, name)
            if None not in said and said[0] != said[1]:
                raise BadInput(
                    f"{file}, {one.place}, {_column(name)}: says otherwise than {other.place}. Let the reviewers "
                    "agree, and leave one of both rows empty."
                )
        both = _over(other, one)
        if both.unanswerable and both.answer_index is not None:
            raise BadInput(
                f"{file}, {one.place}: one of this row and {other.place} gives the question a right key, and the other "
                "calls it unanswerable. Let the reviewers agree, and leave one of both rows empty."
            )
        known[about] = both
    return list(known.values())


def reviewed(items: Sequence[Item], corrections: Iterable[Correction]) -> list[Item]:
    """The items with the keys and `nota_valid` that the corrections give them; those that are unanswerable stay."""
    about = {(one.dataset, one.item_id): one for one in corrections}
    return [_corrected(item, about.get((item.dataset, item.item_id))) for item in items]


def changes(
    before: Sequence[Item], after: Sequence[Item], corrections: Iterable[Correction]
) -> list[ItemChange]:
    """What differs, in the order of the items.

    Parameters
    ----------
    before, after : the same items as the data have them, and as all reviews leave them
    corrections : of all reviews, the latest last
    """
    unanswerable = {
        (one.dataset, one.item_id): one.unanswerable for one in corrections if one.unanswerable is not None
    }
    found = [
        ItemChange(
            old.dataset,
            old.item_id,
            old.answer_index,
            new.answer_index,
            old.nota_valid,
            new.nota_valid,
            unanswerable.get((old.dataset, old.item_id), False),
        )
        for old, new in zip(before, after, strict=True)
    ]
    return [one for one in found if _changes_something(one)]


def _changes_something(one: ItemChange) -> bool:
    return (
        one.unanswerable
        or one.answer_before != one.answer_after
        or one.nota_valid_before != one.nota_valid_after
    )


def _corrected(item: Item, correction: Correction | None) -> Item:
    if correction is None:
        return item
    given: dict[str, Any] = {
        name: value
        for name in ("answer_index", "nota_valid")
        if (value := getattr(correction, name)) is not None
    }
    return replace(item, **given)


def _over(earlier: Correction, later: Correction) -> Correction:
    """The later correction, with what only the earlier one says."""
    given = {one.name: getattr(later, one.name) for one in fields(later)}
    return replace(earlier, **{name: value for name, value in given.items() if value is not None})


def _column(name: str) -> str:
    return "right_key" if name == "answer_index" else name
