"""Questions that somebody has in a file: CSV, TSV, JSONL, JSON or Parquet, with any column names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.columns import OWN_NAMES, Columns
from vqa_canary.sources.given_options import AnswerIs
from vqa_canary.sources.image_cells import image_in
from vqa_canary.sources.images import CheckedImage, is_file_in, read_image, write_decoded
from vqa_canary.sources.record_images import RecordImages, images_in_cells
from vqa_canary.sources.record_items import items_of
from vqa_canary.sources.record_options import CellRules, refuse_unknown_base, without_options
from vqa_canary.sources.registration import SourceError, source
from vqa_canary.tabular import Row, open_table
from vqa_canary.tabular.shards import files_of, joined

WRITTEN = Path("data/02_intermediate/images")
"""Where images are written that stand in the file of questions itself, as a path from the project on; git leaves the
folder out."""


@source
def questions(
    folder: Path,
    seed: int,
    *,
    file: str,
    columns: Columns = OWN_NAMES,
    images: str | None = None,
    written: Path = WRITTEN,
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None,
    encoding: Annotated[str, Field(min_length=1)] | None = None,
    separator: Annotated[str, Field(min_length=1)] | None = None,
    answer_is: AnswerIs = "auto",
    index_from: Literal[0, 1] | None = None,
    splits: tuple[str, ...] | None = None,
    n_options: Annotated[int, Field(ge=3, le=26)] = 4,
    unlabelled: bool = False,
) -> Iterator[Item | Refusal]:
    """Yield one `Item` or `Refusal` per record of the splits asked for, in file order.

    A record with options of its own keeps them, in their order. One without, answered Yes or No or by one of
    the choices that its question lists, gets those; any other gets distractors from the answers that the
    file records for other images: to the same question, then to questions of the same type and body region, of
    the same type, and last to any. Two options that may both be right never stand in one list (see `overlap`), and
    none are made up for a question whose language has no rules for that (see `languages`).

    `nota_valid` is the reviewer's own where the file has such a column; else it is false for two options, for a
    question that lists its choices, and where an option speaks of the others ("None of the above", "Both").

    Parameters
    ----------
    folder : holds the file and the images
    file : name of the file in `folder`; its suffix says the format. With a `*`, as in `data/test-*.parquet`, all
        files that it fits, which are parts of one table
    columns : field to column, for those with other names
    images : subfolder of `folder` where the paths of images start; not set, they start at `folder` or, in a column
        `file_name` or `file_names` as the hub's image folders have it, where the file stands
    written : where images are written that stand in the file itself, under the first 16 hex digits of their hash
    delimiter : between the cells of a CSV file, where it is not the comma
    encoding : of a CSV file that is neither UTF-8 nor bears a byte-order mark, such as `cp1252`
    separator : between the options, where one cell of text holds them all; not set, a list, letters before the
        options, or whichever one of `|`, `;`, tab and line end the cell has
    answer_is : how answers name an option; `auto` refuses what may be read in two ways
    index_from : whether an answer that is an index counts from 0 or from 1
    splits : which of the file's splits to yield, None for all; distractors come from all. An image that stands
        in two of those belongs to the first in the file, and its records in the other are refused
    n_options : of an open question; three where no fourth is fair, and refused below that
    unlabelled : read no right answers, for watching a policy in use (`kedro run --env monitor`); every question then
        needs options of its own

    Raises
    ------
    SourceError : the folder, the file or a column is missing, or the file cannot be read
    """
    refuse_unknown_base(answer_is, index_from)
    if not os.path.isdir(folder):
        raise SourceError(f"{folder}: there is no such folder; `folder` starts at the project")
    paths = files_of(folder, file)
    table = joined(
        paths,
        lambda path: open_table(
            path, delimiter=delimiter, encoding=encoding, settings=("delimiter", "encoding")
        ),
    )
    place = str(folder / file)
    fields = columns.found_in(table.columns, place, unlabelled)
    start = images
    if start is None:
        beside = set(fields.images) <= {"file_name", "file_names"}
        start = paths[0].relative_to(folder).parent.as_posix() if beside else ""
    checked = cache(partial(_image_at, folder, start))
    gaps = without_options(table.rows(fields.letters, fields.images), fields)
    rules = CellRules(
        answer_is,
        index_from,
        separator,
        splits=splits,
        n_options=n_options,
        no_options=gaps,
        unlabelled=unlabelled,
    )

    is_file = partial(is_file_in, folder / start)

    def images_of(row: Row) -> RecordImages:
        def read(cell: Any, field: str) -> CheckedImage:
            if isinstance(cell, str) and is_file(cell):
                return checked(cell)
            image = image_in(cell, field)
            return write_decoded(written, image, row.key) if isinstance(image, bytes) else checked(image)

        return images_in_cells(fields.image_cells(row.values), read, is_file)

    rows = table.rows(fields.names, fields.images)
    nothing = f"{place}: no record is in split {' or '.join(splits or ())}; `splits` names them"
    yield from items_of(rows, fields, images_of, rules, seed, nothing)


def _image_at(folder: Path, start: str, relative: str) -> CheckedImage:
    return read_image(folder, (Path(start) / relative).as_posix())
