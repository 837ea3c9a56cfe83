"""How real `kedro run`s end: in MLflow, and in their exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.tracking.three_pipelines import kedro_run, statuses_of

ENDS = {
    "succeed": (0, "FINISHED"),
    "fail": (1, "FAILED"),
    "interrupt": (130, "KILLED"),
    "terminate": (143, "KILLED"),
    "insist": (130, "KILLED"),
}
SLOW = {(runner, name) for runner in ("ThreadRunner", "ParallelRunner") for name in ENDS}
SLOW |= {("SequentialRunner", name) for name in ("insist", "succeed", "interrupt")}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("runner", "pipeline"),
    [
        pytest.param(runner, name, marks=[pytest.mark.slow] if (runner, name) in SLOW else [])
        for runner in ("SequentialRunner", "ThreadRunner", "ParallelRunner")
        for name in ENDS
    ],
)
def test_run_ends_in_its_status(project: Path, runner: str, pipeline: str) -> None:
    done = kedro_run(project, pipeline, "--runner", runner)
    status, tracked = ENDS[pipeline]
    assert (done.returncode, statuses_of(project)) == (status, [tracked]), done.stderr[-2000:]
    told = {"interrupt": "Interrupted.", "insist": "Interrupted.", "terminate": "Ended by SIGTERM."}
    if said := told.get(pipeline):
        assert done.stderr.count(f"{said} What was answered is kept") == 1


@pytest.mark.slow
def test_two_runs_may_make_a_new_store_at_once(tmp_path: Path) -> None:
    code = "from pathlib import Path; from vqa_canary.tracking.client import Store; "
    code += f"Store(Path({str(tmp_path)!r}), 's')"
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    started = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    assert [process.wait() for process in started] == [0, 0]
