"""The locks of a study's audits, one a folder of its attempt: each is written once, by whoever comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from glob import escape
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from fsspec import AbstractFileSystem
from kedro.io import AbstractDataset

from vqa_canary.datasets.answered import has_answers
from vqa_canary.datasets.exclusive import NoConditions, create_file, create_seemingly
from vqa_canary.datasets.store import file_system, protocol_of
from vqa_canary.errors import BadInput
from vqa_canary.masking import masked
from vqa_canary.protocol_lock import NAME, ProtocolLock, agree
from vqa_canary.seals import Damaged

AUDIT = "audit.json"
"""Name of an audit's record, in the folder of its study and in that of its attempt."""


class Decided(NamedTuple):
    """What an audit is about to be made with."""

    protocol: Mapping[str, Any]
    given: tuple[str, ...] = ()
    """Models whose answers exist already, in a file."""


class Attempts(NamedTuple):
    """The attempts of a study."""

    locks: list[ProtocolLock]
    """Of all attempts, by number."""
    audits: dict[int, list[dict[str, Any]]]
    """The audits that are kept of each attempt, in the order in which they were made."""


class ProtocolLocks(AbstractDataset[Decided, Attempts]):
    """A folder with a folder for each attempt, in which its lock lies.

    Saving finds the lock of what was decided, or writes one with the next number. Of several processes at once one
    writes it, and the others find it. A lock is never written over.

    Parameters
    ----------
    filepath : folder of the attempts, beside the audit of the study, or any fsspec URL
    evidence : folder of the evidence of all models of the study
    credentials : keyword arguments of the file system of `filepath`
    """

    def __init__(
        self,
        filepath: str,
        evidence: str,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._fs, root = file_system(filepath, credentials)
        self._protocol = protocol_of(filepath)
        self._root = PurePosixPath(root)
        self._evidence = PurePosixPath(file_system(evidence, credentials)[1])
        self.metadata = metadata

    def save(self, data: Decided) -> None:
        self.lock(data)

    def lock(self, data: Decided) -> tuple[ProtocolLock, bool]:
        """The lock of what was decided, and whether this call has written it.

        Raises
        ------
        BadInput : a lock that is there was changed, or only half of it is there
        """
        protocol = masked(json.loads(json.dumps(data.protocol)))
        while True:
            numbers = self._numbers()  # one look for all: another process may write a lock meanwhile
            locks = self._locks(numbers)
            own = next((lock for lock in locks if agree(lock.decided, protocol)), None)
            if own is not None:
                return own, False
            new = self._next(numbers, locks, protocol, data.given)
            if any(self._fs.exists(self._path(number)) for number in new.lost):
                continue  # written during the look
            if _create(self._fs, self._path(new.number), new.to_bytes()):
                return new, True

    def load(self) -> Attempts:
        locks = self._locks(self._numbers())
        return Attempts(locks, {lock.number: list(self._audits(lock.number)) for lock in locks})

    def _locks(self, numbers: Sequence[int]) -> list[ProtocolLock]:
        """The locks of these attempts, each read and held against the one before it.

        Raises
        ------
        BadInput : one was changed, replaced, or only half of it is there
        """
        found: dict[int, ProtocolLock] = {}
        for number in numbers:
            path = self._path(number)
            try:
                lock = ProtocolLock.from_bytes(self._fs.cat_file(path))
            except FileNotFoundError:
                continue
            except Damaged as error:
                raise _altered(path, str(error)) from error
            before = found.get(number - 1)
            if lock.number != number or (before is not None and lock.before != before.hash):
                raise _altered(path, "it does not follow the lock of the attempt before it: one was replaced")
            found[number] = lock
        return list(found.values())

    def _numbers(self) -> list[int]:
        """Numbers of all attempts of which a lock or an audit is there."""
        begin = len(self._root.parts)
        parts = (PurePosixPath(path).parts for path in self._fs.find(str(self._root)))
        whole = (names[begin] for names in parts if names[-1] in (NAME, AUDIT))
        return sorted({int(name) for name in whole if name.isdecimal()})

    def _next(
        self,
        numbers: Sequence[int],
        locks: Sequence[ProtocolLock],
        protocol: Mapping[str, Any],
        given: tuple[str, ...],
    ) -> ProtocolLock:
        number = max(numbers, default=0) + 1
        there = {lock.number: lock for lock in locks}
        return ProtocolLock(
            number=number,
            at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            decided=protocol,
            answered=self._answered(),
            given=tuple(sorted(given)),
            elsewhere=tuple(self._elsewhere(protocol)),
            lost=tuple(earlier for earlier in range(1, number) if earlier not in there),
            before=there[number - 1].hash if number - 1 in there else "",
        )

    def _answered(self) -> bool:
        """Whether anybody can have seen an answer of this study."""
        study = self._root.parent
        if self._fs.exists(str(study / AUDIT)) or self._fs.glob(f"{escape(str(self._root))}/*/{AUDIT}"):
            return True
        return has_answers(self._fs, str(self._evidence))

    def _elsewhere(self, protocol: Mapping[str, Any]) -> Iterator[str]:
        """Names of other studies of this store in which one of the models has answered these questions."""
        study = self._root.parent
        pattern = f"{escape(str(study.parent))}/*/{escape(self._root.name)}/*/{NAME}"
        names: dict[str, None] = {}
        for path in sorted(self._fs.glob(pattern)):
            other = PurePosixPath(path).parents[2]
            if other.name == study.name or other.name in names:
                continue
            try:
                lock = ProtocolLock.from_bytes(self._fs.cat_file(str(path)))
            except (Damaged, FileNotFoundError):  # a run of that study says so
                continue
            if _same_answers(lock.decided, protocol):
                names[other.name] = None
        for name in names:
            if has_answers(self._fs, str(self._evidence.parent.parent / name / self._evidence.name)):
                yield name

    def _audits(self, number: int) -> Iterator[dict[str, Any]]:
        folder = self._root / str(number)
        for kept in kept_folders(self._fs, folder):
            yield json.loads(self._fs.cat_file(str(kept / AUDIT)))

    def _path(self, number: int) -> str:
        return str(self._root / str(number) / NAME)

    def _exists(self) -> bool:
        return any(self._fs.exists(self._path(number)) for number in self._numbers())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root), "protocol": self._protocol}


def kept_folders(fs: AbstractFileSystem, folder: PurePosixPath) -> Iterator[PurePosixPath]:
    """Folders of the audits that are kept of one attempt, in the order in which they were made.

    The first is the attempt's own folder; `again-2` and so on are those that were made again with another result.
    """
    number = 1
    while fs.exists(str(place_of(folder, number) / AUDIT)):
        yield place_of(folder, number)
        number += 1


def place_of(folder: PurePosixPath, number: int) -> PurePosixPath:
    """Where the audit with this number is kept, of those of one attempt."""
    return folder if number == 1 else folder / f"again-{number}"


def _same_answers(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two protocols ask one model the same questions."""
    if one.get("questions", {}).get("items") != other.get("questions", {}).get("items"):
        return False
    known = set(one.get("models", {}).values()) & set(other.get("models", {}).values())
    return bool(known - {None})


def _create(fs: AbstractFileSystem, path: str, data: bytes) -> bool:
    try:
        return create_file(fs, path, data)
    except NoConditions:  # there a study is written by one run alone
        return create_seemingly(fs, path, data)


def _altered(path: str, why: str) -> BadInput:
    return BadInput(
        f"{path}: this lock of an audit cannot be relied on: {why}. Put back the file as it was written. Where there "
        "is no copy of it, move the file away (leave what lies beside it): the audit then says that a lock is lost, "
        "and claims no confidence."
    )
