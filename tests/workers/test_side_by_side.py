"""Real models asked by workers: killed, interrupted, gone on with in another way, and always the same files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import pytest
from tests.kills.study import small_study
from tests.locking.conftest import until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MODELS = ("llava-600", "llava-1000")


def start(project: Path, told: IO[str], workers: int, *more: str) -> subprocess.Popen[str]:
    """`kedro run` of inference, with a process group of its own."""
    given = ["tracking.enabled=false", "instances_per_shard=6", f"workers={workers}", *more]
    words = [sys.executable, "-m", "kedro", "run", "--pipeline", "inference", "--params", ",".join(given)]
    paths = os.pathsep.join([str(project / "src"), *filter(None, sys.path)])
    environment = os.environ | {"PYTHONPATH": paths}
    return subprocess.Popen(
        words, cwd=project, env=environment, stdout=told, stderr=told, text=True, start_new_session=True
    )


def finish(project: Path, workers: int, *more: str) -> str:
    """What a run says that ends well."""
    path = project / "told"
    with path.open("w+") as told:
        status = start(project, told, workers, *more).wait(timeout=600)
    assert status == 0, path.read_text()
    return path.read_text()


def disturb(project: Path, workers: int, disturbance: Callable[[int], None]) -> tuple[int, str]:
    """The status and the words of a run that is disturbed once it has stored three shards."""
    before = len(shards(project))
    path = project / "told"
    with path.open("w+") as told:
        run = start(project, told, workers)
        until(lambda: len(shards(project)) >= before + 3 or run.poll() is not None)
        assert run.poll() is None, path.read_text()
        helpers = descendants(run.pid)
        disturbance(run.pid)
        status = run.wait(timeout=600)
    until(lambda: not any(map(lives, helpers)))  # no orphan
    return status, path.read_text()


def shards(project: Path) -> dict[str, bytes]:
    """Every file of the evidence."""
    folder = project / "data/07_model_output/phantom/evidence"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def children(pid: int) -> list[int]:
    return [
        int(one) for file in Path(f"/proc/{pid}/task").glob("*/children") for one in file.read_text().split()
    ]


def descendants(pid: int) -> list[int]:
    own = children(pid)
    return own + [one for child in own for one in descendants(child)]


def workers_of(pid: int) -> list[int]:
    """The processes that the server process of a run has forked."""
    return [one for child in children(pid) for one in children(child)]


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study asked by one worker, undisturbed."""
    project = prepared(tmp_path_factory.mktemp("alone"))
    finish(project, 1)
    assert len(shards(project)) > 12
    return project


def prepared(folder: Path) -> Path:
    """The small study, whose instances are there."""
    project = small_study(folder)
    words = ["run", "--pipeline", "data_engineering", "--params", "tracking.enabled=false"]
    paths = os.pathsep.join([str(project / "src"), *filter(None, sys.path)])
    subprocess.run(
        [sys.executable, "-m", "kedro", *words],
        cwd=project, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, check=True,
    )  # fmt: skip
    return project


def test_begun_by_four_workers_gone_on_with_by_one_and_ended_by_ray(tmp_path: Path, alone: Path) -> None:
    project = prepared(tmp_path)
    status, told = disturb(project, 4, lambda pid: os.killpg(pid, signal.SIGINT))
    assert status == 130
    assert told.count("Interrupted.") == 1
    assert "Traceback" not in told
    status, _ = disturb(project, 1, lambda pid: os.kill(pid, signal.SIGKILL))
    assert status == -signal.SIGKILL
    kept = {name: content for name, content in shards(project).items() if name.endswith(".parquet")}
    assert len(kept) < len(shards(alone))
    if find_spec("ray"):
        finish(project, 2, "ray.address=local")
    else:
        finish(project, 2)
    assert kept.items() <= shards(project).items()
    assert shards(project) == shards(alone)


def test_a_killed_worker_is_told_of_and_its_shard_computed_again(tmp_path: Path, alone: Path) -> None:
    project = prepared(tmp_path)
    status, told = disturb(project, 2, lambda pid: os.kill(workers_of(pid)[0], signal.SIGKILL))
    assert status == 0
    assert "A worker process has died" in " ".join(told.split())
    assert shards(project) == shards(alone)


def test_workers_end_with_a_run_that_is_killed(tmp_path: Path, alone: Path) -> None:
    project = prepared(tmp_path)
    status, _ = disturb(project, 2, lambda pid: os.kill(pid, signal.SIGKILL))
    assert status == -signal.SIGKILL
    finish(project, 2)
    assert shards(project) == shards(alone)


def test_a_model_that_cannot_be_loaded_ends_the_run_with_its_own_message(tmp_path: Path) -> None:
    project = prepared(tmp_path)
    from tests.conftest import edit

    def break_one(parameters: dict[str, object]) -> None:
        models = parameters["models"]
        assert isinstance(models, dict)
        models[MODELS[1]]["device"] = "cpux"

    edit(project / "conf/base/parameters_inference.yml", break_one)
    path = project / "told"
    with path.open("w+") as told:
        status = start(project, told, 2).wait(timeout=600)
    words = " ".join(path.read_text().split())
    assert status == 1, words
    assert "Error: parameters: models.llava-1000.path: cannot load" in words
    assert "Traceback" not in words
