"""One table in several files, as the Hugging Face hub stores it: `data/test-00000-of-00002.parquet` and so on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from vqa_canary.quoting import listed, quoted
from vqa_canary.tabular.table import FileTable, Row, TableError

MOST_FILES = 10_000


def files_of(folder: Path, pattern: str) -> list[Path]:
    """The file that `pattern` names in the folder or, where it has a `*`, all files that it fits, in order of name.

    Raises
    ------
    TableError : it fits none or too many, leaves the folder, or fits two files of one name
    """
    if "*" not in pattern or (folder / pattern).is_file():
        return [folder / pattern]
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise TableError(f"{folder}: `file: {quoted(pattern)[1:-1]}` leaves the folder; name files inside it")
    try:
        found = sorted(path for path in folder.glob(pattern) if path.is_file())
    except (ValueError, OSError, NotImplementedError) as error:
        raise TableError(f"{folder}: {quoted(pattern)} is no pattern of file names ({error})") from error
    if not found:
        there = sorted(path.name for path in folder.iterdir())
        raise TableError(
            f"{folder}: `file: {quoted(pattern)[1:-1]}` fits no file. In the folder: {listed(there)}."
        )
    if len(found) > MOST_FILES:
        raise TableError(f"{folder}: {quoted(pattern)} fits more than {MOST_FILES} files; name fewer")
    names = [path.name for path in found]
    if twice := sorted(
        {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()
    ):
        raise TableError(
            f"{folder}: two of the files that {quoted(pattern)} fits have the name {quoted(twice[0])}, so that a row "
            "could not be told from another; rename one"
        )
    return found


def joined(paths: list[Path], opened: Callable[[Path], FileTable]) -> FileTable:
    """The rows of all files, one after the other.

    Raises
    ------
    TableError : a file has other columns than the first
    """
    first, *others = map(opened, paths)
    for path, other in zip(paths[1:], others, strict=True):
        if set(other.columns) != set(first.columns):
            differing = sorted(set(other.columns) ^ set(first.columns))
            raise TableError(
                f"{path}: its columns differ from those of {paths[0].name}: {listed(differing)} stand in one alone; "
                "read files of one table together"
            )

    def rows(names: Collection[str] | None = None, large: Collection[str] = (), /) -> Iterator[Row]:
        for table in (first, *others):
            yield from table.rows(names, large)

    return FileTable(first.columns, rows)
