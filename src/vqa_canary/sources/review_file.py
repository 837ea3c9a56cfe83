"""A reviewer's file that comes back: which keys, which `nota_valid` and which questions it corrects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from vqa_canary.counting import counted
from vqa_canary.csv_text import defused
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.quoting import listed, quoted
from vqa_canary.review_form import AUDIT, COMMENT, NOTA_VALID, RIGHT_KEY, ROW, TO_FILL, UNANSWERABLE, row_key
from vqa_canary.rows import Item
from vqa_canary.sources.cells import Refused, text_of
from vqa_canary.sources.review_cells import key_in, truth_in
from vqa_canary.spelling import lookalikes, visible
from vqa_canary.tabular import FileTable, TableError, open_table

NEEDED = (ROW, AUDIT, RIGHT_KEY, NOTA_VALID, UNANSWERABLE)
"""Columns without which a file cannot be a reviewer's."""
MOST_TOLD = 5
"""Most faults that one message lists."""
_MARKS = (",", ";", "\t")
"""What spreadsheets write between cells, by the settings of the machine that they run on."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a reviewer says of one question; what is None was left as it is."""

    dataset: str
    item_id: str
    place: str
    """Where it stands, such as `review.csv:12`."""
    answer_index: int | None = None
    """Index of the option that is right, from 0."""
    nota_valid: bool | None = None
    """Whether the question stays fair when its right option is hidden."""
    unanswerable: bool | None = None
    """Whether no answer to it can be called right."""


class ReviewFile(NamedTuple):
    """What a file says."""

    audit: str
    """The audit that was reviewed, as the file names it."""
    rows: frozenset[tuple[str, str]]
    """Data set and id of each question that it lists."""
    corrections: tuple[Correction, ...]
    """What was filled in, one entry for each question of which something was."""


def read_review(path: Path, items: Iterable[Item]) -> ReviewFile:
    """Read a file that `review.csv` has become in a spreadsheet.

    Columns may stand in any order and others beside them; cells are parted by a comma, a semicolon or a tab. A row of
    which nothing was filled in is not looked at, and a comment changes nothing.

    Parameters
    ----------
    items : the questions that it may be about

    Raises
    ------
    BadInput : it is no such file, or a row cannot be followed; the message names file, row, field and remedy
    """
    table = _opened(path)
    names = _columns(path, table)
    known = {row_key(item.dataset, item.item_id): item for item in items}
    found: dict[str, Correction] = {}
    audits: dict[str, str] = {}
    faults: list[str] = []
    rows: set[tuple[str, str]] = set()
    for row in table.rows():
        cells = {field: row.values.get(column) for field, column in names.items()}
        if not any(visible(str(value or "")) for value in row.values.values()):
            continue  # a line that a spreadsheet has left behind
        try:
            if row.problem:
                raise Refused(row.problem)
            audit = text_of(cells[AUDIT], AUDIT)
            if not audit:
                raise Refused(f"{AUDIT}: is empty; copy the cell from another row")
            audits.setdefault(audit, row.key)
            key = text_of(cells[ROW], ROW)
            if item := known.get(key):
                rows.add((item.dataset, item.item_id))
            if correction := _correction(cells, key, row.key, known):
                if key in found:
                    raise Refused(
                        f"{ROW}: the question stands in {found[key].place} already; keep one of both"
                    )
                found[key] = correction
        except Refused as error:
            faults.append(f"{row.key}, {error}")
    if len(audits) > 1:
        told = "; ".join(f"{name} from {place} on" for name, place in audits.items())
        faults.append(f"{AUDIT}: the rows are of several audits ({told}); keep those of one in a file")
    if faults:
        _refuse(path, faults)
    if not audits:
        raise BadInput(f"{path}: lists no question. Name the file that was filled in.")
    return ReviewFile(next(iter(audits)), frozenset(rows), tuple(found.values()))


def _opened(path: Path) -> FileTable:
    """The table, cut at that mark by which it has the columns that it must have."""
    first: TableError | None = None
    plain: FileTable | None = None
    for mark in _MARKS:
        try:
            table = open_table(path, delimiter=mark)
        except TableError as error:
            first = first or error
            continue
        if lookalikes(ROW, table.columns):
            return table
        plain = plain or table
    if plain is None and first is not None:
        raise first
    assert plain is not None
    return plain


def _columns(path: Path, table: FileTable) -> dict[str, str]:
    """The name in the file of each column that is read."""
    names: dict[str, str] = {}
    for field in (*NEEDED, COMMENT):
        alike = lookalikes(field, table.columns)
        if len(alike) > 1:
            raise BadInput(f"{path}, line 1: the columns {listed(alike)} are alike; rename or remove one.")
        if alike:
            names[field] = alike[0]
        elif field in NEEDED:
            raise BadInput(
                f"{path}, line 1: there is no column {field!r}.{did_you_mean(field, table.columns)} A review needs the "
                f"columns {listed(NEEDED)}, as `review.csv` has them; their order does not count."
            )
    return names


def _correction(
    cells: Mapping[str, Any], key: str, place: str, known: Mapping[str, Item]
) -> Correction | None:
    """What a row says of the question `key`; None where nothing was filled in.

    Raises
    ------
    Refused : it cannot be followed
    """
    filled = {field: text_of(cells.get(field), field) for field in TO_FILL}
    if not any(filled[field] for field in (RIGHT_KEY, NOTA_VALID, UNANSWERABLE)):
        return None
    if key not in known:
        told = f"{quoted(key)} is no question of this audit" if key else "is empty"
        raise Refused(f"{ROW}: {told}; leave the column as `review.csv` has it")
    item = known[key]
    answer = key_in(_typed(filled[RIGHT_KEY], item.options), item.options)
    fair, unanswerable = (
        truth_in(filled[NOTA_VALID], NOTA_VALID),
        truth_in(filled[UNANSWERABLE], UNANSWERABLE),
    )
    if unanswerable and answer is not None:
        raise Refused(
            f"{UNANSWERABLE}: a question with a right key is not unanswerable; empty one of the two cells"
        )
    if fair and len(item.options) <= 2:
        raise Refused(
            f"{NOTA_VALID}: hiding one of {counted(len(item.options), 'option')} leaves no question; write no"
        )
    return Correction(item.dataset, item.item_id, place, answer, fair, unanswerable)


def _typed(text: str, options: Sequence[str]) -> str:
    """The text without the `'` that a file has before what looks like a formula, where an option begins so."""
    return next((option for option in options if text == defused(option)), text)


def _refuse(path: Path, faults: Sequence[str]) -> None:
    more = f"\n  and {len(faults) - MOST_TOLD} more" if len(faults) > MOST_TOLD else ""
    lines = "".join(f"\n  {fault}" for fault in faults[:MOST_TOLD])
    raise BadInput(
        f"{path}: {counted(len(faults), 'row')} cannot be followed, and nothing of the file was used:{lines}{more}"
    )
