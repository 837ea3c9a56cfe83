"""What every source promises."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.plugin_faults import is_fault
from vqa_canary.rows import Item, Refusal, ShownImage, with_images
from vqa_canary.sources.registration import (
    SOURCES,
    option_types,
    read_datasets,
    source_options,
    with_whole_paths,
)
from vqa_canary.sources.rows import misfit
from vqa_canary.tabular import TableError
from vqa_canary.testing.demands import demand, name_in

SEED = 7
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".dcm", ".tif", ".tiff", ".bmp", ".gif"})
"""Suffixes of files that are not damaged on purpose: every image is read again later, whatever the source."""
LARGEST = 1_000_000
"""Most bytes of a file that is damaged on purpose."""

Row = Item | Refusal


def check_source(source: str | Callable[..., Any], folder: Path | str | None = None, **options: Any) -> None:
    """Hold a registered source to its promises, on a folder of data that it can read.

    It yields an Item or a Refusal for each record, the same ones in the same order each time, keeps the contract of the
    table `items`, and answers a damaged file with `SourceError` or refusals, never with another exception. Without a
    folder only what can be seen without data is checked: its docstring and its options.

    Parameters
    ----------
    source : its name, or the decorated function
    folder : a small dataset: a few records, one of them usable
    options : of the source, as below `datasets.<name>`; paths that start at the project there are whole ones here

    Raises
    ------
    AssertionError : a promise is broken; the message says which
    BadInput : there is no such source or option, or the folder cannot be read
    """
    name = name_in(SOURCES, source)
    read = SOURCES[name]
    demand(inspect.getdoc(read), f"source {name}: has no docstring; its first line says what is read")
    if folder is None:
        option_types(read)
        return
    with TemporaryDirectory() as scratch:
        data = _Data(name, Path(folder).resolve(), options, Path(scratch))
        rows = data.rows()
        _check_rows(name, rows)
        demand(data.rows() == rows, f"source {name}: reads other rows, or another order, the second time")
        data.check_contract()
        for file in _files(data.folder):
            for damage, content in _damages(file.read_bytes()):
                data.check_damaged(file, damage, content)


@dataclass(frozen=True)
class _Data:
    """A folder that a source can read."""

    source: str
    folder: Path
    options: dict[str, Any]
    scratch: Path
    """Where images go that the source writes."""

    def rows(self) -> list[Row]:
        """Read as a run does, but with every exception as it is."""
        read, fit = source_options("checked", self._settings())
        del fit["folder"]
        return list(read(self.folder, SEED, **with_whole_paths(read, fit, self.scratch)))

    def check_contract(self) -> None:
        """The contract of the table `items`, as a run checks it before it writes that."""
        from vqa_canary.contracts import Contract, ContractError

        items, _ = read_datasets({"checked": self._settings()}, SEED, self.scratch)
        whole = [with_images(item, [self._placed(one) for one in item.images]) for item in items]
        try:
            Contract("items").validate(frame(whole, "items"))
        except ContractError as error:
            raise AssertionError(f"source {self.source}: {error}") from error

    def check_damaged(self, file: Path, damage: str, content: bytes) -> None:
        """Read a copy in which one file holds other bytes."""
        copy = self.scratch / "damaged"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder, copy)
        (copy / file.relative_to(self.folder)).write_bytes(content)
        try:
            rows = replace(self, folder=copy).rows()
        except (BadInput, TableError):
            return
        except Exception as error:
            if not is_fault(error):
                raise
            raise AssertionError(
                f"source {self.source}: where {file.name} {damage}, it raises {type(error).__name__}. For a record "
                "that it cannot use it must yield a Refusal, for a file that it cannot read raise SourceError."
            ) from error
        for row in rows:
            wrong = misfit(row)
            demand(wrong is None, f"source {self.source}, where {file.name} {damage}: it gives {wrong}")

    def _settings(self) -> dict[str, Any]:
        return {"source": self.source, "folder": str(self.folder)} | self.options

    def _placed(self, image: ShownImage) -> ShownImage:
        return image._replace(image_path=str((self.scratch / image.image_path).resolve()))


def _check_rows(name: str, rows: list[Row]) -> None:
    for number, row in enumerate(rows, start=1):
        wrong = misfit(row)
        demand(wrong is None, f"source {name}, record {number}: it gives {wrong}")
    items = [row for row in rows if isinstance(row, Item)]
    demand(items, f"source {name}: not one of {len(rows)} records became an Item")
    for item in items:
        about = f"source {name}, {item.source_id or item.item_id}"
        two = len({*map(str.strip, item.options)} - {""}) == len(item.options) >= 2
        demand(two, f"{about}: needs two different options or more, none of them blank: {item.options}")
        inside = 0 <= item.answer_index < len(item.options)
        demand(
            inside, f"{about}: answer_index {item.answer_index} is outside the {len(item.options)} options"
        )
        demand(item.source_id.strip(), f"{about}: source_id is blank; it says the file and the record")
    refusals = [row for row in rows if isinstance(row, Refusal)]
    demand(all(row.reason.strip() for row in refusals), f"source {name}: a Refusal without a reason")
    for what, keys in (("item_id", [one.item_id for one in items]), ("key", [one.key for one in refusals])):
        twice = sorted({one for one in keys if keys.count(one) > 1})
        demand(not twice, f"source {name}: {what} {twice[0] if twice else ''!r} names two rows")


def _files(folder: Path) -> list[Path]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in files if path.suffix.lower() not in IMAGES and path.stat().st_size <= LARGEST]


def _damages(content: bytes) -> Iterator[tuple[str, bytes]]:
    half = len(content) // 2
    yield "is cut in half", content[:half]
    yield "is empty", b""
    yield "holds bytes that are no text", content[:half] + b"\xff\xfe\x81" + content[half:]
