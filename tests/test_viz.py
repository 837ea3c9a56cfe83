"""What kedro-viz is left of a run."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from vqa_canary.viz import viz_hooks

PRIVATE = "Does the patient of room 7 have a tumour?"


def whole_run(**changes: Any) -> dict[str, Any]:
    names = ("tags", "from_nodes", "to_nodes", "node_names", "from_inputs", "to_outputs", "namespaces")
    return dict.fromkeys(names) | {"pipeline_names": None, "runner": None} | changes


def test_an_error_is_an_event_without_its_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.kedro]\n")
    _, status = viz_hooks()
    node = Node(lambda a: a, "a", "b", name="n")
    status.after_catalog_created(DataCatalog({"a": MemoryDataset(1)}))
    status.before_pipeline_run(run_params=whole_run(), pipeline=Pipeline([node]))
    status.before_node_run(node=node)
    try:
        raise ValueError(PRIVATE)
    except ValueError as error:
        status.on_node_error(error=error, node=node)
    [file] = (tmp_path / ".viz").iterdir()
    told = file.read_text()
    assert "on_node_error" in told
    assert "tumour" not in told
    assert json.loads(told)


def test_a_part_of_the_pipelines_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    _, status = viz_hooks()
    for part in ({"pipeline_names": ["reporting"]}, {"namespaces": ["m"]}, {"tags": ["t"]}):
        status.before_pipeline_run(run_params=whole_run(**part), pipeline=Pipeline([]))
    assert (caplog.records, status._events) == ([], [])
