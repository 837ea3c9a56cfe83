"""A journal of answers: each row of a shard that is still being made is stored as soon as it exists, one line a row."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from vqa_canary.datasets.row_types import misfit
from vqa_canary.unfinished import write_file

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = Mapping[str, Any]

FORMAT = 1
"""Version of the format of the lines; it is raised when they come to mean something else."""
_MOST_TOLD = 5
"""Most unusable lines that a warning describes."""

_logger = logging.getLogger(__name__)


class _JournalLine(NamedTuple):
    """A line that can be used."""

    number: int
    """Number of the line in the file, from 1."""
    row: Row
    """The row that it holds."""
    text: bytes
    """The line as it stands in the file."""


class Journal:
    """A file of JSON lines that outlives an interruption.

    The first line says which shard and which model the rows are for. Every line begins with a checksum of its
    text and of what the first line has to be, so that neither a changed line nor one of another journal is
    taken for a row. A last line without its end, which a killed writer leaves, is none. All else that cannot be used
    is named in one warning, and a copy of the file goes to the folder `rejected` beside it; such rows are not
    given back, so they are made again.

    Parameters
    ----------
    path : place of the file; with None nothing is kept
    key : key of the shard that the rows belong to
    model : the model that every row must be of; with None any
    expected : the instances that rows may be of, each once; with None any
    """

    def __init__(
        self,
        path: Path | None,
        key: str = "",
        model: str | None = None,
        expected: Collection[str] | None = None,
    ) -> None:
        self._path = path
        self._model = model
        self._expected = None if expected is None else frozenset(expected)
        self._about = json.dumps({"journal": FORMAT, "key": key, "model": model}).encode()
        self._file: FileIO | None = None
        self.calls_given_way = 0
        """Requests of failed rows that gave way to later ones, in what was read last."""

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self._path is not None and self._path.exists()

    def rows(self, own: bool = True) -> list[Row]:
        """The rows kept so far, in order.

        Parameters
        ----------
        own : whether this process alone may write the file. Then lines that cannot be used are taken out of it; where
            another might still have it open, they stay.
        """
        if self._path is None:
            return []
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:  # there was none, or whoever has finished the shard has just removed it
            return []
        faults: dict[int, str] = {}
        lines = self._without_doubles(self._sound_lines(data, faults), faults)
        if faults:
            self._reject(self._path, data, lines, faults, own)
        return [line.row for line in lines]

    def keep(self, row: DataclassInstance) -> None:
        """Add a row. When this returns the operating system has it, so killing this process does not lose it.

        A power cut may lose it, because waiting for the disk at each row took a hundred times as long as writing it.
        The checksums then show which lines are broken, and their instances are asked again.

        Raises
        ------
        OSError : it could not be written, for instance because the disk is full; the rows before it stay
        """
        if self._file is not None:
            _write(self._file, self._line(json.dumps(asdict(row), ensure_ascii=True).encode()))

    def remove(self) -> None:
        """Delete the journal, whose rows the finished shard has."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = FileIO(self._path, "a+")
            size = self._path.read_bytes().rfind(b"\n") + 1
            self._file.truncate(size)
            if size == 0:
                _write(self._file, self._line(self._about))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _line(self, text: bytes) -> bytes:
        checksum = hashlib.sha256(self._about + b"\n" + text).hexdigest()[:16]
        return checksum.encode() + b" " + text + b"\n"

    def _sound_lines(self, data: bytes, faults: dict[int, str]) -> Iterator[_JournalLine]:
        """Lines that hold a row of this journal; the faults of all others, by line number."""
        *whole, _ = data.split(b"\n")
        for number, text in enumerate(whole, 1):
            line = text + b"\n"
            if number == 1 and line == self._line(self._about):
                continue
            _, _, content = text.partition(b" ")
            if line != self._line(content) or content == self._about:
                faults[number] = _other_journal(text) or "its checksum is not that of its text"
                continue
            row = json.loads(content)
            if fault := self._fault(row):
                faults[number] = fault
                continue
            yield _JournalLine(number, row, line)
        if whole and 1 not in faults and whole[0] + b"\n" != self._line(self._about):
            faults[1] = "the first line does not say what the rows are for"

    def _fault(self, row: Any) -> str | None:
        if fault := misfit(row, "evidence"):
            return fault
        if row["status"] not in ("ok", "failed"):
            return f"status {row['status']!r} is neither 'ok' nor 'failed'"
        if self._model is not None and row["model"] != self._model:
            return f"it is of model {row['model']!r}, not of {self._model!r}"
        if self._expected is not None and row["instance_id"] not in self._expected:
            return f"instance {row['instance_id']!r} does not belong to this shard"
        return None

    def _without_doubles(self, lines: Iterator[_JournalLine], faults: dict[int, str]) -> list[_JournalLine]:
        """At most one line an instance: a failed row gives way to a later one, which was asked for again.

        Of two answers neither can be told to be the right one, so both are faults, unless they are equal.
        """
        by_instance: dict[str, list[_JournalLine]] = {}
        self.calls_given_way = 0
        for line in lines:
            others = by_instance.setdefault(line.row["instance_id"], [])
            if others and others[-1].row["status"] == "failed":
                self.calls_given_way += others.pop().row["calls"] or 0
            if others and others[-1].text == line.text:
                faults[line.number] = f"instance {line.row['instance_id']!r} stands there twice"
            else:
                others.append(line)
        doubled = [line for others in by_instance.values() if len(others) > 1 for line in others]
        for line in doubled:
            faults[line.number] = f"instance {line.row['instance_id']!r} has two different answers"
        return sorted(others[0] for others in by_instance.values() if len(others) == 1)

    def _reject(
        self, path: Path, data: bytes, lines: list[_JournalLine], faults: Mapping[int, str], own: bool
    ) -> None:
        """Keep a copy of the file, leave the sound lines in it if it is this process's `own`, and say so."""
        name = f"{path.stem.lstrip('.')}-{hashlib.sha256(data).hexdigest()[:8]}{path.suffix}"
        copy = path.parent / "rejected" / name
        copy.parent.mkdir(exist_ok=True)
        write_file(copy, data)
        if own:
            write_file(path, self._line(self._about) + b"".join(line.text for line in lines))
        told = "; ".join(f"line {number}: {faults[number]}" for number in sorted(faults)[:_MOST_TOLD])
        more = f"; and {len(faults) - _MOST_TOLD} others" if len(faults) > _MOST_TOLD else ""
        _logger.warning(
            "%s: %d of %d lines cannot be used (%s%s). Their instances are asked again; %d answers are kept. "
            "The file as it was found: %s",
            path, len(faults), data.count(b"\n"), told, more, len(lines), copy,
        )  # fmt: skip


def _write(file: FileIO, line: bytes) -> None:
    """Write the whole line or nothing of it."""
    before, rest = os.fstat(file.fileno()).st_size, line
    try:
        while rest:
            rest = rest[file.write(rest) or 0 :]
    except OSError as error:
        file.truncate(before)
        raise OSError(error.errno, error.strerror, str(file.name)) from error


def _other_journal(line: bytes) -> str | None:
    """What the first line of another journal, or a line of an older version, says; None where it is neither."""
    if line.startswith(b"{"):
        return "it has no checksum: an older version wrote it"
    try:
        head = json.loads(line.partition(b" ")[2])
    except (ValueError, RecursionError):
        return None
    if not isinstance(head, Mapping) or "journal" not in head:
        return None
    return (
        f"the rows are for shard {head.get('key')!r} of model {head.get('model')!r} "
        f"in format {head.get('journal')!r}"
    )
