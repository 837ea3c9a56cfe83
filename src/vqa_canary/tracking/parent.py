"""The parent run: which `kedro run` this was, with which settings and code."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vqa_canary.tracking.record import RunRecord, flat, shown

_FILTERS = ("namespaces", "tags", "node_names", "from_nodes", "to_nodes", "from_inputs", "to_outputs")


def parent(run_params: Mapping[str, Any], parameters: Mapping[str, Any], commit: str | None) -> RunRecord:
    """Record of the run as a whole.

    Parameters
    ----------
    run_params : as Kedro gives them to hooks
    parameters : settings of the study
    commit : git commit of the project's code; None outside git
    """
    pipelines = shown(run_params["pipeline_names"] or ["__default__"])
    filters = {name: run_params[name] for name in _FILTERS if run_params.get(name)}
    params = {
        "pipelines": pipelines,
        "env": shown(run_params["env"] or "base"),
        "seed": shown(parameters.get("seed")),
        "models": shown(list(parameters.get("models", {}))),
        **flat(filters, "only"),
        **flat(run_params.get("runtime_params") or {}, "runtime"),
    }
    tags = {"study": study_of(parameters), "kind": "study", "kedro.run_id": run_params["run_id"]}
    if commit:
        params["git_commit"] = tags["mlflow.source.git.commit"] = commit
    return RunRecord(f"{study_of(parameters)} {pipelines}", tags, params)


def study_of(parameters: Mapping[str, Any]) -> str:
    """Name of the study."""
    return str(parameters.get("study", "phantom"))


def commit_of(project: Path) -> str | None:
    """Commit of the project's code, with `-dirty` where files differ from it; None outside git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
