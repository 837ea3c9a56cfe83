"""A small study that is run in processes of its own, and what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kills.victim import Order, ordered

ROOT = Path(__file__).parents[2]
NO_MLFLOW = ("--params", "tracking.enabled=false")


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    killed: bool
    steps: int
    told: str


@dataclass(frozen=True)
class Study:
    """A project folder."""

    folder: Path

    def run(self, *words: str, while_it_runs: Callable[[int], Any] = lambda pid: None, **order: Any) -> Ended:
        """`kedro run <words>` that is killed as ordered; every other end than the kill must be a good one.

        Parameters
        ----------
        while_it_runs : called with the process's id once it has begun
        order : of `Order`
        """
        log = self.folder / "steps"
        log.unlink(missing_ok=True)
        environment = os.environ | ordered(Order(str(self.folder / "data"), str(log), **order))
        environment |= {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
        environment.pop("MLFLOW_TRACKING_URI", None)
        with (self.folder / "told").open("w+") as told:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.kills.victim", "run", *words], cwd=self.folder, env=environment,
                stdout=told, stderr=told, start_new_session=True,
            )  # fmt: skip
            try:
                while_it_runs(process.pid)
                code = process.wait()
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            told.seek(0)
            text = told.read()
        worker_died = code == 1 and "Error: A worker process has died" in text
        assert code in (0, -signal.SIGKILL) or worker_died, text[-3000:]
        return Ended(code != 0, log.stat().st_size if log.exists() else 0, text)

    def content(self) -> dict[str, bytes]:
        """Every file below `data` but models, questions and locks, hidden ones too."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted((self.folder / "data").rglob("*"))
            if path.is_file() and not {"01_raw", "06_models", ".locks"} & set(path.parts)
        }
