"""A table once, for the page, as CSV and as LaTeX: all three say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from vqa_canary.csv_text import csv_text
from vqa_canary.estimate import Estimate, bare, undefined
from vqa_canary.numerals import MINUS, POINTS, decimal, p_text, percent, significant, stated
from vqa_canary.report.numbers import Range

Cell = Estimate | Range | str | int | None
Kind = Literal["number", "share", "set", "points", "threshold", "count", "p", "text"]
"""What a column holds: a `share` that was measured, one that was `set` and is written as it was set, a difference of
two in `points`; a `threshold`, or what is held against one, has six digits."""


class Column(NamedTuple):
    """`key` names it in CSV, `title` on the page and in LaTeX."""

    key: str
    title: str
    kind: Kind = "number"
    filtered: bool = False
    """Whether the page offers its values to choose from."""
    filed: bool = False
    """Whether it stands in the files alone: the caption says it on the page, or it is a detail."""
    short: str = ""
    """Its title where a table has to be compact; else `title`."""


@dataclass(frozen=True)
class Sheet:
    """A table of the report."""

    name: str
    """Name of the files in which the table is exported, without their suffix."""
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kinds: tuple[Mapping[str, Kind], ...] = ()
    """For each row the kinds of columns, by key, that are not the same in all rows."""
    compact: bool = False
    """Whether LaTeX gets it without intervals, with short titles and two digits after the point, to fit a page."""
    shortened: Mapping[str, str] = field(default_factory=dict)
    """By text of a cell, what stands for it where the table is compact."""

    def column(self, row: int, at: int) -> Column:
        """What a cell holds."""
        column = self.columns[at]
        own = self.kinds[row] if self.kinds else {}
        return column._replace(kind=own.get(column.key, column.kind))

    def without_empty(self, *keys: str) -> Sheet:
        """Without those of the named columns that hold nothing at all."""
        empty = {
            at
            for at, column in enumerate(self.columns)
            if column.key in keys and all(_is_empty(row[at]) for row in self.rows)
        }
        kept = [at for at in range(len(self.columns)) if at not in empty]
        rows = tuple(tuple(row[at] for at in kept) for row in self.rows)
        return replace(self, columns=tuple(self.columns[at] for at in kept), rows=rows)

    def without_constant(self, *keys: str) -> Sheet:
        """Without those of the named columns that hold one value throughout, where there are rows to read."""
        same = [
            column.key
            for at, column in enumerate(self.columns)
            if column.key in keys and len({row[at] for row in self.rows}) == 1
        ]
        kept = [at for at, column in enumerate(self.columns) if column.key not in same]
        rows = tuple(tuple(row[at] for at in kept) for row in self.rows)
        return replace(self, columns=tuple(self.columns[at] for at in kept), rows=rows)

    @property
    def csv(self) -> str:
        """One column a value; limits and reasons in columns of their own, where there are any."""
        parts = [
            _csv_columns(column, [row[at] for row in self.rows]) for at, column in enumerate(self.columns)
        ]
        columns = [column for part in parts for column in part]
        return csv_text([name for name, _ in columns], zip(*(values for _, values in columns), strict=True))

    @property
    def latex(self) -> str:
        r"""A `tabular` with the rules of booktabs; `\usepackage{booktabs}` is all it needs."""
        align = "".join("l" if column.kind == "text" else "r" for column in self.columns)
        lines = [
            f"% {' '.join(self.caption.split())}",
            rf"\begin{{tabular}}{{{align}}}",
            r"\toprule",
            _latex_row((self.compact and column.short) or column.title for column in self.columns),
            r"\midrule",
            *(
                _latex_row(
                    latex_text(self._fitting(cell), self.column(row, at), self.compact)
                    for at, cell in enumerate(cells)
                )
                for row, cells in enumerate(self.rows)
            ),
            r"\bottomrule",
            r"\end{tabular}",
        ]
        return "\n".join(lines) + "\n"

    def _fitting(self, cell: Cell) -> Cell:
        return self.shortened.get(cell, cell) if self.compact and isinstance(cell, str) else cell


def shown(cell: Cell, column: Column) -> str:
    """What a reader sees, without the interval."""
    if isinstance(cell, Range):
        return f"{shown(cell.least, column)} to {shown(cell.most, column)}"
    if isinstance(cell, Estimate):
        return _number(cell.value, column.kind)
    if isinstance(cell, int):
        return f"{cell:,}" if column.kind == "count" else str(cell)
    return "" if cell is None else cell


def small(cell: Cell, column: Column) -> str:
    """The interval of what is shown, where it has one; of a range that of either end."""
    if isinstance(cell, Range):
        return "; ".join(filter(None, (small(cell.least, column), small(cell.most, column))))
    if not isinstance(cell, Estimate) or cell.ci_low is None or cell.ci_high is None:
        return ""
    low, high = _number(cell.ci_low, column.kind), _number(cell.ci_high, column.kind)
    return f"{low.removesuffix(_UNITS.get(column.kind, ''))} to {high}"


_UNITS: Mapping[Kind, str] = {"share": " %", "points": f" {POINTS}"}


def _number(value: float | None, kind: Kind) -> str:
    if value is None:
        return "-"
    if kind in _UNITS:
        return percent(value, sign=kind == "points", unit=_UNITS[kind].strip())
    if kind == "set":
        return stated(value)
    if kind == "threshold":
        return significant(value)
    return p_text(value) if kind == "p" else decimal(value)


def sort_key(cell: Cell) -> str | None:
    """What the page sorts by, where it is not what a reader sees."""
    if isinstance(cell, Estimate | Range):
        return None if cell.value is None else f"{cell.value:.6g}"
    return str(cell) if isinstance(cell, int) else None


def latex_text(cell: Cell, column: Column, compact: bool = False) -> str:
    """A cell for LaTeX: an interval stands in brackets behind its value, unless the table is compact."""
    if isinstance(cell, Range):
        return f"{latex_text(cell.least, column, compact)} to {latex_text(cell.most, column, compact)}"
    if isinstance(cell, Estimate) and cell.value is None:
        return "--"
    if compact and isinstance(cell, Estimate) and cell.value is not None:
        return decimal(cell.value, 2)
    text = shown(cell, column)
    interval = small(cell, column)
    return f"{text} [{interval.replace(' to ', ', ')}]" if interval else text


_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}", MINUS: "$-$", "[": "{[}", "]": "{]}",
}  # fmt: skip


def escape_latex(text: str) -> str:
    """Text that LaTeX prints as it is, on one line; what cannot be printed, a control character, is left out."""
    line = " ".join(text.split())
    return "".join(_LATEX.get(letter, letter) for letter in line if letter.isprintable())


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(map(escape_latex, cells)) + r" \\"


def _csv_columns(column: Column, cells: list[Cell]) -> list[tuple[str, list[Cell | float]]]:
    """A range has no value of its own: its ends stand in columns of theirs, so that nobody takes one for the number."""
    if not any(isinstance(cell, Range) for cell in cells):
        return _plain_columns(column, cells)
    columns = _plain_columns(column, [_RANGE if isinstance(cell, Range) else cell for cell in cells])
    for at, end in enumerate(_ENDS):
        ends = [cell[at] if isinstance(cell, Range) else bare(None) for cell in cells]
        columns += _plain_columns(column._replace(key=f"{column.key}_{end}"), ends)
    return columns


_RANGE = undefined("a range: not all answers could be read")
_ENDS = ("unread_wrong", "unread_left_out")


def _plain_columns(column: Column, cells: Sequence[Cell]) -> list[tuple[str, list[Cell | float]]]:
    numbers = [cell if isinstance(cell, Estimate) else None for cell in cells]
    if not any(numbers):
        return [(column.key, list(cells))]
    parts: dict[str, Callable[[Estimate], float | str | None]] = {
        "": lambda number: number.value,
        "_low": lambda number: number.ci_low,
        "_high": lambda number: number.ci_high,
        "_reason": lambda number: number.reason if number.value is None else None,
    }
    columns: list[tuple[str, list[Cell | float]]] = []
    for end, part in parts.items():
        values: list[Cell | float] = [None if number is None else part(number) for number in numbers]
        if not end or any(value is not None for value in values):
            columns.append((column.key + end, values))
    return columns


def _is_empty(cell: Cell) -> bool:
    return cell in (None, "") or (isinstance(cell, Estimate) and cell.value is None and not cell.reason)
