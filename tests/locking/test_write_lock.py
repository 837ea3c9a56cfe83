"""One process at a time has the lock, whatever becomes of the others. Real processes, and no clock decides."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vqa_canary.errors import BadInput
from vqa_canary.locking.write_lock import SILENT, WriteLock
from vqa_canary.processes import own_token

HOLD = """
import sys
from pathlib import Path
from vqa_canary.locking.write_lock import WriteLock
lock = WriteLock(Path(sys.argv[1]), "study-s", "study 's'", "kedro run --env x")
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""

TWENTY = """
import os, random, signal, sys
from pathlib import Path
from vqa_canary.locking.write_lock import WriteLock
folder = Path(sys.argv[1])
ready, go = os.pipe()
children = []
for number in range(20):
    if (child := os.fork()) == 0:
        os.close(go)
        os.read(ready, 1)  # ends for all when the parent closes
        lock = WriteLock(folder, "study-s", "study 's'", "kedro run")
        lock.acquire(wait=300)
        os.close(os.open(folder / "witness", os.O_CREAT | os.O_EXCL))  # fails if another is inside
        with (folder / "inside").open("a") as file:
            file.write(f"{number}\\n")
        (folder / "witness").unlink()
        if number % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        lock.release()
        os._exit(0)
    children.append(child)
os.close(go)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def lock_in(folder: Path) -> WriteLock:
    return WriteLock(folder, "study-s", "study 's'", "kedro run")


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the lock in `tmp_path`."""
    with start(HOLD, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def claim(tmp_path: Path) -> Callable[..., Path]:
    """Writes who has the lock, though the system's lock is free, as after `rm` or on another machine."""

    def write(**facts: object) -> Path:
        (path := tmp_path / "study-s.json").write_text(json.dumps({"pid": 1, "host": "h"} | facts))
        return path

    return write


def test_the_second_is_told_who_holds_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(BadInput) as caught:
        lock_in(tmp_path).acquire()
    told = str(caught.value)
    assert f"process {holder.pid} on " in told
    assert "study 's'" in told
    assert "UTC (kedro run --env x)" in told
    assert "wait_for_lock" in told


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_dead_holder_is_replaced_at_once(
    tmp_path: Path, holder: subprocess.Popen[str], number: signal.Signals
) -> None:
    holder.send_signal(number)
    holder.wait()
    lock = lock_in(tmp_path)
    lock.acquire()
    assert json.loads(lock.facts.read_text())["pid"] == os.getpid()
    lock.release()
    assert not lock.facts.exists()


def test_of_twenty_at_once_one_is_inside_at_every_moment(tmp_path: Path) -> None:
    """Every second one is killed while it has the lock."""
    with start(TWENTY, tmp_path) as process:
        told, _ = process.communicate()
    assert json.loads(told) == [-9 if number % 2 else 0 for number in range(20)]
    assert sorted(map(int, (tmp_path / "inside").read_text().split())) == list(range(20))


def test_the_same_process_cannot_have_it_twice(tmp_path: Path) -> None:
    first, second = lock_in(tmp_path), lock_in(tmp_path)
    first.acquire()
    with pytest.raises(BadInput, match=f"process {os.getpid()} on"):
        second.acquire()
    second.release()  # not its own: nothing happens
    with pytest.raises(BadInput):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_a_forked_process_neither_has_nor_frees_it(tmp_path: Path) -> None:
    lock = lock_in(tmp_path)
    lock.acquire()
    if (child := os.fork()) == 0:
        lock.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert lock.facts.exists()
    with pytest.raises(BadInput):
        lock_in(tmp_path).acquire()
    lock.release()


def test_a_process_id_that_was_given_out_again_is_not_the_holder(
    tmp_path: Path, claim: Callable[..., Path]
) -> None:
    """The facts name this living process; only the time when it began tells the two cases apart."""
    machine, pid, begin = own_token().split("-")
    other = format(int(begin, 16) ^ 1, "08x")
    claim(process=f"{machine}-{pid}-{begin}")
    with pytest.raises(BadInput):
        lock_in(tmp_path).acquire()
    claim(process=f"{machine}-{pid}-{other}")
    lock = lock_in(tmp_path)
    lock.acquire()
    lock.release()


def test_another_machine_is_believed_until_it_has_been_silent(
    tmp_path: Path, claim: Callable[..., Path]
) -> None:
    facts = claim(process="00000000-7-00000001")
    with pytest.raises(BadInput, match=r"another machine or container, last seen .*delete .*study-s\.json"):
        lock_in(tmp_path).acquire()
    seen = facts.stat().st_mtime
    os.utime(facts, (seen, seen - SILENT + 60))
    with pytest.raises(BadInput, match="another machine"):
        lock_in(tmp_path).acquire()
    os.utime(facts, (seen, seen - SILENT - 60))
    lock = lock_in(tmp_path)
    lock.acquire()
    lock.release()


@pytest.mark.parametrize("rest", [b"", b"\0\0\0", b"[]", b'{"process": "x"}', b'{"pid": 7}'])
def test_facts_that_nobody_can_read_hold_nothing(tmp_path: Path, rest: bytes) -> None:
    (tmp_path / "study-s.json").write_bytes(rest)
    lock = lock_in(tmp_path)
    lock.acquire()
    lock.release()


def test_who_was_taken_for_dead_ends(tmp_path: Path) -> None:
    code = """
import sys, threading
from pathlib import Path
from vqa_canary.locking import write_lock
write_lock.BEAT = 0.01
lock = write_lock.WriteLock(Path(sys.argv[1]), "study-s", "study 's'", "kedro run")
lock.acquire()
lock.facts.write_text('{"process": "00000000-7-00000001"}')
threading.Event().wait()
"""
    with start(code, tmp_path) as process:
        process.communicate()
    assert process.returncode == -signal.SIGTERM
    assert (tmp_path / "study-s.json").exists()  # it is the other's
