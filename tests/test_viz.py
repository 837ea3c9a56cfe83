"""What kedro-viz shows: pipelines in groups, previews without questions, and the last run."""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.project import find_pipelines
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.pipeline import Node, Pipeline
from tests.conftest import bootstrap

from vqa_canary.pipelines.configuration import current_loader
from vqa_canary.viz import grouped, is_drawing, viz_hooks
from vqa_canary.viz.previews import FigureFolder

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


def test_nobody_is_asked_for_the_newest_release(monkeypatch: pytest.MonkeyPatch) -> None:
    import kedro_viz
    from kedro_viz.integrations import pypi

    monkeypatch.setattr(pypi, "get_latest_version", None)
    viz_hooks()
    monkeypatch.setattr("requests.get", lambda *_, **__: pytest.fail("asked"))
    assert str(pypi.get_latest_version()) == kedro_viz.__version__


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a project the current one, as a command of Kedro does."""

    def enter(project: Path) -> None:
        monkeypatch.chdir(project)
        # Kedro puts the project in front of both.
        monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
        monkeypatch.setattr(sys, "path", sys.path.copy())
        bootstrap(project)

    return enter


@pytest.fixture
def pipelines(root: Path, at: Callable[[Path], None]) -> dict[str, Pipeline]:
    """Those of the study of twelve models."""
    at(root)
    assert not is_drawing()  # else all tests of this process would see them in groups
    found = find_pipelines(raise_errors=True)
    stages = ("data_engineering", "inference", "ue_scoring", "reporting")
    return found | {"__default__": sum((found[name] for name in stages), Pipeline([]))}


def test_groups_change_nothing_by_which_a_run_is_found_or_repeated(pipelines: dict[str, Pipeline]) -> None:
    for name, drawn in grouped(pipelines).items():
        meant = {node.name: (str(node), node.inputs, node.outputs) for node in pipelines[name].nodes}
        assert {node.name: (str(node), node.inputs, node.outputs) for node in drawn.nodes} == meant


def test_what_is_drawn_at_first_is_shared_by_all_models(pipelines: dict[str, Pipeline]) -> None:
    """Of the whole study four groups and what passes between them; single models are inside of theirs."""
    from kedro_viz.data_access import DataAccessManager

    manager = DataAccessManager()
    drawn = grouped(pipelines)
    datasets = set().union(*(pipeline.datasets() for pipeline in drawn.values()))
    manager.add_catalog(DataCatalog({name: MemoryDataset({}) for name in datasets}), drawn)
    manager.add_pipelines(drawn)
    models = set(current_loader()["parameters"]["models"])
    for name in drawn:
        tree = manager.create_modular_pipelines_tree_for_registered_pipeline(name)
        shown = [manager.nodes.get_node_by_id(child.id) for child in tree["__root__"].children]
        shown = [node for node in shown if node.type != "parameters"]
        assert shown
        assert [node.name for node in shown if any(model in node.name for model in models)] == []
        if name == "__default__":
            groups = {node.name for node in shown if node.type == "modularPipeline"}
            assert groups == {"data_engineering", "models", "measuring", "reporting"}
            assert not any(node.type == "task" for node in shown)
            assert {child.id for child in tree["models"].children} >= {f"models.{model}" for model in models}


def test_only_what_quotes_no_question_has_a_preview(shared_project: Path, at: Callable[[Path], None]) -> None:
    at(shared_project)
    conf = current_loader()["catalog"]
    catalog = DataCatalog.from_config(conf)
    patterns = [
        name.replace("{model}", next(iter(current_loader()["parameters"]["models"]))) for name in conf
    ]
    datasets: dict[str, Any] = {name: catalog.get(name) for name in patterns if not name.startswith("_")}
    assert {name for name, one in datasets.items() if hasattr(one, "preview")} == {
        "metrics",
        "claims",
        "report_figures",  # of which one is shown, see below
    }
    shown = {name: datasets[name].preview() for name in ("metrics", "claims")}
    told = json.dumps(shown)
    items = catalog.load("items")
    texts = {*items["question"], *(option for options in items["options"] for option in options)}
    assert len(texts) > len(items["question"].unique()) > 1
    assert not [text for text in texts if f'"{text}"' in told or (" " in text and text in told)]
    verdicts = dict(shown["claims"]["data"])
    assert shown["claims"]["columns"] == ["claim", "verdict"]
    assert len(verdicts) == 3
    board = [dict(zip(shown["metrics"]["columns"], row, strict=True)) for row in shown["metrics"]["data"]]
    assert len(board) == catalog.load("metrics")["method"].loc[lambda one: one != ""].nunique()
    assert all(0 <= row["accuracy clean"] <= 1 for row in board)


def test_of_all_figures_the_overview_is_shown(tmp_path: Path) -> None:
    figures = FigureFolder(str(tmp_path / "figures"))
    figures.save({"claim1.png": b"\x89claim", "overview_small.png": b"\x89small", "overview.svg": "<svg/>"})
    with pytest.raises(DatasetError, match="no overview"):
        figures.preview()
    figures.save({"claim1.png": b"\x89claim", "overview_small.png": b"\x89small", "overview.png": b"\x89it"})
    assert base64.b64decode(figures.preview()) == b"\x89it"


def test_every_layer_is_the_folder_of_its_data(root: Path, at: Callable[[Path], None]) -> None:
    """kedro-viz puts layers that do not follow from one another in alphabetical order."""
    at(root)
    placed = {}
    for name, entry in current_loader()["catalog"].items():
        layer = ((entry.get("metadata") or {}).get("kedro-viz") or {}).get("layer")
        if layer:
            placed[name] = layer, next(part for part in entry["filepath"].split("/") if part[:2].isdigit())
    assert len(placed) > 40
    assert {name: pair for name, pair in placed.items() if pair[0] != pair[1]} == {}
