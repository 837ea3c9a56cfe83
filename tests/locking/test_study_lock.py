"""A study is written by one run alone, or by any number of workers together."""

from __future__ import annotations

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.locking.conftest import Project, until

from vqa_canary.errors import BadInput
from vqa_canary.locking import study_lock, write_lock
from vqa_canary.locking.study_lock import StudyLock

DEAD = f"{'f' * 8}-1-{'a' * 8}"
"""A process of another machine."""


def lock(store: Path, worker: int | None = None, patch: pytest.MonkeyPatch | None = None) -> StudyLock:
    """The lock as a run of its own process takes it."""
    if patch is not None:
        patch.setattr(study_lock, "own_token", lambda: f"{'f' * 8}-{worker}-{'0' * 8}")
    return StudyLock(str(store), "study-[s]", "study '[s]'", "kedro run", worker is not None)


def test_workers_go_side_by_side_and_nothing_else_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = [lock(tmp_path, number, monkeypatch) for number in (1, 2, 3)]
    for worker in workers:
        worker.acquire()
    with pytest.raises(
        BadInput, match=r"A worker of study '\[s\]' is at work: .* process \d+ on .* wait_for_lock"
    ):
        lock(tmp_path).acquire()
    for worker in workers:
        worker.release()
    alone = lock(tmp_path)
    alone.acquire()
    with pytest.raises(BadInput, match=r"Another process writes study '\[s\]': process \d+ on"):
        lock(tmp_path, 4, monkeypatch).acquire()
    alone.release()
    assert [path.name for path in (tmp_path / ".locks").iterdir()] == ["study-[s].lock"]


def test_a_run_that_waits_for_workers_keeps_no_further_worker_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Both would wait for each other, or a task of an array be refused by a run that has not begun."""
    first, later = (lock(tmp_path, number, monkeypatch) for number in (1, 2))
    first.acquire()
    waiting = lock(tmp_path)
    with ThreadPoolExecutor(1) as beside:
        taken = beside.submit(waiting.acquire, 300)
        try:
            until(lambda: "Waiting for at most 300 seconds" in caplog.text or taken.done())
            later.acquire()
        finally:
            first.release()
        assert not taken.done()
        later.release()
        taken.result()
    with pytest.raises(BadInput, match="Another process writes"):
        lock(tmp_path, 3, monkeypatch).acquire()
    waiting.release()


def test_a_worker_that_died_on_another_machine_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the file system's clock; what it left is removed."""
    worker = lock(tmp_path, 1, monkeypatch)
    worker.acquire()
    worker._own.release()
    [facts] = [tmp_path / ".locks" / f"study-[s].worker-{'f' * 8}-1-{'0' * 8}.json"]
    facts.write_text(json.dumps({"process": DEAD, "pid": 1, "host": "gone", "since": "ever"}))
    with pytest.raises(BadInput, match="process 1 on gone since ever"):
        lock(tmp_path).acquire()
    monkeypatch.setattr(write_lock, "SILENT", -1.0)
    alone = lock(tmp_path)
    alone.acquire()
    alone.release()
    assert not facts.exists()


@pytest.mark.slow
def test_two_workers_run_at_once_and_one_is_killed(held: Project) -> None:
    words = "--pipelines", "work", "--params"
    first = held.holding(*words, "worker=1/2")
    second = held.start("run", *words, "worker=2/2", wait=True)
    until(lambda: len(held.workers()) == 2)
    code, told = held.run("--pipelines", "work")
    assert code != 0
    assert "A worker of study 'held' is at work" in told
    first.send_signal(signal.SIGKILL)
    first.wait()
    held.let_go()
    assert second.wait() == 0
    assert held.run("--pipelines", "work")[0] == 0
    assert not list((held.folder / "data/.locks").glob("*.json"))
