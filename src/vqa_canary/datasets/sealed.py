"""Tables, JSON and text files that appear whole and carry a seal: what they hold, and what it was made from.

A table's seal stands in its Parquet metadata. That of another file stands beside it, in `.<name>.seal`.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from fsspec import AbstractFileSystem
from kedro.io import DatasetError
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import ParquetDataset
from kedro_datasets.text import TextDataset

from vqa_canary.datasets.parquet import read_seal, read_sealed, write_sealed
from vqa_canary.datasets.unshown import Unshown
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.digests import digest
from vqa_canary.frames import from_frame, to_frame
from vqa_canary.masking import conceal, concealed
from vqa_canary.seals import Damaged, Origin, Seal


class WholeFiles:
    """A filesystem that reads like `fs` and writes by `whole_file`."""

    def __init__(self, fs: AbstractFileSystem) -> None:
        self._fs = fs

    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        if "w" in mode:
            return whole_file(self._fs, path, mode, **kwargs)
        return self._fs.open(path, mode, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "_fs":  # not set yet while being copied
            raise AttributeError(name)
        return getattr(self._fs, name)


class SealedTable(Unshown, ParquetDataset):
    """A table of `vqa_canary.tables` as a sealed Parquet file with exactly that schema.

    Parameters
    ----------
    table : name in `vqa_canary.tables.SCHEMAS`
    kwargs : those of `kedro_datasets.pandas.ParquetDataset`
    """

    _fs: Any
    origin = Origin()
    """What the next save is made from."""

    def __init__(self, *, table: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._table = table

    def stored_seal(self) -> Seal:
        """The seal in the file.

        Raises
        ------
        Damaged, FileNotFoundError
        """
        return read_seal(self._fs, str(self._get_load_path()))

    def holds(self, data: Any) -> bool:
        """Whether the file holds the rows of `data`, whole and in this order.

        Raises
        ------
        Damaged, FileNotFoundError
        """
        return digest(from_frame(data, self._table)) == self.stored_seal().content

    def load(self) -> Any:
        path = str(self._get_load_path())
        try:
            table, _ = read_sealed(self._fs, path)
        except Damaged as error:
            raise _unusable(path, error) from error
        return to_frame(table)

    def save(self, data: Any) -> None:
        write_sealed(self._fs, str(self._get_save_path()), from_frame(data, self._table), self.origin)
        self._invalidate_cache()


class _SealedBeside:
    """A file whose seal lies beside it: checked before each load, written after each save.

    It is mixed into a Kedro dataset, whose `_fs` it replaces by `WholeFiles`.
    """

    _fs: Any
    origin = Origin()
    """What the next save is made from."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._fs = WholeFiles(self._fs)

    def stored_seal(self) -> Seal:
        """The seal beside the file.

        Raises
        ------
        Damaged : it cannot be read, was changed, or is missing though the file is there
        FileNotFoundError : there is no such file
        """
        path = self._place("load")
        if not self._fs.exists(path):
            raise FileNotFoundError(path)
        try:
            return Seal.from_json(self._fs.cat_file(_beside(path)))
        except FileNotFoundError as error:
            raise Damaged("the record of what it was made from is missing") from error

    def _check_seal(self) -> None:
        path = self._place("load")
        try:
            self.stored_seal().check(self._digest(path))
        except Damaged as error:
            raise _unusable(path, error) from error

    def _write_seal(self) -> None:
        path = self._place("save")
        with self._fs.open(_beside(path), "w") as file:
            file.write(Seal(self._digest(path), self.origin).to_json())

    def _digest(self, path: str) -> str:
        return sha256(self._fs.cat_file(path)).hexdigest()

    def _place(self, which: str) -> str:
        return str(getattr(self, f"_get_{which}_path")())


class WholeText(_SealedBeside, TextDataset):
    """A text file, in which every secret that this process knows is masked."""

    def load(self) -> str:
        self._check_seal()
        return super().load()

    def save(self, data: str) -> None:
        super().save(conceal(data))
        self._write_seal()


class WholeJSON(_SealedBeside, Unshown, JSONDataset):
    """A JSON file, in which every secret that this process knows is masked."""

    def holds(self, data: Any) -> bool:
        """Whether the file holds `data`."""
        return bool(self.load() == json.loads(json.dumps(concealed(data))))

    def load(self) -> Any:
        self._check_seal()
        return super().load()

    def save(self, data: Any) -> None:
        super().save(concealed(data))
        self._write_seal()


class JSONIfThere(WholeJSON):
    """A JSON file that need not be there: then it is an empty mapping.

    What reads it has to tell by itself whether it is still of use.
    """

    optional = True

    def load(self) -> Any:
        return super().load() if self._fs.exists(self._place("load")) else {}


def _beside(path: str) -> str:
    file = PurePosixPath(path)
    return str(file.parent / f".{file.name}.seal")


def _unusable(path: str, error: Damaged) -> DatasetError:
    return DatasetError(f"{path} cannot be used: {error}. Run the pipeline that makes it again.")
