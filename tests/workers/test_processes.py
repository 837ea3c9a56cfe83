"""What comes back from workers: results, one log, and errors as themselves; and what becomes of dead ones."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.optional import not_none

from vqa_canary.errors import BadInput
from vqa_canary.planned_shard import Needs
from vqa_canary.progress import READINGS, Progress
from vqa_canary.workers import processes
from vqa_canary.workers.computing import side_by_side
from vqa_canary.workers.pieces import Piece
from vqa_canary.workers.serial import one_by_one
from vqa_canary.workers.settings import Ray
from vqa_canary.workers.telling import Telling
from vqa_canary.workers.worker import Outcome

ROOT = Path(__file__).parents[2]


def computed(kind: str, workers: int, folder: Path, *more: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.workers.made_up", kind, str(workers), str(folder), *more]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    done = subprocess.run(
        words, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=True, timeout=120
    )
    assert more or done.stderr == ""  # no worker speaks by itself; Ray does
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_results_and_log_of_all_workers(tmp_path: Path) -> None:
    came = computed("good", 2, tmp_path)
    assert came["error"] is None
    assert sorted(int(key) for key, *_ in came["found"]) == list(range(6))
    assert all(int(key) == number for key, number, *_ in came["found"])
    gpus = {pid: tuple(places) for _, _, pid, places in came["found"]}
    assert len(set(gpus.values())) == len(gpus) == 2  # each has a GPU to itself
    assert set(gpus.values()) == {("7", "1"), ("9", "1")}
    assert Counter(name for name, _ in came["log"]) == {
        "vqa_canary.made_up": 2,
        "py.warnings": 2,
        "vqa_canary.workers.telling": 2,
    }  # once a model
    assert came["counted"] == [[60, 3]]  # three of the sixty have failed


def test_a_worker_that_dies_is_told_of_and_its_piece_is_computed_again(tmp_path: Path) -> None:
    came = computed("dies", 2, tmp_path)
    assert came["error"] is None
    assert sorted(key for key, *_ in came["found"]) == list("012345")
    [told] = [text for name, text in came["log"] if name == "vqa_canary.workers.processes"]
    assert "A worker process has died" in told
    assert "by 1 worker from here on" in told
    assert (tmp_path / "done").read_text().split().count("3") == 2


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("bad", "BadInput: models.m.path: file, row and remedy"),
        ("odd", "RuntimeError: ValueError: what it says"),
        ("always dies", "BrokenProcessPool: the only worker died while it was at b"),
    ],
)
def test_an_error_is_the_runs_error(tmp_path: Path, kind: str, error: str) -> None:
    came = computed(kind, 2, tmp_path)
    assert came["error"] == error
    assert "3" not in [key for key, *_ in came["found"]]


def test_what_is_finished_beside_an_error_is_stored_before_the_run_ends() -> None:
    work = processes._Work[Piece]([], [], Progress(0, "made up"), Telling([]))
    for number in range(20):
        ended: Future[Outcome] = Future()
        ended.set_result(Outcome(error=ValueError("bad")) if number == 3 else Outcome(number))
        work._running[ended] = Piece("a", str(number), 1, print)
    stored: list[int] = []
    with ProcessPoolExecutor(1) as pool, pytest.raises(ValueError, match="bad"):
        for _, result in work._as_they_come(pool, []):
            stored.append(result)
    assert sorted(stored) == [number for number in range(20) if number != 3]


def test_a_model_has_its_line_where_another_machine_has_a_part_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    pieces = [Piece("m", "0", 20, print), Piece("m", "1", 10, print, wanted=lambda: False)]
    with Telling(pieces, clock=iter([0.0, 2.0]).__next__) as telling:
        waiting = processes._Work[Piece](pieces, [], Progress(0, "made up"), telling).waiting
        first = not_none(waiting.next(None))
        telling.begun(first)
        logging.getLogger(READINGS).info("m: fast reading verified")
        assert waiting.next("m") is None
        assert caplog.messages == []
        telling.ended(first)
    assert caplog.messages == ["m: fast reading verified, 10 instances/s"]


def test_in_one_process_a_model_is_put_away_before_the_next_one_is_asked() -> None:
    heard: list[str] = []

    def piece(name: str, wanted: bool = True) -> Piece:
        run, put_away = (lambda: heard.append(name)), (lambda: heard.append(f"{name[0]} away"))
        return Piece(name[0], name, 1, run, wanted=lambda: wanted, put_away=put_away)

    pieces = [piece("a1"), piece("a2"), piece("b1", wanted=False), piece("c1"), piece("c2", wanted=False)]
    assert [one.key for one, _ in one_by_one(pieces, "made up")] == ["a1", "a2", "c1"]
    assert heard == ["a1", "a2", "a away", "c1"]


@pytest.mark.slow
def test_actors_of_ray_give_the_same(tmp_path: Path) -> None:
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    folders = [tmp_path / kind for kind in ("dies", "bad", "always dies", "crowded")]
    for folder in folders:
        folder.mkdir()
    begun_again, bad, given_up, crowded = (computed(folder.name, 2, folder, "ray") for folder in folders)
    assert begun_again["error"] is None
    assert sorted(key for key, *_ in begun_again["found"]) == list("012345")
    assert len({pid for _, _, pid, _ in begun_again["found"]}) == 3  # one of two was lost and replaced
    heard = Counter(name for name, _ in begun_again["log"])
    assert (heard["vqa_canary.made_up"], heard["vqa_canary.workers.telling"]) == (2, 2)
    assert bad["error"] == "BadInput: models.m.path: file, row and remedy"
    assert given_up["error"].startswith("BadInput: Ray gave up a shard of b: its process was lost 2 times")
    # A worker for whom there is no room waits, and no piece waits for it.
    assert crowded["error"] is None
    assert sorted(key for key, *_ in crowded["found"]) == list("012345")
    assert len({pid for _, _, pid, _ in crowded["found"]}) == 1


def test_without_ray_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    piece = Piece("a", "0", 1, print, Needs())
    with pytest.raises(BadInput, match=r"parameters: ray: .* pip install 'vqa-canary\[ray\]'"):
        next(side_by_side([piece], 2, Ray(address="auto"), list))
