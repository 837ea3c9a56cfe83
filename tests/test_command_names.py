"""A name on the command line that does not exist is told with the nearest one that does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import bootstrap, command

from vqa_canary.command_names import unknown_names


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pipeline": "reportin"}, "--pipelines: there is no pipeline named 'reportin'. Did you mean 'reporting'?"),
        ({"pipelines": ["reporting", "scoring"]}, "no pipeline named 'scoring'. Did you mean 'ue_scoring'?"),
        ({"namespaces": ["phantom-lava-600"]}, "'phantom-lava-600'. Did you mean 'phantom-llava-600'?"),
        ({"node_names": ("colect_items",)}, "no node named 'colect_items'. Did you mean 'collect_items'?"),
        ({"to_nodes": ["x", "y"]}, "--to-nodes: there is no node named 'y'. There are: "),
        ({"pipeline": "reporting", "to_outputs": ["claim"]}, "no dataset named 'claim'. Did you mean 'claims'?"),
        ({"tags": ("slow",)}, "--tags: there is no tag named 'slow', for what is run has no tags."),
    ],
)  # fmt: skip
def test_it_is_told(root: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], told: str) -> None:
    monkeypatch.chdir(root)
    bootstrap(root)
    assert told in (unknown_names(options) or "")


def test_names_that_exist_are_nothing_to_tell(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    bootstrap(root)
    assert (
        unknown_names({"pipelines": ["reporting", "__default__"], "namespaces": ["phantom-llava-600"]})
        is None
    )
    assert (
        unknown_names({"to_outputs": ["claims"], "from_nodes": ["collect_items"], "pipeline": None}) is None
    )


@pytest.mark.parametrize("words", [("--pipeline", "reportin"), ("--nodes", "colect_items")])
def test_the_command_ends_in_one_message(
    root: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(root)
    status, told = command("run", *words)
    assert status == 1
    assert "Did you mean" in told
    assert "Traceback" not in told
