"""The project's pipelines."""

from __future__ import annotations

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

STUDY = ("data_engineering", "inference", "ue_scoring", "reporting")


def register_pipelines() -> dict[str, Pipeline]:
    """Each pipeline by name; the default one is a study: everything but `reference_models`."""
    pipelines = find_pipelines(raise_errors=True)
    pipelines["__default__"] = sum((pipelines[name] for name in STUDY if name in pipelines), Pipeline([]))
    return pipelines
