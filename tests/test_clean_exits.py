"""A process that has read tables ends with the status of its run, never with 134.

See `vqa_canary.arrow_file`. That a process aborts is a matter of chance, so a check of the sources stands beside the
count of exits: Arrow is given a path, or memory of its own, and no Python object.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vqa_canary
from vqa_canary.arrow_file import arrow_file

SOURCES, TESTS = Path(vqa_canary.__file__).parent, Path(__file__).parent

READERS = {
    "read_table", "read_pandas", "read_schema", "read_metadata", "read_feather", "ParquetFile", "ParquetDataset",
    "open_file", "open_stream",
}  # fmt: skip
"""Of pyarrow; what they are given first is what they read."""
NEVER = {"read_parquet", "read_orc", "BufferReader", "PythonFile", "py_buffer"}
"""Hand Python objects to Arrow; those of pandas open a Python file even for a path."""
SOUND = {"arrow_file", "memory_map", "OSFile"}
"""What these give is no Python object to Arrow."""
HOME = "arrow_file"
"""The module where a `BufferReader` is made, of Arrow's own memory."""


def violations(name: str, tree: ast.Module) -> list[str]:
    """Calls in a module that give Arrow a Python object, or something that is not known to be none."""
    found = []
    for call, known in calls(tree, set()):
        function = getattr(call.func, "attr", getattr(call.func, "id", ""))
        given = next(iter(call.args), None)
        text = f"{name}: {function}({'' if given is None else ast.unparse(given)})"
        if (function in NEVER and name != HOME) or (function in READERS and not is_sound(given, known)):
            found.append(text)
    return found


def is_sound(given: ast.expr | None, known: set[str]) -> bool:
    if isinstance(given, ast.Call):
        return getattr(given.func, "attr", getattr(given.func, "id", "")) in SOUND
    return isinstance(given, ast.Name) and given.id in known


def calls(node: ast.AST, known: set[str]) -> Iterator[tuple[ast.Call, set[str]]]:
    """Every call, with the names that are sound there: parameters that are paths, and what `SOUND` made."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        known = known - {one.arg for one in arguments}
        known |= {
            one.arg
            for one in arguments
            if one.annotation is not None and ast.unparse(one.annotation) == "Path"
        }
    for child in ast.iter_child_nodes(node):
        yield from calls(child, known)
        if isinstance(child, ast.Assign):
            names = {target.id for target in child.targets if isinstance(target, ast.Name)}
            known = known | names if is_sound(child.value, set()) else known - names
        elif isinstance(child, ast.withitem) and isinstance(child.optional_vars, ast.Name):
            known = known - {child.optional_vars.id}
    if isinstance(node, ast.Call):
        yield node, known


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(root.rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_arrow_is_given_no_python_object() -> None:
    assert [one for name, tree in modules(SOURCES) for one in violations(name, tree)] == []


def test_nor_is_it_by_tests_or_the_catalog(root: Path) -> None:
    """Tests end in a process, too; `pq.read_table(path).to_pandas()` reads as pandas does."""
    found = [
        one for name, tree in modules(TESTS) if name != "test_clean_exits" for one in violations(name, tree)
    ]
    assert [one for one in found if "read_parquet" in one] == []
    assert not [
        path for path in (root / "conf").rglob("*.yml") if "pandas.ParquetDataset" in path.read_text()
    ]


@pytest.mark.parametrize(
    "code",
    [
        "with fs.open(path) as file:\n    pq.read_table(file)",
        "def f(path: Path):\n    with path.open('rb') as path:\n        pq.ParquetFile(path)",
        "def f(path: Path):\n    path = io.BytesIO()\n    pq.read_schema(path)",
        "def f(path):\n    pq.read_metadata(path)",
        "def f(path: Path):\n    def g(path):\n        pq.read_table(path)",
        "pq.read_table(pa.BufferReader(file.read()))",
        "pd.read_parquet('items.parquet')",
        "pq.read_table(source=file)",
        "pa.ipc.open_stream(data)",
    ],
)
def test_a_python_object_is_found(code: str) -> None:
    assert violations("module", ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "def f(path: Path):\n    pq.read_table(path, columns=['a'])",
        "def f(path: Path):\n    def g():\n        with pq.ParquetFile(path) as file:\n            pass",
        "pq.read_table(arrow_file(content))",
        "memory = arrow_file(content)\npq.read_schema(memory)",
        "pq.ParquetFile(pa.memory_map('x'))",
        "yaml.load(file)",
    ],
)
def test_a_path_or_memory_of_arrow_is_not(code: str) -> None:
    assert violations("module", ast.parse(code)) == []


@pytest.mark.parametrize("rows", [[], [{"a": 1, "b": "x"}, {"a": None, "b": "é"}]])
def test_what_is_read_from_memory_is_what_was_written(rows: list[dict[str, object]]) -> None:
    table = pa.Table.from_pylist(rows, schema=pa.schema([("a", pa.int64()), ("b", pa.string())]))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    assert pq.read_table(arrow_file(sink.getvalue().to_pybytes())).equals(table)


@pytest.mark.slow
def test_a_hundred_runs_of_a_finished_study_end_with_status_0(shared_project: Path, tmp_path: Path) -> None:
    """Each reads evidence last, so that Arrow's threads may still be at it when the process ends. Two studies take
    turns in two threads, since a study has one run at a time."""
    command = [sys.executable, "-m", "kedro", "run", "--pipelines", "inference"]
    command += ["--params", "tracking.enabled=false"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    projects = [Path(shutil.copytree(shared_project, tmp_path / name, symlinks=True)) for name in "ab"]

    def exit_statuses(project: Path) -> list[int]:
        return [
            subprocess.run(command, cwd=project, env=environment, capture_output=True, check=False).returncode
            for _ in range(50)
        ]

    with ThreadPoolExecutor(max_workers=2) as two_at_once:
        assert Counter(chain(*two_at_once.map(exit_statuses, projects))) == {0: 100}
