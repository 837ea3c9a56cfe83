"""A table says the same on the page, in CSV and in LaTeX."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.estimate import Estimate, bare, undefined
from vqa_canary.report.sheet import Column, Sheet, escape_latex, shown

COLUMNS = (
    Column("name", "a name", "text"),
    Column("x", "x_1 & more"),
    Column("p", "p", "p"),
    Column("n", "n", "count"),
)
ROWS = (
    ("a_b & 50 %", Estimate(0.81234, 0.7, 0.9, 0, 0), bare(0.0001), 3),
    ('"quoted", {x}', undefined("too few"), bare(None), None),
)
SHEET = Sheet("t", "A table", COLUMNS, ROWS)


def test_csv_keeps_every_digit_limit_and_reason() -> None:
    rows = list(csv.DictReader(io.StringIO(SHEET.csv)))
    assert rows[0] == {
        "name": "a_b & 50 %", "x": "0.81234", "x_low": "0.7", "x_high": "0.9", "x_reason": "", "p": "0.0001", "n": "3",
    }  # fmt: skip
    assert rows[1]["name"] == '"quoted", {x}'
    assert (rows[1]["x"], rows[1]["x_reason"]) == ("", "too few")


def test_latex_has_one_cell_a_column() -> None:
    body = re.findall(r"^(.*) \\\\$", SHEET.latex, re.MULTILINE)
    assert len(body) == 3
    assert all(len(re.split(r"(?<!\\)&", row)) == 4 for row in body)
    assert r"a\_b \& 50 \% & 0.812 {[}0.700, 0.900{]} & \textless{} 0.001 & 3" in body[1]
    assert "& -- & -- &" in body[2]


@given(st.text())
def test_latex_text_has_no_live_letter(text: str) -> None:
    escaped = re.sub(r"\\[a-z]+\{\}|\\[{}$&%#_]|\{\[\}|\{\]\}|\$-\$", "", escape_latex(text))
    assert not set(escaped) & set('\\{}$&%#_~^<>|"[]\n')


def test_columns_without_anything_are_left_out() -> None:
    columns = (*COLUMNS, Column("extra", "extra"), Column("why", "why"))
    sheet = Sheet("t", "", columns, tuple((*row, bare(None), undefined("no")) for row in ROWS))
    assert [column.key for column in sheet.without_empty("extra", "why").columns] == [
        "name",
        "x",
        "p",
        "n",
        "why",
    ]


def test_latex_compiles(tmp_path: Path) -> None:
    latex = shutil.which("pdflatex")
    if latex is None:
        pytest.skip("pdflatex is not installed")
    page = "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs}\\begin{document}\n"
    (tmp_path / "t.tex").write_text(page + SHEET.latex + "\\end{document}\n")
    done = subprocess.run(
        [latex, "-halt-on-error", "t.tex"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_threshold_is_shown_with_all_of_its_digits() -> None:
    column = Column("threshold", "answer when at most", "threshold")
    assert [shown(bare(value), column) for value in (0.333334, 1.23457e-09, 0.0, None)] == [
        "0.333334",
        "1.23457e-09",
        "0",
        "-",
    ]
