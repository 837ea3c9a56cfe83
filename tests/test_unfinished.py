"""Temporary names: one a writer, removed when the writer is dead and only then."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vqa_canary import unfinished
from vqa_canary.processes import TOKEN, is_living, own_token
from vqa_canary.unfinished import remove_abandoned, remove_abandoned_in, unfinished_path, write_file

OTHER_MACHINE = "00000000-7-00000001"


def dead_process() -> str:
    """Token of a process that has ended."""
    code = "from vqa_canary.processes import own_token; print(own_token())"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def left_by(token: str, target: Path, kind: str = "part") -> Path:
    path = target.with_name(f".{target.name}.{token}-01234567.{kind}")
    path.write_text("half")
    return path


def test_own_process_lives_and_a_dead_one_does_not() -> None:
    assert re.fullmatch(TOKEN, own_token())
    assert is_living(own_token()) is True
    assert is_living(dead_process()) is False
    assert is_living(OTHER_MACHINE) is None
    machine, pid, begin = own_token().split("-")
    assert is_living(f"{machine}-{pid}-{int(begin, 16) ^ 1:08x}") is False  # its id was given out again


def test_a_zombie_is_dead() -> None:
    code = "import sys; from vqa_canary.processes import own_token; print(own_token(), flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    token = process.stdout.readline().strip()
    assert is_living(token) is True
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays uncollected
    assert is_living(token) is False
    process.communicate()


def test_a_forked_process_has_a_token_of_its_own() -> None:
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, own_token().encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(reading, 99).decode()
    os.close(reading)
    os.close(writing)
    assert told.split("-")[1] == str(child) != own_token().split("-")[1]


def test_files_of_dead_writers_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    target, other = tmp_path / "a.json", tmp_path / "b.json"
    dead, alive, foreign, another = (
        left_by(dead_process(), target), left_by(own_token(), target), left_by(OTHER_MACHINE, target),
        left_by(dead_process(), other),
    )  # fmt: skip
    remove_abandoned(target)
    assert not dead.exists()
    assert alive.exists()
    assert foreign.exists()
    assert another.exists()
    os.utime(foreign, (time.time(), time.time() - 2 * 24 * 3600))
    remove_abandoned_in(tmp_path)
    assert alive.exists()
    assert not foreign.exists()
    assert not another.exists()


def test_what_only_looks_like_a_temporary_file_stays(tmp_path: Path) -> None:
    names = [".a.json.part", "a.json.part", ".a.json.x-1-y-z.part", ".env", ".a.json"]
    for name in names:
        (tmp_path / name).write_text("")
    remove_abandoned(tmp_path / "a.json")
    remove_abandoned_in(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


@pytest.mark.parametrize("name", ["x", "x" * 255, "ä" * 127, "a\nb", "a.b.c.part"])
def test_names_are_unique_and_fit(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    assert len({unfinished_path(target) for _ in range(100)}) == 100
    write_file(target, b"1")
    left_by(dead_process(), tmp_path / unfinished._stem(name))
    remove_abandoned(target)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("mask", "bits"), [(0o022, 0o644), (0o007, 0o660), (0o077, 0o600)])
def test_the_umask_decides_who_may_read(tmp_path: Path, mask: int, bits: int) -> None:
    before = os.umask(mask)
    try:
        write_file(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == bits


def test_content_is_on_the_disk_before_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def watch_fsync(handle: int) -> None:
        done.append("sync " + Path(os.readlink(f"/proc/self/fd/{handle}")).name.rpartition(".")[2])
        fsync(handle)

    def watch_replace(old: Path, new: Path) -> None:
        done.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", watch_fsync)
    monkeypatch.setattr(os, "replace", watch_replace)
    (folder := tmp_path / "x.folder").mkdir()
    write_file(folder / "a", b"1")
    assert done == ["sync part", "rename", "sync folder"]


def test_what_dead_writers_of_a_file_or_of_the_seal_beside_it_left_goes(tmp_path: Path) -> None:
    from vqa_canary.datasets.sealed import WholeJSON

    path = tmp_path / "a.json"
    left = [left_by(dead_process(), path), left_by(dead_process(), tmp_path / ".a.json.seal")]
    WholeJSON(filepath=str(path)).save({"a": 1})
    assert [one for one in left if one.exists()] == []
    assert sorted(one.name for one in tmp_path.iterdir()) == [".a.json.seal", "a.json"]
