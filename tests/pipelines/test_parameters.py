"""The types of the parameters: imported without circles, and known to every node that is given one."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import get_type_hints

import pytest
from tests.conftest import bootstrap
from tests.test_boundaries import ROOT, imported, modules, without_type_checking

from vqa_canary.pipelines.known_names import PIPELINES
from vqa_canary.pipelines.parameters import TYPES

PREFIX = "params:"


def circle(root: Path) -> list[str]:
    """The modules below `pipelines` that import one another in a circle; imports inside functions count."""
    trees = {
        name.removesuffix(".__init__"): tree for name, part, tree in modules(root) if part == "pipelines"
    }
    imports = {
        name: {
            module
            for dotted in imported(name, without_type_checking(tree))
            for module in (
                dotted.removeprefix("vqa_canary."),
                dotted.removeprefix("vqa_canary.").rpartition(".")[0],
            )
            if module in trees and module != "pipelines"
        }
        for name, tree in trees.items()
    }
    assert any(imports.values())
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_imports_within_pipelines_form_a_circle() -> None:
    assert circle(ROOT) == []


@pytest.mark.parametrize(
    "inner", ["from vqa_canary.pipelines.one import two", "from .one import two", "from . import one"]
)
def test_a_circle_through_a_function_is_found(tmp_path: Path, inner: str) -> None:
    folder = tmp_path / "pipelines"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text("from vqa_canary.pipelines import other\n")
    (folder / "other.py").write_text(f"def later():\n    {inner}\n")
    assert sorted(set(circle(tmp_path))) == ["pipelines.one", "pipelines.other"]


def test_every_node_names_the_type_of_each_section_that_it_is_given(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kedro hands a plain dictionary, unchecked, to a node whose type hints it cannot read or that names no type."""
    monkeypatch.chdir(root)
    bootstrap(root)
    given = set()
    for pipeline in PIPELINES:
        for node in import_module(f"vqa_canary.pipelines.{pipeline}").create_pipeline().nodes:
            hints = get_type_hints(node.func)
            for source, argument in zip(node.inputs, hints, strict=False):
                section = source.removeprefix(PREFIX)
                if source.startswith(PREFIX) and section in TYPES:
                    assert hints[argument] is TYPES[section], (node.name, source)
                    given.add(section)
    assert given == set(TYPES) - {"ray"}  # which the hook reads that asks all models together


def test_no_node_takes_more_than_six_inputs_but_one_that_gathers_what_every_model_gave(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    bootstrap(root)
    nodes = [
        node
        for pipeline in PIPELINES
        for node in import_module(f"vqa_canary.pipelines.{pipeline}").create_pipeline().nodes
    ]
    assert nodes
    for node in nodes:
        kinds = {parameter.kind for parameter in signature(node.func).parameters.values()}
        assert len(node.inputs) <= 6 or Parameter.VAR_POSITIONAL in kinds, node.name
