"""From the rows of any dataset to items and refusals, so that no row is lost on the way."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from vqa_canary.quoting import shortened
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.multiple_choice import Unfair
from vqa_canary.sources.registration import SourceError
from vqa_canary.sources.set_aside import LeftOut, Repeat

_LOG = logging.getLogger(__name__)


class Sound(Protocol):
    """A record whose cells and images are sound, of whichever source."""

    @property
    def split(self) -> str:
        """Name of the split that the record belongs to."""


R = TypeVar("R", bound=Sound)
T = TypeVar("T")

Checked = tuple[str, dict[str, Any], R | Repeat | str | LeftOut]
"""A row's key, what its refusal would keep of it, and its record; without one, why there is none: it repeats an earlier
record, the text says what is wrong with it, or nobody asked for it."""


def items_and_refusals(
    rows: Iterable[T],
    check: Callable[[Iterable[T]], Iterator[Checked[R]]],
    item_maker: Callable[[Sequence[R]], Callable[[R, str], Item]],
    wants: Callable[[str], bool],
    left_out: Sequence[LeftOut] = (LeftOut.SPLIT,),
) -> Iterator[Item | Refusal]:
    """One `Item` or `Refusal` per row that is asked for, in order, and a line in the log that counts all rows.

    All rows are read before the first item is given: its distractors are answers of the others. Of a row only
    its texts are kept, never its images.

    Parameters
    ----------
    check : from rows to checked rows, exactly one for each
    item_maker : from all sound records, of splits that are not asked for too, to what makes the item of one of them
        and its key; that may raise `Unfair`
    wants : whether the items of a split are asked for
    left_out : for what reasons `check` may leave out a row, in the order in which the log counts them

    Raises
    ------
    SourceError : `check` has lost a row
    """
    counted = _Counted(rows)
    checked = list(check(counted))
    # Distractors come from all splits, so that an item is the same whichever splits are asked for.
    item_of = item_maker([record for *_, record in checked if not isinstance(record, (Repeat, str, LeftOut))])
    usable, out, refused = 0, Counter[LeftOut](), set[str]()
    for key, row, record in checked:
        if isinstance(record, LeftOut):
            out[record] += 1
            continue
        if isinstance(record, Repeat):
            reason = record.reason(first_refused=record.first in refused)
        elif isinstance(record, str):
            reason = record
        elif not wants(record.split):
            out[LeftOut.SPLIT] += 1
            continue
        else:
            try:
                yield item_of(record, key)
                usable += 1
                continue
            except Unfair as error:
                reason = str(error)
        refused.add(key)
        yield Refusal("sources", key, shortened(reason), row)
    told = " + ".join(
        [f"{usable} usable", f"{len(refused)} refused", *(f"{out[why]} {why.value}" for why in left_out)]
    )
    if usable + len(refused) + out.total() != counted.n:
        raise SourceError(
            f"{counted.n} records were read, but there are {told}: rows were lost; report this as a bug"
        )
    _LOG.info("%d records read: %s", counted.n, told)


class _Counted(Generic[T]):
    """Counts the rows that are taken from it."""

    def __init__(self, rows: Iterable[T]) -> None:
        self._rows, self.n = rows, 0

    def __iter__(self) -> Iterator[T]:
        for row in self._rows:
            self.n += 1
            yield row
