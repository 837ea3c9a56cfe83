"""Arrows between packages point one way, and each heavy library has one importer.

Imports inside functions count. Those for type checking only count between our own packages; a library
that is never imported in truth may lend its names. Which part may import which stands in CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

import vqa_canary

ROOT = Path(vqa_canary.__file__).parent
MAP = Path(__file__).parents[1] / "CONTRIBUTING.md"
"""The page whose two tables say what each part of the package is and which others it may import."""


def rows_of(head: str) -> list[list[str]]:
    """Cells of the page's table whose first heading is `head`."""
    lines = MAP.read_text(encoding="utf-8").splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith(f"| {head} |"))
    body = takewhile(lambda line: line.startswith("|"), lines[begin + 2 :])
    return [line.strip("| ").split(" | ") for line in body]


def named(cell: str) -> set[str]:
    """The parts that a cell names, each between backticks."""
    return set(re.findall(r"`(\w+)`", cell))


KERNEL = set().union(*(named(row[0]) for row in rows_of("kernel")))
ROOMS = {
    part: None if row[-1] == "anything" else named(row[-1]) | (KERNEL if "kernel" in row[-1] else set())
    for row in rows_of("room")
    for part in named(row[0])
}
"""Parts that a part may import besides itself; None: all."""
MAY_IMPORT = {
    **dict.fromkeys(KERNEL, KERNEL),
    **{name: may for name, may in ROOMS.items() if may is not None},
}

OF_KEDRO = {"project", "datasets", "contracts", "locking", "tracking", "pipelines"}
OF_KEDRO |= {"finished", "terminal", "viz"}
OF_KEDRO |= {"settings", "pipeline_registry", "cli", "closing", "command_names", "__main__"}
IMPORTERS: dict[str, set[str]] = {
    "great_expectations": {"contracts"},
    "mlflow": {"tracking"},
    **{
        name: {"embedding", "engines", "reference_models"}
        for name in ("torch", "transformers", "tokenizers", "safetensors", "optimum")
    },
    "kedro": OF_KEDRO,
    "kedro_datasets": OF_KEDRO,
    "kedro_viz": {"viz"},
}
"""Parts that may import a library."""


def modules(root: Path = ROOT) -> Iterator[tuple[str, str, ast.Module]]:
    """Name from the package's root, part, and syntax tree of every module."""
    for path in sorted(root.rglob("*.py")):
        names = path.relative_to(root).with_suffix("").parts
        yield ".".join(names), names[0], ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(module: str, tree: ast.Module) -> Iterator[str]:
    """Dotted names that a module imports, from the top: `kedro.io`, `vqa_canary.tables`."""
    folder = ["vqa_canary", *module.split(".")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = folder[: len(folder) - node.level + 1] if node.level else []
            base = ".".join([*start, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "import_module":
            names = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            yield from (name for name in names if isinstance(name, str))


def without_type_checking(tree: ast.Module) -> ast.Module:
    """What is left of a module when it runs."""

    class Runtime(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
            return node.orelse if "TYPE_CHECKING" in ast.dump(node.test) else node

    stripped: ast.Module = Runtime().visit(tree)
    return stripped


def violations(root: Path = ROOT) -> list[str]:
    """Every import that crosses a boundary, in words."""
    found = []
    for module, part, tree in modules(root):
        allowed = MAY_IMPORT.get(part)
        for name in imported(module, tree):
            library, other, *_ = (*name.split("."), part)
            if library == "vqa_canary" and allowed is not None and other not in {part} | allowed:
                found.append(f"{module} imports {name}, but {part} may import {sorted(allowed)}")
        for name in imported(module, without_type_checking(tree)):
            importers = IMPORTERS.get(name.split(".")[0])
            if importers is not None and part not in importers:
                found.append(f"{module} imports {name}, which is for {sorted(importers)} only")
    return found


def test_arrows_point_one_way_and_libraries_have_their_importers() -> None:
    assert violations() == []


def test_the_map_names_every_part_and_no_other() -> None:
    parts = {part for _, part, _ in modules()} - {"__init__"}
    assert parts == KERNEL | ROOMS.keys()
    assert not KERNEL & ROOMS.keys()
    assert parts >= OF_KEDRO


@pytest.mark.parametrize(("part", "libraries"), [("conditions", {"PIL"}), ("statistics", {"numpy", "scipy"})])
def test_pure_functions_need_few_libraries(part: str, libraries: set[str]) -> None:
    names = [name for module, of, tree in modules() if of == part for name in imported(module, tree)]
    assert names
    allowed = set(sys.stdlib_module_names) | {"vqa_canary"} | libraries
    assert {name.split(".")[0] for name in names} <= allowed


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("ue", "import vqa_canary.statistics.auroc"),
        ("ue", "from vqa_canary import evaluation"),
        ("ue", "from ..sources import slake"),
        ("ue", "def f():\n    from kedro.io import DataCatalog"),
        ("evaluation", "if TYPE_CHECKING:\n    from vqa_canary.ue import margin"),
        ("evaluation", "if TYPE_CHECKING:\n    import torch\nelse:\n    import torch"),
        ("sources", "import importlib\nimportlib.import_module('mlflow')"),
        ("report", "import great_expectations as gx"),
        ("tables", "from vqa_canary.pipelines import configuration"),
        ("engines", "from vqa_canary.conditions import clean"),
    ],
)
def test_forbidden_import_is_found(tmp_path: Path, part: str, line: str) -> None:
    (tmp_path / part).mkdir()
    (tmp_path / part / "module.py").write_text(line)
    assert len(violations(tmp_path)) == 1


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("ue", "from . import margin"),
        ("ue", "from vqa_canary.tables import NOTA"),
        ("tracking", "import mlflow"),
    ],
)
def test_allowed_import_is_not(tmp_path: Path, part: str, line: str) -> None:
    (tmp_path / part).mkdir()
    (tmp_path / part / "module.py").write_text(line)
    assert violations(tmp_path) == []
