"""Rows of answers as they were given, read strictly: each becomes a row of the tables from which scores are made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.engines.recorded.cells import Cells
from vqa_canary.engines.recorded.evidence import COLUMNS, evidence_row
from vqa_canary.errors import BadInput
from vqa_canary.frames import is_null, plain
from vqa_canary.quoting import quoted
from vqa_canary.rows import CLEAN, Evidence, Instance, Item

if TYPE_CHECKING:
    import pandas as pd

WHO = "own"
"""Stands for the model and the data set of answers that come without a study."""

_ROUNDING = 1e-6
"""By how much a probability may be above 1."""
_HALF_DIGIT = 0.005
"""By how much each of several probabilities may have grown by rounding: to two digits, by half of the last one."""


@dataclass(frozen=True, slots=True)
class Question:
    """A row of answers as a row of each table that scores are made from."""

    name: str
    evidence: Evidence
    instance: Instance
    item: Item


def read_questions(answers: pd.DataFrame) -> list[Question]:
    """The rows in their order; `vqa_canary.own_answers.score` says what their columns hold.

    Raises
    ------
    BadInput : no row, a column is missing, or a cell cannot be what its column says
    """
    rows = [{str(name): cell for name, cell in row.items()} for row in answers.to_dict("records")]
    if not rows:
        raise BadInput("answers: the table has no row. Give a row for each question that was answered.")
    if "answer" not in rows[0]:
        raise BadInput("answers, answer: there is no such column. Give the letter of the right option.")
    letters = _letters(rows[0])
    questions = [_question(at, row, letters) for at, row in enumerate(rows, 1)]
    first: dict[str, int] = {}
    for at, one in enumerate(questions, 1):
        if first.setdefault(one.name, at) != at:
            taken = f"{quoted(one.name)} is the name of row {first[one.name]} too"
            raise _wrong(at, "id", f"{taken}. Give each question a name of its own")
    return questions


def _letters(columns: Mapping[str, Any]) -> list[str]:
    """The letters of the columns A, B, ... of probabilities."""
    letters = [letter for letter in ascii_uppercase if letter in columns]
    for letter in ascii_uppercase[: len(letters)]:
        if letter not in letters:
            raise BadInput(
                f"answers, {letter}: there is no such column, though there is one {letters[-1]}. Name the columns of "
                "the options' probabilities A, B, ... without a gap."
            )
    return letters


def _question(at: int, row: Mapping[str, Any], letters: Sequence[str]) -> Question:
    """The `at`-th row, from 1."""
    given = {name: plain(row[name]) for name in ("options", *COLUMNS) if name in row}
    given["option_logprobs"] = _logprobs(at, row, letters)
    cells = Cells("answers", f"row {at}", given)
    texts, own_letters = _options(at, cells)
    answer = str(row["answer"]).strip().upper()
    if answer not in own_letters:
        listed = f"{own_letters[0]} to {own_letters[-1]}"
        raise _wrong(at, "answer", f"{quoted(row['answer'])} is no letter of its options, {listed}")
    name = str(at) if is_null(row.get("id")) else str(row["id"])
    image = name if is_null(row.get("image")) else str(row["image"])
    right = own_letters.index(answer)
    instance = Instance(name, WHO, name, CLEAN, "", texts, image, "", "", right)
    item = Item(WHO, name, "", image, "", "", "", texts, right, "", "", True, f"row {at}")
    return Question(name, evidence_row(cells, WHO, instance), instance, item)


def _logprobs(at: int, row: Mapping[str, Any], letters: Sequence[str]) -> tuple[float, ...] | None:
    """Natural logarithms of the probabilities in the columns A, B, ...; without these, the column `option_logprobs`.

    Where rounding, to two digits or more, has carried the sum of the probabilities above 1, they are divided by it.
    """
    if letters:
        chances = _chances(at, row, letters)
        column = "".join(letters[: len(chances)])
        with np.errstate(divide="ignore"):
            logged = np.log(chances)
    else:
        column = "option_logprobs"
        cells = Cells("answers", f"row {at}", {column: plain(row.get(column))})
        logged = np.array(cells.reals(column, -math.inf, _ROUNDING) or ())
    total = np.exp(logged).sum()
    if total > 1 + _HALF_DIGIT * len(logged) + _ROUNDING:
        raise _wrong(at, column, f"the probabilities add up to {total:.6g}, not to at most 1")
    return tuple((logged - np.log(max(total, 1))).tolist()) or None


def _chances(at: int, row: Mapping[str, Any], letters: Sequence[str]) -> list[float]:
    """The probabilities in the columns A, B, ...; empty cells at the end are no options.

    Raises
    ------
    BadInput : a cell is no probability, or all are 0
    """
    cells = [row[letter] for letter in letters]
    n_options = max((place for place, cell in enumerate(cells, start=1) if not is_null(cell)), default=0)
    chances = [_probability(at, *pair) for pair in zip(letters[:n_options], cells, strict=False)]
    if chances and not any(chances):
        remedy = "Leave these cells empty where the probabilities are not known"
        raise _wrong(at, "".join(letters[:n_options]), f"the probabilities add up to 0. {remedy}")
    return chances


def _probability(at: int, letter: str, cell: Any) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value <= 1 + _ROUNDING:
        raise _wrong(at, letter, f"{quoted(cell)} is no probability from 0 to 1")
    return value


def _options(at: int, cells: Cells) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts of the options, which are their letters where the row has none, and their letters."""
    texts, logged = cells.parts("options"), cells.parts("option_logprobs")
    if not texts and not logged:
        remedy = "Give a probability for each in columns A, B, ..., or their texts in a column options"
        raise _wrong(at, "A", f"it is not known how many options there are. {remedy}")
    letters = tuple(ascii_uppercase[: len(texts or logged or ())])
    return tuple(map(str, texts or letters)), letters


def _wrong(at: int, column: str, why: str) -> BadInput:
    return BadInput(f"answers, row {at}, {column}: {why}.")
