"""VLMEvalKit's TSV files (Duan et al. 2024, arXiv:2407.11691): images as base64 text, options in `A`, `B`, ..."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from vqa_canary.quoting import quoted
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.cells import Refused, text_of
from vqa_canary.sources.columns import OWN_NAMES, Columns, Fields, column_named
from vqa_canary.sources.given_options import AnswerIs
from vqa_canary.sources.image_cells import image_in
from vqa_canary.sources.images import CheckedImage, ImageRefused, is_file_in, read_image, write_decoded
from vqa_canary.sources.option_labels import LETTERS
from vqa_canary.sources.record_images import RecordImages, images_in_cells
from vqa_canary.sources.record_items import items_of
from vqa_canary.sources.record_options import CellRules, refuse_unknown_base, without_options
from vqa_canary.sources.registration import source
from vqa_canary.spelling import same_text
from vqa_canary.tabular import FileTable, Row, open_table

_NO_INDEX = re.compile(r"://|^\s*\[.*\]\s*$", re.DOTALL)
"""Is found in an address, and in a list; neither is the index of a record."""
LONGEST_INDEX = 64
"""An `image` cell of at most so many characters is the index of the record that holds the image."""


@source
def vlmevalkit(
    folder: Path,
    seed: int,
    *,
    file: str,
    images: Path,
    columns: Columns = OWN_NAMES,
    encoding: Annotated[str, Field(min_length=1)] | None = None,
    answer_is: AnswerIs = "letter",
    index_from: Literal[0, 1] | None = None,
    separator: Annotated[str, Field(min_length=1)] | None = None,
    splits: tuple[str, ...] | None = None,
    n_options: Annotated[int, Field(ge=3, le=26)] = 4,
) -> Iterator[Item | Refusal]:
    """Yield one `Item` or `Refusal` per record, in file order.

    The columns are VLMEvalKit's own: `index` (the item's id), `image` (base64, a list of base64 where there are several
    images, or the index of the record whose images it shares), else `image_path` (a file below `folder`, or a list of
    files), `question`, `hint` (put on a line of its own before the question), `A`, `B`, ... (empty ones left out),
    `answer` (a letter, or else the text of an option), `category` (the question type), `split`. Case, spaces, `_` and
    `-` do not count in their names.
    A record without options is read as by the source `questions`.

    The file is read twice: once for the images, of which those of one record at a time are held, then for the
    questions.

    Parameters
    ----------
    folder : holds the file
    file : name of the TSV file in `folder`
    images : where the images are written, under the first 16 hex digits of their hash
    columns : field to column, for those that are to come from others, such as `question_type: l2-category`
    encoding, separator : as of `questions`
    answer_is, index_from : how answers name an option, where they are no letters; as of `questions`
    splits : which to yield; None for all
    n_options : of an open question

    Raises
    ------
    SourceError : the file or a column is missing, or the file cannot be read
    """
    refuse_unknown_base(answer_is, index_from)
    path = folder / file
    table = open_table(path, encoding=encoding, settings=("encoding",))
    here = partial(column_named, names=table.columns)
    letters = tuple(column for column in map(here, LETTERS) if column is not None)
    names: dict[str, object] = {"id": "index", "options": letters or None}
    if here("category"):
        names["question_type"] = "category"
    if not here("image") and not here("image_1"):
        names["image"] = "image_path"
    chosen = columns.with_defaults(**names)
    fields = chosen.found_in(table.columns, str(path))
    # Images first, in a pass of their own: a record may share the image of one that comes later.
    written = _Images(table, folder, images, fields)
    gaps = without_options(table.rows(fields.letters, fields.images), fields)
    rules = CellRules(answer_is, index_from, separator, splits=splits, n_options=n_options, no_options=gaps)
    hint, question = here("hint"), str(fields.columns["question"])
    rows = table.rows([*fields.names, *([hint] if hint else [])], fields.images)
    if hint:
        rows = (_with_hint(row, hint, question) for row in rows)
    nothing = f"{path}: no record is in split {' or '.join(splits or ())}; `splits` names them"
    yield from items_of(rows, fields, written.of, rules, seed, nothing)


class _Images:
    """The images of each record, or why it has none."""

    def __init__(self, table: FileTable, folder: Path, target: Path, fields: Fields) -> None:
        self._own: dict[str, RecordImages | str] = {}
        self._first: dict[str, str] = {}
        """Index to the key of the record that bears it first."""
        self._fields, self._shared = fields, dict[str, str]()
        self._folder, self._target = folder, target
        # A table may have neither of the two.
        self._path = column_named("image_path", table.columns) or "image_path"
        index = column_named("index", table.columns) or "index"
        for row in table.rows([index, self._path, *fields.images], fields.images):
            try:
                self._first.setdefault(same_text(text_of(row.values.get(index), "index")), row.key)
                self._read(row)
            except (Refused, ImageRefused) as error:
                self._own[row.key] = str(error)

    def of(self, row: Row) -> RecordImages:
        """The images of a record, by way of the one that it shares them with.

        Raises
        ------
        Refused : it has none
        """
        key, passed = row.key, set[str]()
        # Indices may lead to indices; a circle of them leads to no image.
        while key in self._shared:
            index = self._shared[key]
            passed.add(key)
            key = self._first.get(same_text(index), "")
            if not key or key in passed:
                raise Refused(
                    f"{self._column}: {quoted(index)} is no base64, and no record of this index has an image; a path "
                    "stands in a column `image_path`"
                )
        images = self._own[key]
        if isinstance(images, str):
            raise Refused(images if key == row.key else f"{self._column}: that of {key}: {images}")
        return images

    @property
    def _column(self) -> str:
        return self._fields.images[0]

    def _read(self, row: Row) -> None:
        cells = [(column, row.values.get(column)) for column in self._fields.images]
        if len(cells) == 1 and (not _is_told(*cells[0]) or cells[0][0] == self._path):
            path = row.values.get(self._path)
            cells = [("image_path" if _is_told("image_path", path) else self._column, path)]
        elif len(cells) == 1 and (index := _index(*cells[0])) is not None:
            self._shared[row.key] = index
            return

        def read(member: Any, field: str) -> CheckedImage:
            image = image_in(member, field)
            if isinstance(image, str):
                return read_image(self._folder, image)
            return write_decoded(self._target, image, row.key)

        self._own[row.key] = images_in_cells(cells, read, partial(is_file_in, self._folder))


def _is_told(column: str, cell: Any) -> bool:
    """Whether a cell holds something: a text, or what is none, such as bytes or several images."""
    several = isinstance(cell, list) and len(cell) > 1
    return several or isinstance(cell, (bytes, dict)) or bool(text_of(cell, column))


def _index(column: str, cell: Any) -> str | None:
    """The index of another record that a cell gives; None where the cell is something else."""
    if not isinstance(cell, (str, int, float)) or (isinstance(cell, str) and _NO_INDEX.search(cell)):
        return None
    index = text_of(cell, column)
    # Base64 of an image is far longer than any index.
    return index if len(index) <= LONGEST_INDEX else None


def _with_hint(row: Row, column: str, question_column: str) -> Row:
    try:
        hint = text_of(row.values.get(column), "hint")
        question = text_of(row.values.get(question_column), question_column)
    except Refused as error:
        return row._replace(problem=row.problem or str(error))
    whole = {**row.values, question_column: f"{hint}\n{question}"}
    return row._replace(values=whole) if hint and question else row
