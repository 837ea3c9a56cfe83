"""Which column of somebody's table holds what: the names as given, checked against the table."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from vqa_canary.errors import did_you_mean
from vqa_canary.quoting import listed, quoted
from vqa_canary.sources.option_labels import LETTERS
from vqa_canary.sources.registration import SourceError
from vqa_canary.spelling import lookalikes, same_text

NEEDED = ("image", "question", "answer")
"""Fields that every record must have; the other fields may have no column."""

_OF_IMAGES = ("file_name", "image_path", "images", "file_names", "image_paths")
"""Columns that are read where no column `image` is, the first of them that is there: `file_name` and `file_names` are
those of the hub's image folders."""


class Columns(BaseModel):
    """The name of the column that holds each field of a record.

    A field that is not set is read from the column of its own name, where the table has one. Set to null,
    it is not read although there is such a column. Case, spaces, `_` and `-` do not count, unless they tell two
    columns apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None = "id"
    """The user's own id of each question; without one, ids are hashes of the content."""
    image: str | tuple[str, ...] = "image"
    """One column, or one for each image of a question, in order. Where it is not set, the column `image` is read, and
    with it `image_2`, `image_3` and so on, or else `image_1`, `image_2`, ...; without these `images`, `file_name` and
    the like."""
    question: str = "question"
    options: str | tuple[str, ...] | None = "options"
    """One column for each letter (`[A, B, C, D]`), or one column that holds all options. Where it is not set and there
    is no column of this name, the columns `A`, `B` and so on (or `Option A`, `choice_b`) are read, as far as the table
    has them."""
    answer: str = "answer"
    question_type: str | None = "question_type"
    answer_type: str | None = "answer_type"
    """The words `open` or `closed`, in any case; they are only read where a record has no options."""
    modality: str | None = "modality"
    body_region: str | None = "body_region"
    split: str | None = "split"
    nota_valid: str | None = "nota_valid"
    """A reviewer's own judgement whether "None of the above" may take the right option's place; it wins over the
    rule."""
    rephrased_question: str | None = "rephrased_question"
    attributes: tuple[str, ...] = ()
    """Further columns by which results are split, each under its own name."""

    @model_validator(mode="after")
    def _each_once(self) -> Columns:
        """Refuse two fields with one column, a slip of the pen; only a question's id may be the name of its image."""
        named = {name: getattr(self, name) for name in self.model_fields_set - {"attributes"}}
        if named.get("id") == named.get("image"):
            named.pop("id", None)
        fields: dict[str, str] = {}
        for field, value in named.items():
            for column in (value,) if isinstance(value, str) else value or ():
                if column in fields:
                    raise PydanticCustomError(
                        "one_column_twice",
                        "{text}",
                        {
                            "text": f"The column {quoted(column)} is named for {fields[column]!r} and for {field!r}"
                        },
                    )
                fields[column] = field
        if len(set(self.attributes)) < len(self.attributes):
            raise PydanticCustomError("one_column_twice", "`attributes` names a column twice")
        return self

    def with_defaults(self, **names: Any) -> Columns:
        """These columns, with other names for the fields that were not set."""
        named = names | {field: getattr(self, field) for field in self.model_fields_set}
        return Columns.model_construct(**named)  # a default may share a column with a name that was given

    def found_in(self, names: Collection[str], table: str, unlabelled: bool = False) -> Fields:
        """The columns that the table has.

        Parameters
        ----------
        names : of the table's columns
        table : what messages call it
        unlabelled : no right answer is read, whether there is a column for it or not

        Raises
        ------
        SourceError : a column that was named, or that every record needs, is missing, or another one looks like it
        """
        found: dict[str, str | tuple[str, ...]] = {}
        for field in type(self).model_fields:
            if unlabelled and field == "answer":
                continue
            value = getattr(self, field)
            if field == "image" and "image" not in self.model_fields_set:
                value = _columns_of_images(value, names, table)
            wanted = _names(value)
            here = [column_named(name, names) for name in wanted]
            missing = [name for name, column in zip(wanted, here, strict=True) if column is None]
            if missing and (field in NEEDED or field in self.model_fields_set):
                hint = did_you_mean(missing[0], names)
                raise SourceError(
                    f"{table}: there is no column {quoted(missing[0])} for the field {field!r}.{hint} "
                    f"Columns: {listed(names)}. Name the right one under `columns`."
                )
            if value and not missing:
                columns = tuple(column for column in here if column is not None)
                found[field] = columns[0] if isinstance(value, str) else columns
        if "options" not in self.model_fields_set and len(letters := _of_letters(names)) > 1:
            if "options" in found:
                together = str(found["options"])
                raise SourceError(
                    f"{table}: the columns {listed([together, *letters])} may both hold the options of a record; say "
                    f"which do under `columns`, as in `options: {together}` or `options: [{', '.join(letters)}]`"
                )
            found["options"] = letters
        fields = Fields(found)
        given = {name for field in type(self).model_fields for name in _names(getattr(self, field))}
        for name in fields.names:
            if len(alike := (lookalikes if name in given else _alike)(name, names)) > 1:
                raise SourceError(
                    f"{table}: the columns {listed(alike)} differ only by case, spaces or characters that cannot be "
                    "seen; which one is meant? Rename the others"
                )
        return fields


def _columns_of_images(
    named: str | tuple[str, ...], names: Collection[str], table: str
) -> str | tuple[str, ...]:
    """The columns that hold images, in a table for which nobody said which they are.

    Raises
    ------
    SourceError : columns that may hold the same image, or images in one order or another
    """
    for base in dict.fromkeys((*_names(named), *_OF_IMAGES)):
        found = _numbered(base, names)
        numbered = [column for _, column in found]
        numbers = [number for number, _ in found]
        there = bool(_alike(base, names))
        lists = _alike("images", names) if base == "image" and there else []
        if len(set(numbers)) < len(numbers) or (there and ({0, 1} & set(numbers) or lists)):
            columns = [*([base] if there else []), *numbered, *lists]
            raise SourceError(
                f"{table}: the columns {listed(columns)} may hold the images of a question in one order or another, or "
                f"the same image twice; say which under `columns`, as in `image: {columns[0]}` or `image: "
                f"[{', '.join(columns[:2])}]`"
            )
        if there:
            return (base, *numbered) if numbered else base
        if {0, 1} & set(numbers):
            return tuple(numbered)
    return named


def _numbered(base: str, names: Collection[str]) -> list[tuple[int, str]]:
    """Columns such as `image_2` and `image2`, by number."""
    pattern = re.compile(re.escape(_folded(base)) + "_?([0-9]{1,2})")
    found = ((name, pattern.fullmatch(_folded(name))) for name in names)
    return sorted((int(match[1]), name) for name, match in found if match)


def column_named(name: str, names: Collection[str]) -> str | None:
    """The column of this name or, where there is none, one that differs from it by case, spaces, `_` and `-` alone."""
    return name if name in names else next(iter(_alike(name, names)), None)


def _alike(name: str, names: Collection[str]) -> list[str]:
    return [other for other in names if _folded(other) == _folded(name)]


def _names(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _of_letters(names: Collection[str]) -> tuple[str, ...]:
    """The columns of options A, B and so on, as far as the table has them."""
    columns = (_of_letter(letter, names) for letter in LETTERS)
    return tuple(column for column in takewhile(lambda name: name is not None, columns) if column is not None)


def _of_letter(letter: str, names: Collection[str]) -> str | None:
    """The column of the option that bears the letter: `A`, `a`, `Option A`, `choice_a`."""
    own = (column_named(name, names) for name in (letter, f"option {letter}", f"choice {letter}"))
    return next((column for column in own if column is not None), None)


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", same_text(name).casefold())


OWN_NAMES = Columns()
"""The columns of a table in which each field stands under its own name."""


@dataclass(frozen=True, slots=True)
class Fields:
    """For each field the column that the table really has for it."""

    columns: Mapping[str, str | tuple[str, ...]]

    def value(self, row: Mapping[str, Any], field: str) -> Any:
        """The cell of a field in a row; None where there is no column for it."""
        column = self.columns.get(field)
        return row.get(column) if isinstance(column, str) else None

    @property
    def letters(self) -> list[str]:
        """Names of the columns that hold one option each."""
        options = self.columns.get("options", "")
        return [] if isinstance(options, str) else list(options)

    def image_cells(self, row: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The cell in each column of images, and what messages call it."""
        columns = self.images
        return [("image" if len(columns) == 1 else column, row.get(column)) for column in columns]

    @property
    def images(self) -> list[str]:
        """Names of the columns whose cells may be images, and large."""
        return list(_names(self.columns.get("image")))

    @property
    def names(self) -> list[str]:
        """Names of all columns that are read."""
        return [
            name
            for column in self.columns.values()
            for name in ([column] if isinstance(column, str) else column)
        ]
