"""A small study that is run in processes of its own, and what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.conftest import copy_project, edit
from tests.kills.victim import Order, Task

ROOT = Path(__file__).parents[2]
NO_MLFLOW = ("--params", "tracking.enabled=false")
CONDITIONS = ["clean", "nota_replace", "no_image"]
METHODS = ["margin", "p_true", "self_consistency"]


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    killed: bool
    steps: int
    told: str


class Runner:
    """Forks a process for each run."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(
        self, folder: Path, *words: str, while_it_runs: Callable[[int], Any] = lambda pid: None, **order: Any
    ) -> Ended:
        """`kedro run <words>` in the project `folder`, killed as ordered; any other end than that must be a good one.

        Parameters
        ----------
        while_it_runs : called with the process's id once it has begun
        order : of `Order`
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        steps, told = folder / "steps", folder / "told"
        for file in (steps, told):
            file.unlink(missing_ok=True)
        self._process.stdin.write(Task(str(folder), [*words, *NO_MLFLOW], Order(**order)).line())
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        while_it_runs(pid)
        code = int(self._process.stdout.readline())
        with suppress(ProcessLookupError):  # what the runner's own processes are about now
            os.killpg(pid, signal.SIGKILL)
        text = told.read_text()
        worker_died = code == 1 and "Error: A worker process has died" in text
        assert code in (0, -signal.SIGKILL) or worker_died, text[-3000:]
        return Ended(code != 0, steps.stat().st_size if steps.exists() else 0, text)


@contextmanager
def runner() -> Iterator[Runner]:
    """A runner that has imported what runs need."""
    paths = [str(ROOT), str(ROOT / "src"), *filter(None, sys.path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.kills.victim"], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        yield Runner(process)


def small_study(folder: Path) -> Path:
    """A project with two models and three images."""
    copy_project(folder)
    base = folder / "conf/base"

    def shrink(parameters: dict[str, Any]) -> None:
        path = "data/06_models/reference/phantom-llava-"
        parameters["models"] = {
            f"llava-{length}": {"path": f"{path}{length}", "batch_size": 64} for length in (600, 1000)
        }
        parameters["sampling"]["n_samples"] = 2

    edit(base / "parameters_inference.yml", shrink)
    edit(
        base / "parameters_data_engineering.yml",
        lambda p: (p["datasets"]["phantom"].update(n_images=3), p.update(conditions=CONDITIONS)),
    )
    edit(base / "parameters_ue_scoring.yml", lambda p: p["scoring"].update(methods=METHODS))
    edit(
        base / "parameters_reporting.yml",
        lambda p: p["evaluation"].update(nota_conditions=["nota_replace"], primary=None),
    )
    return folder


def content(project: Path) -> dict[str, bytes]:
    """Every file below `data`, hidden ones too, but models, questions, locks and counts of calls, which bear the name
    of a process, and what is known of a finished study, which has the time."""
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in sorted((project / "data").rglob("*"))
        if path.is_file()
        and not {"01_raw", "06_models", ".locks"} & set(path.parts)
        and not path.name.startswith(("other_calls.", ".finished-"))
    }


def rows(project: Path) -> dict[str, pa.Table]:
    """Every table below `data` without what is noted at its end: the time, and what was found out about an endpoint
    before it was asked, which differ from run to run."""
    return {
        str(path.relative_to(project)): pq.read_table(path).replace_schema_metadata(None)
        for path in sorted((project / "data").rglob("*.parquet"))
        if "01_raw" not in path.parts
    }
