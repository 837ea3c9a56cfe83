"""Labels that come in a file of their own, after the questions of a batch were asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.quoting import quoted
from vqa_canary.spelling import same_text, visible
from vqa_canary.tabular import open_table

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = ("id", "answer")
"""Columns of the file: the question's id, and its right answer as a letter or as the option's text."""


def read_labels(path: Path) -> dict[str, str]:
    """Right answers by the id of the question, as texts; rows with an empty answer are no labels.

    Raises
    ------
    BadInput : there is no such file, it cannot be read, or a column is missing; a row cannot be read, or a second one
        has the id of an earlier one
    """
    if not path.is_file():
        raise BadInput(f"parameters: monitor.labels: there is no file {str(path)!r}.")
    table = open_table(path)
    for name in COLUMNS:
        if name not in table.columns:
            raise BadInput(
                f"{path}: there is no column {name!r}.{did_you_mean(name, table.columns)} Labels stand in the columns "
                f"{' and '.join(COLUMNS)}."
            )
    found: dict[str, str] = {}
    for row in table.rows(COLUMNS):
        if row.problem:
            raise BadInput(f"{row.key}: {row.problem}.")
        item, answer = (same_text(str(row.values.get(name) or "")) for name in COLUMNS)
        if item in found:
            raise BadInput(f"{row.key}, id: {quoted(item)} has a label already. Keep one.")
        if answer:
            found[item] = answer
    return found


def with_labels(
    observations: pd.DataFrame, items: pd.DataFrame, labels: Mapping[str, str], place: str
) -> pd.DataFrame:
    """The observations of a batch without labels, with those of a file.

    Parameters
    ----------
    items : rows of `items`, with the options
    labels : right answers by the id of the question
    place : the file, for messages

    Raises
    ------
    BadInput : the batch has labels of its own; an id is that of no question, or an answer is none of the options; no
        answer is quoted
    """
    if items["answer_index"].notna().any():
        raise BadInput(
            "parameters: monitor.labels: these questions have right answers of their own. Leave one of the two out."
        )
    options = {
        same_text(str(item)): tuple(str(text) for text in texts)
        for item, texts in zip(items["item_id"], items["options"], strict=True)
    }
    for item in labels:
        if item not in options:
            raise BadInput(
                f"{place}, id: {quoted(item)} is no question of this batch.{did_you_mean(item, options)}"
            )
    right = {
        item: _index(answer, options[item], f"{place}, {quoted(item)}") for item, answer in labels.items()
    }
    correct = [
        None
        if failed or (at := right.get(same_text(str(item)))) is None
        else bool(not pd.isna(choice) and choice == at)
        for item, choice, failed in zip(
            observations["item_id"], observations["choice"], observations["failed"], strict=True
        )
    ]
    return observations.assign(correct=pd.array(correct, dtype="boolean"))


def _index(answer: str, options: Sequence[str], place: str) -> int:
    """The option that an answer names by its text, or else by its letter."""
    texts = [same_text(option).casefold() for option in options]
    if answer.casefold() in texts:
        return texts.index(answer.casefold())
    letter = visible(answer).upper()
    if len(letter) == 1 and 0 <= ord(letter) - ord("A") < len(options):
        return ord(letter) - ord("A")
    raise BadInput(
        f"{place}, answer: it is none of the {len(options)} options. Give the option's text, or its letter."
    )
