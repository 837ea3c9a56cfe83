"""No exported table can make a spreadsheet run anything, and every one goes through the same few lines."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vqa_canary
from vqa_canary.csv_text import csv_text, defused, frame_csv
from vqa_canary.datasets.whole_csv import WholeCSV
from vqa_canary.estimate import Estimate
from vqa_canary.report.sheet import Column, Sheet

ROOT = Path(vqa_canary.__file__).parents[2]
FORMULAS = [
    "=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", '=HYPERLINK("http://x","y")', "\t=1", "\r=1", "\n=1", "\ttext",
    "\rtext", "  =1", "\u00a0=1", "\u3000=1", "\ufeff=1", "\u200b=1", "\x00=1", "\uff1d1+1", "\uff0b1",
    "\uff0d1", "\uff20SUM(1)", " \uff1d1", "-", "=", "-0.5x", "--1", "+-1", "-1e", "-inf", "-٣",
]  # fmt: skip
HARMLESS = ["text", "a-b", "a=b", "me@host", "1+1", "'=1", "", " text", "0.5", "1e5=", "a, =b", "<script>"]
NUMBERS = ["-0.5", "+1e-3", "-1", "+.5", "-5.", "-1E+10", "0"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_a_text(text: str) -> None:
    found = defused(text)
    assert found[0] == "'"
    assert found.replace("'", "") == text.replace("'", "").replace("\r", "\n")


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_stays(text: str) -> None:
    assert defused(text) == text


@pytest.mark.parametrize("number", [*NUMBERS, -0.5, -3, None, True, float("-inf")])
def test_a_number_stays(number: object) -> None:
    assert defused(number) is number


def test_a_formula_behind_another_separator_becomes_a_text() -> None:
    assert defused("a;=cmd") == "a;'=cmd"
    assert defused("a\t \uff1dcmd\n@b") == "a\t '\uff1dcmd\n'@b"


@given(st.text(alphabet=st.sampled_from("=+-@\uff1d\uff0b\uff0d\uff20 \t\r\n;\u200b\ufeff01.eE'\"ab,")))
def test_no_cell_of_any_split_begins_like_a_formula(text: str) -> None:
    once = defused(text)
    assert defused(once) == once
    signs = set("=+-@\uff1d\uff0b\uff0d\uff20")
    if once != text or not re.fullmatch(r"[+-][0-9.]+(?:[eE][+-]?[0-9]+)?", text):
        cells = re.split(r"[;\t\r\n]", once)
        assert not signs & {cell.lstrip(" \u200b\ufeff")[:1] for cell in cells}


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_what_was_harmless_is_read_back(row: list[str]) -> None:
    [_, back] = csv.reader(io.StringIO(csv_text(["a"] * len(row), [row]), newline=""))
    assert back == [defused(cell) for cell in row]


def test_tables_of_the_report_are_defused() -> None:
    sheet = Sheet(
        "t", "", (Column("=name", "n", "text"), Column("x", "x")), (("=1+1", Estimate(-0.5, -1, 0, 0, 0)),)
    )
    assert sheet.csv == "'=name,x,x_low,x_high\n'=1+1,-0.5,-1,0\n"


def test_frames_are_defused_and_their_numbers_are_not() -> None:
    frame = pd.DataFrame({"model": ["@m", None], "=x": [-0.5, 1e-12]})
    assert frame_csv(frame, "%.6g") == "model,'=x\n'@m,-0.5\n,1e-12\n"


def test_the_curves_of_training_are_read_back(tmp_path: Path) -> None:
    dataset = WholeCSV(filepath=str(tmp_path / "curves.csv"))
    curves = pd.DataFrame({"step": [1, 2], "measure": ["loss", "accuracy"], "value": [0.1 + 0.2, -1e-17]})
    dataset.save(curves)
    pd.testing.assert_frame_equal(dataset.load(), curves, check_exact=True)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "data/06_models/reference").glob("*.csv")), ids=lambda p: p.stem
)
def test_the_curves_that_are_kept_are_written_as_before(path: Path, tmp_path: Path) -> None:
    dataset = WholeCSV(filepath=str(tmp_path / "curves.csv"))
    dataset.save(WholeCSV(filepath=str(path)).load())
    assert (tmp_path / "curves.csv").read_bytes() == path.read_bytes()


def test_nothing_else_writes_csv() -> None:
    """`csv.writer`, `DictWriter`, `to_csv` and Kedro's own CSV dataset would leave formulas as they are."""
    writers = {"writer", "DictWriter", "to_csv", "savetxt", "write_csv"}
    found = {
        path.name
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in writers
    }
    assert found == {"csv_text.py"}
    catalogs = list((ROOT / "conf").rglob("catalog*.yml"))
    assert catalogs
    assert not [path for path in catalogs if "CSVDataset" in path.read_text()]
