"""Messages about files: short whatever a cell holds, and naming no option that their source does not have."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vqa_canary.errors import BadInput
from vqa_canary.quoting import MOST_CHARACTERS, MOST_LINES, listed, quoted, shortened
from vqa_canary.rows import Item
from vqa_canary.sources import (
    answer_cells,
    cells,
    columns,
    given_options,
    image_cells,
    option_cells,
    option_labels,
    record_flow,
    record_items,
    record_options,
    records,
)
from vqa_canary.sources import gmai_mmbench as gmai_module
from vqa_canary.sources import hugging_face as hub_module
from vqa_canary.sources import questions as questions_module
from vqa_canary.sources import slake as slake_module
from vqa_canary.sources import vlmevalkit as vlmevalkit_module
from vqa_canary.sources.columns import Columns
from vqa_canary.sources.registration import SOURCES, read_datasets

SHARED = (
    answer_cells,
    cells,
    columns,
    given_options,
    image_cells,
    option_cells,
    option_labels,
    record_flow,
    record_items,
    record_options,
    records,
)
OWN = {
    "questions": questions_module,
    "vlmevalkit": vlmevalkit_module,
    "gmai_mmbench": gmai_module,
    "hugging_face": hub_module,
    "slake": slake_module,
}
READ_ALIKE = ("questions", "vlmevalkit", "hugging_face")
"""Sources whose records go through the shared modules."""
OF_FILES = {"bytes", "path", "index", "letter", "text", "source", "file", "data", "image_path"}
"""Other names that messages have between backticks: of keys in a cell, of values, and of settings of every dataset."""


def named_in(module: Any) -> set[str]:
    """Names that the messages of a module have between backticks."""
    tree = ast.parse(inspect.getsource(module))
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    bare = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings | bare
    ]
    return {name for text in texts for name in re.findall(r"`([a-z][a-z_]+)(?:: [^`]*)?`?", text)}


def options_of(name: str) -> set[str]:
    return set(inspect.signature(SOURCES[name]).parameters)


@pytest.mark.parametrize("name", OWN)
def test_a_message_names_options_that_its_source_has(name: str) -> None:
    known = options_of(name) | set(Columns.model_fields) | OF_FILES
    modules = [OWN[name], *(SHARED if name in READ_ALIKE else ())]
    assert {one for module in modules for one in named_in(module)} <= known


def test_messages_do_name_options() -> None:
    named = {one for module in SHARED for one in named_in(module)}
    assert {"answer_is", "index_from", "separator", "splits", "columns"} <= named


@given(st.text() | st.binary() | st.integers() | st.lists(st.text()) | st.floats())
def test_a_quotation_is_short(value: Any) -> None:
    assert (
        len(quoted(value)) <= 300
    )  # sixty characters, each at most `\\U0010ffff` long... as `repr` writes them
    assert "\n" not in quoted(value)


@given(st.lists(st.text()))
def test_a_list_of_names_is_short(names: list[str]) -> None:
    assert len(listed(names)) <= 600


@given(st.text(max_size=3000))
def test_a_message_is_cut_in_its_middle(message: str) -> None:
    short = shortened(message)
    assert len(short) <= MOST_CHARACTERS
    assert len(short.splitlines()) <= MOST_LINES
    assert short == message or len(message) > len(short) or len(message.splitlines()) > MOST_LINES


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.text("AB.:;|,()[]{}'\" \n", max_size=60)
    | st.sampled_from(
        ["x" * 5000, "A. " * 900, "['" * 400, "\n" * 99 + "z", "0.png", "B", "肺" * 700, "a;" * 2000]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("image", "question", "options", "answer", "id", "split", "modality", "answer_type", "nota_valid")


@settings(deadline=None, max_examples=150)
@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, anything)), min_size=1, max_size=4))
def test_whatever_the_cells_hold_messages_stay_short_and_rows_add_up(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("cells")
    Image.new("L", (4, 4)).save(folder / "0.png")
    sound = {"image": "0.png", "question": "Is it big?", "answer": "yes"}
    (folder / "q.jsonl").write_text("\n".join(json.dumps(row) for row in [sound, *rows]))
    try:
        items, refusals = read_datasets({"questions": {"folder": ".", "file": "q.jsonl"}}, 7, folder)
    except BadInput as error:
        told = [str(error)]
    else:
        assert len(items) + len(refusals) == len(rows) + 1
        assert all(isinstance(item, Item) for item in items)
        told = [one.reason for one in refusals]
    assert all(map(short, told))


def short(message: str) -> bool:
    return 0 < len(message) <= MOST_CHARACTERS and len(message.splitlines()) <= MOST_LINES


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "q.csv").write_text(",".join(f"c{n}" * 50 for n in range(3000)) + "\n1\n"),
        lambda folder: (folder / "q.csv").write_text("x" * 100_000 + "\ny\n"),
        lambda folder: (folder / "q.csv").write_text("image,question,answer\n" + "a,b\n" * 5000),
        lambda folder: (folder / "q.csv").write_bytes(b"image,question,answer\n" + b"\xff" * 9000),
        lambda folder: (folder / "q.csv").write_text("image,image\n1,2\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_shortly(tmp_path: Path, spoil: Callable[[Path], Any]) -> None:
    spoil(tmp_path)
    with pytest.raises(BadInput) as error:
        read_datasets({"questions": {"folder": ".", "file": "q.csv"}}, 7, tmp_path)
    assert short(str(error.value))
