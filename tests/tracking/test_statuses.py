"""How real `kedro run`s end in MLflow, in a project of three pipelines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

SOURCES = {
    "pyproject.toml": """
        [tool.kedro]
        package_name = "three"
        project_name = "Three"
        kedro_init_version = "1.7.0"
    """,
    ".telemetry": "consent: false",
    "conf/base/parameters.yml": "study: three",
    "conf/base/catalog.yml": "succeed: {type: MemoryDataset}",
    "conf/local/.gitkeep": "",
    "src/three/__init__.py": "",
    "src/three/settings.py": """
        from vqa_canary.tracking import TrackingHook
        HOOKS = (TrackingHook(),)
    """,
    "src/three/pipeline_registry.py": """
        from kedro.pipeline import Node, Pipeline
        from three.nodes import fail, interrupt, succeed

        def register_pipelines():
            nodes = {node.__name__: node for node in (succeed, fail, interrupt)}
            return {name: Pipeline([Node(f, "params:study", name, name=name)]) for name, f in nodes.items()}
    """,
    "src/three/nodes.py": """
        import os, signal, time

        def succeed(study):
            return study

        def fail(study):
            raise RuntimeError("out of memory")

        def interrupt(study):
            os.kill(int(os.environ["KEDRO_PROCESS"]), signal.SIGINT)
            time.sleep(5)
    """,
}
RUN = (  # a process that was started in the background may have inherited deafness to Ctrl-C
    "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "os.environ['KEDRO_PROCESS'] = str(os.getpid()); from kedro.framework.cli import main; main()"
)


def kedro_run(project: Path, pipeline: str, runner: str) -> tuple[int, list[str]]:
    """Exit status of `kedro run`, and the statuses of the runs it left."""
    for name, text in SOURCES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("\n".join(line.removeprefix(" " * 8) for line in text.splitlines()))
    command = [sys.executable, "-c", RUN, "run", "--pipelines", pipeline, "--runner", runner]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, "src"])}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=120)
    client = MlflowClient(tracking_uri=f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("vqa-canary/three")
    assert experiment is not None, done.stderr
    return done.returncode, [run.info.status for run in client.search_runs([experiment.experiment_id])]


@pytest.mark.parametrize(
    "runner",
    [
        "SequentialRunner",
        pytest.param("ThreadRunner", marks=pytest.mark.slow),
        pytest.param("ParallelRunner", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    ("pipeline", "status"), [("succeed", "FINISHED"), ("fail", "FAILED"), ("interrupt", "KILLED")]
)
def test_run_ends_in_its_status(project: Path, runner: str, pipeline: str, status: str) -> None:
    code, statuses = kedro_run(project, pipeline, runner)
    assert statuses == [status]
    assert (code == 0) == (status == "FINISHED")


@pytest.mark.slow
def test_two_runs_may_make_a_new_store_at_once(tmp_path: Path) -> None:
    code = "from pathlib import Path; from vqa_canary.tracking.client import Store; "
    code += f"Store(Path({str(tmp_path)!r}), 's')"
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    started = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    assert [process.wait() for process in started] == [0, 0]
