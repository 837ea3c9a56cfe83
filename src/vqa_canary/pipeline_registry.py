"""The project's pipelines."""

from __future__ import annotations

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

from vqa_canary.pipelines.configuration import default_pipelines
from vqa_canary.project import project_root
from vqa_canary.viz import grouped, is_drawing, show_own_page


def register_pipelines() -> dict[str, Pipeline]:
    """Each pipeline by name; the default one is the sum of those that `default_pipelines` names. kedro-viz
    is given them in groups."""
    pipelines = find_pipelines(raise_errors=True)
    names = default_pipelines()
    pipelines["__default__"] = sum((pipelines[name] for name in names if name in pipelines), Pipeline([]))
    if is_drawing():
        show_own_page(project_root())
        return grouped(pipelines)
    return pipelines
