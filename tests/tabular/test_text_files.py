"""CSV and JSON files made to harm: endless lines and records, keys that stand twice, lists in lists."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vqa_canary.tabular import TableError, Unreadable, delimited, json_records, open_table
from vqa_canary.tabular.json_records import list_records, parse_cell


def rows(path: Path, **options: Any) -> list[Any]:
    return list(open_table(path, **options).rows())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x" * 10**6, "longer than 1100 characters"),
        ('"\n",' * 10**6, "longer than 1100 characters"),
        ('"' + "y\n" * 10**6, "a cell of more than 100 characters; is each quote closed"),
        ("," * 10**6, "longer than 1100 characters"),
    ],
    ids=["a line", "a record of many lines", "a cell", "cells"],
)
def test_a_line_or_record_without_an_end_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, message: str
) -> None:
    monkeypatch.setattr(delimited, "MAX_RECORD", 1000)
    (tmp_path / "t.csv").write_text("a,b\n" + content)
    with pytest.raises(TableError, match=rf"t\.csv, the record from line 2: {message}"):
        rows(tmp_path / "t.csv", max_cell=100)


def test_json_cells_are_bounded_one_by_one(tmp_path: Path) -> None:
    deep: list[Any] = []
    for _ in range(20):
        deep = [deep]
    record = {"long": "x" * 101, "wide": list(range(101)), "deep": deep, "sound": ["x" * 50, {"y": 1}]}
    for name, content in (("t.jsonl", json.dumps(record)), ("t.json", json.dumps([record]))):
        (tmp_path / name).write_text(content)
        [row] = rows(tmp_path / name, max_cell=100)
        assert [name for name, cell in row.values.items() if isinstance(cell, Unreadable)] == [
            "long",
            "wide",
            "deep",
        ]
        assert row.values["sound"] == record["sound"]


def test_a_record_of_a_json_list_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "MAX_RECORD", 2**12)
    (tmp_path / "t.json").write_text(json.dumps([{"a": 1}, {"a": "x" * 2**14}]))
    with pytest.raises(TableError, match=r"t\.json, record 2: longer than 4096 characters"):
        rows(tmp_path / "t.json")


@pytest.mark.parametrize("content", ['{"a": 1, "b": 2, "a": 3}', '{"a": 1, "b": {"a": 1, "a": 2}}'])
@pytest.mark.parametrize("name", ["t.jsonl", "t.json"])
def test_a_key_that_stands_twice_is_told(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content if name == "t.jsonl" else f'[{content}, {{"a": 1}}]')
    first, *others = rows(tmp_path / name)
    assert first.problem == "the key 'a' stands twice in the record; keep one"
    assert [row.problem for row in others] == ([] if name == "t.jsonl" else [None])


parts = st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=60)  # it writes files
@given(st.lists(parts, max_size=4))
def test_records_of_a_list_are_those_that_json_reads(content: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.json"
        for text in (json.dumps(content), json.dumps(content, indent=1, ensure_ascii=False)):
            path.write_text(text, encoding="utf-8", newline="")
            assert [record.value for record in list_records(path)] == json.loads(text)


@pytest.mark.parametrize(
    "content",
    [
        "[1,]",
        "[1 2]",
        "[1",
        "[",
        "[]x",
        "[1]]",
        "",
        " ",
        "{",
        "[,]",
        "nul",
        '["\\x"]',
        "[" + "9" * 5000 + "]",
    ],
)
def test_what_json_does_not_read_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(ValueError):  # noqa: PT011
        json.loads(content)
    with pytest.raises(TableError, match=r"t\.json"):
        rows(tmp_path / "t.json")


@pytest.mark.parametrize("text", ["[" * 10**5, '{"a":' * 10**5, '{"a": 1, "a": 2}', "[1", "9" * 5000])
def test_a_cell_of_json_that_cannot_be_read_is_an_error_of_value(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_cell(text)


def test_a_name_that_no_file_system_takes_is_no_file(tmp_path: Path) -> None:
    for name in ("x" * 300 + ".csv", "x/" * 3000 + "y.csv", "\0.csv"):
        with pytest.raises(TableError, match="there is no such file"):
            open_table(tmp_path / name)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(TableError, match="there is no such file"):
        open_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("delimiter", "remedy"), [(None, 'delete the line and set `delimiter: ";"`'), (";", "delete the line$")]
)
def test_the_first_line_that_is_for_excel_alone_is_told(
    tmp_path: Path, delimiter: str | None, remedy: str
) -> None:
    path = tmp_path / "q.csv"
    path.write_text("sep=;\nimage;question\nx.png;What?\n")
    with pytest.raises(TableError, match=f"line 1: 'sep=;' is a line for Excel, not a header; {remedy}"):
        open_table(path, delimiter=delimiter, settings=("delimiter", "encoding"))


def test_the_line_for_excel_may_name_a_tab(tmp_path: Path) -> None:
    path = tmp_path / "q.tsv"
    path.write_text("sep=\t\nimage\tquestion\nx.png\tWhat?\n")
    with pytest.raises(TableError, match=r"is a line for Excel, not a header; delete the line$"):
        open_table(path, settings=("delimiter", "encoding"))
