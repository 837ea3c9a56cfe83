"""The options that a record of any table brings along, and how the table's user says that they are to be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from vqa_canary.sources.cells import GAPS, MAYBE_GAPS, Refused
from vqa_canary.sources.columns import Fields
from vqa_canary.sources.given_options import AnswerIs, GivenOptions, options_of
from vqa_canary.sources.option_labels import LETTERS
from vqa_canary.sources.registration import SourceError
from vqa_canary.spelling import visible
from vqa_canary.tabular import Row


@dataclass(frozen=True, slots=True)
class CellRules:
    """How the cells of a table are read, and which of its records are asked for."""

    answer_is: AnswerIs = "auto"
    index_from: int | None = None
    separator: str | None = None
    """What stands between the options in one cell of text; None takes whichever separator can only be meant."""
    default_split: str = "test"
    """Name of the split of all records, in a table that has no column for it."""
    splits: Collection[str] | None = None
    """Names of the splits whose items are asked for; None asks for all."""
    n_options: int = 4
    """Number of options that an open question gets, one of which is right."""
    unlabelled: bool = False
    """Whether questions come without right answers."""
    no_options: Collection[str] = ()
    """Columns of options that hold nothing but missing values in all rows (see `without_options`)."""

    def wants(self, split: str) -> bool:
        """Whether items of a split are asked for."""
        return self.splits is None or split in self.splits


def refuse_unknown_base(answer_is: AnswerIs, index_from: int | None) -> None:
    """Raise `SourceError` where answers are said to be indices, but not from which number they count."""
    if answer_is == "index" and index_from is None:
        raise SourceError(
            "`answer_is: index` needs `index_from: 0` or `index_from: 1`: what the first option is"
        )


def options_in(row: Mapping[str, Any], fields: Fields, rules: CellRules) -> GivenOptions | None:
    """The options that a record brings along, in one column or in one for each letter; None where it has none.

    Raises
    ------
    Refused : they cannot be read as options
    """
    column = fields.columns.get("options")
    if column is None:
        return None
    if isinstance(column, str):
        return options_of(row.get(column), rules.separator)
    right = str(fields.value(row, "answer")).strip().casefold()

    def given(letter: str, name: str) -> Any:
        cell = row.get(name)
        # A text such as `None` is no gap where the answer is just that, or where the answer names its letter.
        is_gap = name in rules.no_options and right not in (letter.casefold(), str(cell).strip().casefold())
        return None if is_gap else cell

    # Columns beyond the last letter go on, without a letter, to `options_of`, which refuses so many options.
    cells = [given(letter, name) for letter, name in zip_longest(LETTERS, column, fillvalue="")]
    return options_of(cells[: len(column)], rules.separator)


def stop_at_another_base(key: str, options: GivenOptions, answers: tuple[str, ...], rules: CellRules) -> None:
    """Raise `SourceError`: an answer shows that the file counts from another number than it is said to, so that all
    its answers would be read as the neighbours of the right ones."""
    if rules.index_from is None or rules.answer_is not in ("auto", "index"):
        return
    for answer in answers:
        if told := options.index_base(answer, rules.index_from):
            raise SourceError(f"{key}: `index_from: {rules.index_from}`, but the answer is {told}")


def refuse_doubtful_gaps(fields: Fields, options: GivenOptions, right: int | None) -> None:
    """Raise `Refused` where a column of options holds `None`, `NA` or the like, and that is not the right answer, or
    none is known.

    Some programs write these for an option that the record does not have; as an option it would be a wrong answer that
    gives itself away.
    """
    if isinstance(fields.columns.get("options"), str):
        return
    doubtful = [text for at, text in enumerate(options.texts) if text in MAYBE_GAPS and at != right]
    if doubtful:
        raise Refused(
            f"options: {doubtful[0]!r} may be an answer, or stand for an option that is missing; leave the cell empty, "
            "or write the answer out (`No finding`)"
        )


def without_options(rows: Iterable[Row], fields: Fields) -> frozenset[str]:
    """Names of the columns of options in which no row has more than a missing value, such as `nan` or `None`.

    Parameters
    ----------
    rows : read until each column has shown a text
    """
    columns = fields.columns.get("options", "")
    left = set[str]() if isinstance(columns, str) else set(columns)
    for row in rows:
        # Whichever column has shown a real text needs no further look.
        left -= {name for name in left if _is_told(row.values.get(name))}
        if not left:
            break
    return frozenset(left)


def _is_told(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or visible(cell) not in {"", *GAPS, *MAYBE_GAPS})
