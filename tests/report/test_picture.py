"""The README's picture is of the page as it is written today, with the numbers that the README tells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.report.picture import PAGE, PICTURE, draw, first_screen, shown_by

from vqa_canary.report.rendering import Report
from vqa_canary.report.study.words.card import SENTENCES
from vqa_canary.report.study.words.first_screen import TITLES

RENEW = "Renew it: `make run`, then `make picture`."


def test_it_shows_what_the_code_writes_and_the_readme_tells(root: Path) -> None:
    """The study itself is not run here, which takes minutes: that a new run gives these numbers, the next test says."""
    shown = shown_by(PICTURE)
    words = {
        sentence.format(by="by label_nll") for by_tone in SENTENCES.values() for sentence in by_tone.values()
    }
    for title in TITLES.values():
        assert title in shown, RENEW
    assert sum(sentence in shown for sentence in words) == len(TITLES), RENEW
    readme = (root / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    correlation = re.search(r"(0\.\d\d) 95 % interval: (0\.\d\d to 0\.\d\d)", shown)
    foreseen = re.search(r"(\d+\.\d) % 95 % interval: (\d+\.\d) to (\d+\.\d) %", shown)
    assert correlation, RENEW
    assert foreseen, RENEW
    assert f"rank correlation of {correlation[1]} (95 %: {correlation[2]})" in readme, RENEW
    share, low, high = (round(float(number)) for number in foreseen.groups())
    assert f"reach {share} % (95 %: {low} to {high} %" in readme, RENEW


@pytest.mark.slow
def test_it_shows_the_default_study() -> None:
    if not PAGE.exists():
        pytest.skip("there is no study phantom in this folder: `make run` makes it")
    assert shown_by(PICTURE) == first_screen(PAGE.read_text(encoding="utf-8")), RENEW


@pytest.mark.whole
def test_a_picture_says_what_it_shows(report: Report, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(report.page, encoding="utf-8")
    draw(page, tmp_path / "report.png")
    shown = shown_by(tmp_path / "report.png")
    assert shown == first_screen(report.page)
    assert re.search(r"m-600, margin: 0\.\d\d", shown)  # a cell of the overview
    assert shown != first_screen(report.page.replace("Yes:", "No:").replace("Open:", "No:"))
