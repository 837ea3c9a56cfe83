"""A project of a few pipelines that do next to nothing, and real `kedro run`s of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run

SOURCES = {
    "pyproject.toml": """
        [tool.kedro]
        package_name = "three"
        project_name = "Three"
        kedro_init_version = "1.7.0"
    """,
    ".telemetry": "consent: false",
    "conf/base/parameters.yml": "study: three",
    "conf/base/catalog.yml": "succeed: {type: vqa_canary.datasets.sealed.WholeText, filepath: data/made.txt}",
    "conf/local/.gitkeep": "",
    "src/three/__init__.py": "",
    "src/three/settings.py": """
        import warnings
        from vqa_canary.tracking import TrackingHook
        warnings.filterwarnings("ignore", message="(?s).*register_new_resolver")
        HOOKS = (TrackingHook(),)
    """,
    "src/three/cli.py": "from vqa_canary.cli import cli, run",
    "src/three/pipeline_registry.py": """
        from kedro.pipeline import Node, Pipeline
        from three import nodes
        from vqa_canary.pipelines.tracking import create_pipeline

        def register_pipelines():
            names = ("succeed", "fail", "interrupt", "terminate", "insist", "die")
            made = {name: Pipeline([Node(getattr(nodes, name), "params:study", name, name=name)]) for name in names}
            return made | {"tracking": create_pipeline()}
    """,
    "src/three/nodes.py": """
        import os, signal, time

        RUN = int(os.environ["KEDRO_PROCESS"])

        def succeed(study):
            return f"made by {study}"

        def fail(study):
            raise RuntimeError("out of memory")

        def interrupt(study):
            os.kill(RUN, signal.SIGINT)
            time.sleep(600)

        def terminate(study):
            os.kill(RUN, signal.SIGTERM)
            time.sleep(600)

        def insist(study):
            try:
                interrupt(study)
            finally:
                interrupt(study)  # on the way out, which would never end

        def die(study):
            os.kill(RUN, signal.SIGKILL)
    """,
}
SOURCES = {name: dedent(text) for name, text in SOURCES.items()}
RUN = (  # a process that was started in the background may have inherited deafness to Ctrl-C
    "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "os.environ['KEDRO_PROCESS'] = str(os.getpid()); from kedro.framework.cli import main; main()"
)


def kedro_run(
    project: Path,
    pipeline: str,
    *options: str,
    environment: Mapping[str, str] | None = None,
    sources: Mapping[str, str] | None = None,
    **more: Any,
) -> subprocess.CompletedProcess[str]:
    """`kedro run` of one pipeline, in a process of its own; `more` goes to `subprocess.run`."""
    for name, text in (SOURCES | dict(sources or {})).items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        if not (project / name).exists() or (project / name).read_text() != text:
            (project / name).write_text(text)
    command = [sys.executable, "-c", RUN, "run", "--pipelines", pipeline, *options]
    known = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    known |= {"PYTHONPATH": os.pathsep.join([*sys.path, "src"]), "COLUMNS": "1000"}
    return subprocess.run(
        command,
        cwd=project,
        env=known | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
        **more,
    )


def runs_of(project: Path, database: str = "mlflow.db") -> list[Run]:
    """What MLflow holds of the project, oldest first."""
    client = MlflowClient(tracking_uri=f"sqlite:///{project / database}")
    experiment = client.get_experiment_by_name("vqa-canary/three")
    if experiment is None:
        return []
    return list(client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"]))


def statuses_of(project: Path) -> list[str]:
    """Of all runs, oldest first."""
    return [run.info.status for run in runs_of(project)]
