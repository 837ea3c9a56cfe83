"""A file of recorded rows: which of its two forms it has, and which row is about which instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vqa_canary.engines.recorded import answers, evidence
from vqa_canary.engines.recorded.cells import Cells, quoted
from vqa_canary.engines.recorded.options import RecordedModel
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.rows import Evidence, Instance
from vqa_canary.spelling import lookalikes, same_text, visible
from vqa_canary.tabular import open_table
from vqa_canary.tabular.table import listed

Key = tuple[str | None, ...]
"""What a row of the file is about: an instance id, or dataset (None where the file does not say), item id and
condition; each in the form that equal texts share (see `same_text`)."""

DEFAULT_CONDITION = "clean"


@dataclass
class RecordedFile:
    """The rows of a file by what each of them is about."""

    name: str
    rows: Mapping[Key, Cells]
    of_instances: bool
    """Whether the rows name instances and are evidence; otherwise they name items and are answers."""
    unread: Sequence[str]
    """Columns of the file that are read as neither keys nor values."""
    _dataset: dict[Key, str] = field(default_factory=dict)
    """For each key without a dataset the dataset of the instance that it was found for first."""

    def row_of(self, instance: Instance) -> Cells | None:
        """The row about an instance.

        Raises
        ------
        BadInput : a row that tells no dataset fits items of two datasets
        """
        for key in self._keys(instance):
            if (row := self.rows.get(key)) is None:
                continue
            if key[0] is None and self._dataset.setdefault(key, instance.dataset) != instance.dataset:
                both = f"{self._dataset[key]!r} and {instance.dataset!r}"
                raise row.wrong("dataset", f"is missing, and {key[1]!r} is an item of {both}; tell which")
            return row
        return None

    @property
    def first(self) -> str:
        """What the first row is about, in words."""
        row = next(iter(self.rows.values()))
        return _words(_instance_parts(row) if self.of_instances else _answer_parts(row))

    def name_of(self, instance: Instance) -> str:
        """An instance, as a row would name it."""
        return _words(self._parts(instance)[-1])

    def unmatched(self, instances: Iterable[Instance]) -> list[str]:
        """Places of the rows that are about none of the instances."""
        known = {key for instance in instances for key in self._keys(instance)}
        return [row.key for key, row in self.rows.items() if key not in known]

    def evidence(self, row: Cells, model: str, instance: Instance, options: RecordedModel) -> Evidence:
        """The row as what `model` returned for the instance."""
        if self.of_instances:
            return evidence.evidence_row(row, model, instance)
        return answers.answer_row(row, model, instance, options)

    def _keys(self, instance: Instance) -> list[Key]:
        return [_key(parts) for parts in self._parts(instance)]

    def _parts(self, instance: Instance) -> list[tuple[str | None, ...]]:
        if self.of_instances:
            return [(instance.instance_id,)]
        about = (instance.item_id, instance.condition)
        # A row that names its dataset wins over one that does not.
        return [(instance.dataset, *about), (None, *about)]


def read_file(path: Path) -> RecordedFile:
    """The recorded rows in a file.

    Raises
    ------
    BadInput : it cannot be read, has neither form, or two of its rows are about one thing
    """
    table = open_table(path)
    of_instances = "instance_id" in table.columns
    known = evidence.COLUMNS if of_instances else answers.COLUMNS
    if not of_instances and not {"id", "answer"} <= set(table.columns):
        missing = "id" if "id" not in table.columns else "answer"
        raise BadInput(
            f"{path}: there is no column {missing!r}.{did_you_mean(missing, table.columns)} Recorded answers have "
            "the columns 'id' and 'answer', recorded evidence has 'instance_id'."
        )
    for name in known:
        if name in table.columns and len(alike := lookalikes(name, table.columns)) > 1:
            raise BadInput(
                f"{path}: the columns {listed(alike)} differ only by case, spaces or characters that cannot be seen; "
                "which one is meant? Rename the others."
            )
    unread = [name for name in table.columns if name not in known]
    # A file of evidence has our own columns and no others; answers may come with whatever a user keeps beside them.
    if of_instances and unread:
        hint = did_you_mean(unread[0], known)
        raise BadInput(f"{path}: {unread[0]!r} is no column of evidence.{hint} Columns: {', '.join(known)}.")
    parts_of = _instance_parts if of_instances else _answer_parts
    # In a text file a cell that is empty is missing, whereas other formats can tell an empty answer from none.
    text_only = path.suffix.lower() in (".csv", ".tsv")
    rows: dict[Key, Cells] = {}
    for row in table.rows(known):
        cells = Cells(str(path), row.key, row.values, empty_is_missing=text_only)
        if row.problem:
            raise BadInput(f"{path}, {row.key}: {row.problem}")
        key = _key(parts := parts_of(cells))
        if key in rows:
            place = rows[key].key
            raise cells.wrong(
                "instance_id" if of_instances else "id",
                f"{_words(parts)} stands in {place} already; keep one",
            )
        rows[key] = cells
    return RecordedFile(path.name, rows, of_instances, unread)


def _key(parts: tuple[str | None, ...]) -> Key:
    return tuple(part if part is None else same_text(part) for part in parts)


def _words(parts: tuple[str | None, ...]) -> str:
    return ", ".join(quoted(part) for part in parts if part is not None)


def _instance_parts(cells: Cells) -> tuple[str | None, ...]:
    name = cells.text("instance_id")
    if name is None or not visible(name):
        raise cells.wrong("instance_id", "is empty")
    return (name,)


def _answer_parts(cells: Cells) -> tuple[str | None, ...]:
    item_id = cells.text("id")
    if item_id is None or not visible(item_id):
        raise cells.wrong("id", "is empty")
    return (cells.text("dataset"), item_id, cells.text("condition") or DEFAULT_CONDITION)
