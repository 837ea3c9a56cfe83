"""A folder of files, replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.implementations.local import LocalFileSystem
from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.store import file_system, protocol_of, puts_whole
from vqa_canary.datasets.swapped_folder import heal, replace_folder
from vqa_canary.masking import conceal
from vqa_canary.unfinished import naming, unfinished_name


class WholeFolder(AbstractDataset["Mapping[str, str | bytes]", "dict[str, str | bytes]"]):
    """Saving writes every file into a folder beside the target and then gives it the target's name.

    So no reader finds a half-written folder, nor files that an earlier save left. A save that is killed leaves the
    old folder, and one with a temporary name that the next save removes; see `swapped_folder`. That holds for
    local folders. In a bucket, which cannot rename folders, each file is replaced as a whole, and after that those are
    removed that an earlier save left; on other file systems the target is missing while it is replaced.

    Every secret that this process knows is masked in texts; whoever gives bytes has masked it there. What is no UTF-8
    comes back as bytes.

    Parameters
    ----------
    filepath : folder, or any fsspec URL
    credentials : keyword arguments of the file system of `filepath`
    """

    def __init__(
        self,
        filepath: str,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._fs, root = file_system(filepath, credentials)
        self._protocol = protocol_of(filepath)
        self._local = Path(root).resolve() if isinstance(self._fs, LocalFileSystem) else None
        self._root = PurePosixPath(root if self._local is None else self._local.as_posix())
        self.metadata = metadata

    def save(self, data: Mapping[str, str | bytes]) -> None:
        for name in data:
            if PurePosixPath(name).name != name or "\\" in name:
                raise DatasetError(f"{self._root}: {name!r} is no name of a file in this folder")
        if puts_whole(self._fs):
            self._put(data)
            return
        part = self._root.parent / unfinished_name(self._root.name)
        self._heal()
        try:
            with naming(part, self._root):
                self._write(data, part)
        finally:
            self._remove(part)

    def _put(self, data: Mapping[str, str | bytes]) -> None:
        """Put each file, and then remove those that an earlier save left; a bucket knows no folders."""
        before = set(self._fs.find(str(self._root)))
        now = {str(self._root / name): _written(content) for name, content in data.items()}
        for path, content in now.items():
            self._fs.pipe_file(path, content)
        for path in before - now.keys():
            self._fs.rm_file(path)

    def _write(self, data: Mapping[str, str | bytes], part: PurePosixPath) -> None:
        self._fs.makedirs(str(part))
        for name, content in data.items():
            with self._fs.open(str(part / name), "wb") as file:
                file.write(_written(content))
        if self._local is None:
            self._remove(self._root)
            self._fs.mv(str(part), str(self._root), recursive=True)
        else:
            replace_folder(Path(part), self._local)

    def load(self) -> dict[str, str | bytes]:
        if not self._exists():
            raise DatasetError(f"{self._root} does not exist: `kedro run --pipeline reporting` makes it")
        files = sorted(self._fs.ls(str(self._root), detail=False))
        return {PurePosixPath(path).name: self._read(path) for path in files}

    def _read(self, path: str) -> str | bytes:
        with self._fs.open(path, "rb") as file:
            content: bytes = file.read()
        try:
            return content.decode()
        except UnicodeDecodeError:
            return content

    def _remove(self, folder: PurePosixPath) -> None:
        if self._fs.exists(str(folder)):
            self._fs.rm(str(folder), recursive=True)

    def _heal(self) -> None:
        if self._local is not None:
            heal(self._local)

    def _exists(self) -> bool:
        self._heal()
        return bool(self._fs.isdir(str(self._root)))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root), "protocol": self._protocol}


def _written(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else conceal(content).encode()
