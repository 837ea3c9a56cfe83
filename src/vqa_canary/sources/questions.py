"""Questions that somebody has in a file: CSV, TSV, JSONL, JSON or Parquet, with any column names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from vqa_canary.sources.cells import needed_text
from vqa_canary.sources.columns import OWN_NAMES, Columns
from vqa_canary.sources.given_options import AnswerIs
from vqa_canary.sources.images import CheckedImage, read_image
from vqa_canary.sources.record_items import items_of
from vqa_canary.sources.records import Reading
from vqa_canary.sources.registration import SourceError, source
from vqa_canary.tables import Item, Refusal
from vqa_canary.tabular import Row, open_table


@source
def questions(
    folder: Path,
    seed: int,
    *,
    file: str,
    columns: Columns = OWN_NAMES,
    images: str = "",
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None,
    separator: Annotated[str, Field(min_length=1)] = "|",
    answer_is: AnswerIs = "auto",
    index_from: Literal[0, 1] | None = None,
    splits: tuple[str, ...] | None = None,
    n_options: Annotated[int, Field(ge=3, le=26)] = 4,
) -> Iterator[Item | Refusal]:
    """Yield one `Item` or `Refusal` per record of the splits asked for, in file order.

    A record with options of its own keeps them, in their order. One without, answered Yes or No or by one of
    the choices that its question lists, gets those; any other gets distractors from the answers that the
    file records for other images: to the same question, then to questions of the same type and body region, of
    the same type, and last to any. Two options that may both be right never stand in one list (see `overlap`).

    `nota_valid` is the reviewer's own where the file has such a column; else it is false for two options, for a
    question that lists its choices, and where an option speaks of the others ("None of the above", "Both").

    Parameters
    ----------
    folder : holds the file and the images
    file : name of the file in `folder`; its suffix says the format
    columns : field to column, for those with other names
    images : subfolder of `folder` where the paths of images start
    delimiter : between the cells of a CSV file, where it is not the comma
    separator : between the options, where one cell of text holds them all
    answer_is : how answers name an option; `auto` refuses what may be read in two ways
    index_from : whether an answer that is an index counts from 0 or from 1
    splits : which of the file's splits to yield, None for all; distractors come from all. An image that stands
        in two of those belongs to the first in the file, and its records in the other are refused
    n_options : of an open question; three where no fourth is fair, and refused below that

    Raises
    ------
    SourceError : the folder, the file or a column is missing, or the file cannot be read
    """
    if answer_is == "index" and index_from is None:
        raise SourceError(
            "`answer_is: index` needs `index_from: 0` or `index_from: 1`: what the first option is"
        )
    if not os.path.isdir(folder):
        raise SourceError(f"{folder}: there is no such folder")
    path = folder / file
    table = open_table(path, delimiter=delimiter)
    fields = columns.found_in(table.columns, str(path))
    checked = cache(lambda relative: _image_at(folder, images, relative))
    reading = Reading(answer_is, index_from, separator, splits=splits, n_options=n_options)

    def image_of(row: Row) -> CheckedImage:
        return checked(needed_text(fields.value(row.values, "image"), "image"))

    found = False
    for one in items_of(table.rows(fields.names), fields, image_of, reading, seed):
        found = True
        yield one
    if not found:
        raise SourceError(f"{path}: no record is in split {' or '.join(splits or ())}; `splits` names them")


def _image_at(folder: Path, images: str, relative: str) -> CheckedImage:
    """The image, whose path may be written as Windows does."""
    if "\\" in relative and not os.path.exists(folder / images / relative):
        relative = relative.replace("\\", "/")
    return read_image(folder, (Path(images) / relative).as_posix())
