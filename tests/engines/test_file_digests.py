"""Digests of files that outlive a process: right after every change, and never taken from what was cut or forged."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vqa_canary.engines.local import file_digests
from vqa_canary.engines.local.file_digests import CACHE, sha256, sha256_of


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where digests are kept, of files of any size and age."""
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    monkeypatch.setattr(file_digests, "LARGE", 1)
    monkeypatch.setattr(file_digests, "SETTLED", -1e9)
    return tmp_path / "cache"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were read, one for each time."""
    names: list[str] = []
    digest = hashlib.file_digest

    def noting(file: object, kind: str) -> object:
        names.append(Path(file.name).name)  # type: ignore[attr-defined]
        return digest(file, kind)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", noting)
    return names


def forget() -> None:
    """What a new process knows."""
    file_digests._sha256.cache_clear()


def digest_of(path: Path) -> str:
    forget()
    return sha256(path)


def test_another_process_reads_a_file_again_only_when_it_changed(
    tmp_path: Path, cache: Path, read: list[str]
) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        file.write_bytes(file.name.encode())
    found = sha256_of(files)
    forget()
    assert sha256_of(files) == found == [hashlib.sha256(name).hexdigest() for name in (b"a", b"b")]
    assert sorted(read) == ["a", "b"]
    state = files[0].stat()
    files[0].write_bytes(b"c")
    os.utime(files[0], ns=(state.st_atime_ns, state.st_mtime_ns))  # as somebody who hides the change would
    assert digest_of(files[0]) == hashlib.sha256(b"c").hexdigest()
    files[1].rename(tmp_path / "old")
    files[1].write_bytes(b"d")
    assert digest_of(files[1]) == hashlib.sha256(b"d").hexdigest()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: entry.write_bytes(entry.read_bytes()[:-9]),
        lambda entry: entry.write_bytes(b""),
        lambda entry: entry.write_bytes(b"\xff\x00"),
        lambda entry: entry.write_text("[]"),
        lambda entry: entry.write_text(json.dumps(json.loads(entry.read_text()) | {"sha256": "ab"})),
        lambda entry: entry.write_text(json.dumps(json.loads(entry.read_text()) | {"about": ["elsewhere"]})),
    ],
)
def test_a_spoiled_entry_counts_as_none(
    tmp_path: Path, cache: Path, read: list[str], spoil: Callable[[Path], object]
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"a")
    found = digest_of(file)
    [entry] = cache.iterdir()
    spoil(entry)
    assert digest_of(file) == found == hashlib.sha256(b"a").hexdigest()
    assert len(read) == 2
    assert digest_of(file) == found
    assert len(read) == 2  # the entry is mended


def test_a_file_that_may_still_change_unnoticed_is_not_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"a")
    monkeypatch.setattr(file_digests, "SETTLED", 1e9)
    digest_of(file)
    assert not cache.exists()


def test_of_a_file_that_changes_while_it_is_read_nothing_is_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"a")
    read = file_digests._read

    def reading(path: Path) -> str:
        found = read(path)
        file.write_bytes(b"b, written meanwhile")
        return found

    monkeypatch.setattr(file_digests, "_read", reading)
    digest_of(file)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_changes_no_digest(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"a")
    cache.write_bytes(b"a file where the folder belongs")
    assert digest_of(file) == hashlib.sha256(b"a").hexdigest()


def test_small_files_leave_nothing_behind(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_digests, "LARGE", 2)
    file = tmp_path / "a"
    file.write_bytes(b"a")
    assert digest_of(file) == hashlib.sha256(b"a").hexdigest()
    assert not cache.exists()
