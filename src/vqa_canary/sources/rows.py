"""What a source yields, held to what it promises: rows of the right types, and no exception that nobody can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vqa_canary import row_types
from vqa_canary.counting import counted
from vqa_canary.errors import BadInput
from vqa_canary.plugin_faults import BREAKS, file_of, is_fault, plugin_fault
from vqa_canary.quoting import quoted, shortened
from vqa_canary.registry import place_of
from vqa_canary.rows import Item, Refusal
from vqa_canary.tabular import TableError

Source = Callable[..., Iterator[Item | Refusal]]

REMEDY = (
    "Mend the file that it reads, or the source: for a record that it cannot use it must yield a Refusal, for a file "
    "that it cannot read it must raise SourceError."
)


class SourceError(BadInput):
    """A dataset that cannot be read at all: the message names the file and the remedy."""


def rows_of(
    place: str, read: Source, folder: Path | None, seed: int, options: Mapping[str, Any]
) -> Iterator[Item | Refusal]:
    """What a source yields.

    Parameters
    ----------
    place : the setting that names the dataset, for messages

    Raises
    ------
    SourceError : the data cannot be read, the source breaks, or it yields what is no row; the message names the place
        and the file or the source, and how far it came
    """
    last, n = None, 0
    try:
        for row in read(folder, seed, **options):
            if wrong := misfit(row):
                member = f"source {read.__name__!r} (defined in {place_of(read)})"
                raise SourceError(f"{member} gives {wrong}, {_how_far(last, n).rstrip(',')}. {REMEDY}")
            yield row
            last, n = row, n + 1
    except (BadInput, TableError) as error:
        raise SourceError(shortened(f"{place}: {error}")) from error
    except BREAKS as error:
        if not is_fault(error):
            raise
        file = file_of(error)
        about = _how_far(last, n) + (f" while it reads {file}," if file else "")
        fault = plugin_fault(f"source {read.__name__!r}", place_of(read), error, about, REMEDY)
        raise SourceError(f"{place}: {fault}") from error


def misfit(row: object) -> str | None:
    """What is wrong with a row that a source yields, in words; None where it can be a row of a table."""
    if not isinstance(row, Item | Refusal):
        return f"{type(row).__name__} where it must yield an Item or a Refusal"
    return row_types.misfit(row)


def _how_far(last: Item | Refusal | None, n: int) -> str:
    """Which record it is about: the one behind those that a source has yielded."""
    if last is None:
        return "before its first record,"
    name = last.source_id if isinstance(last, Item) else last.key
    return f"after {counted(n, 'record')}, the last of them {quoted(name)},"
