"""One way to write numbers on the pages of an audit, for a committee and of a watch: see docs/report.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.report import audits
from tests.report.test_audit_page import text_of
from tests.report.test_watch_page import watch

from vqa_canary.report.audit.committee import make_committee_page
from vqa_canary.report.audit.page import make_audit_report
from vqa_canary.report.monitoring.page import make_watch_report
from vqa_canary.report.rendering import Report

pytestmark = pytest.mark.usefixtures("undrawn")

SET = {"5", "10", "20", "50", "90", "95"}
"""Shares that the made-up audits and watches were set to: they stand as they were set."""
MADE = {name: make for name, make in audits.ALL.items() if name != "hostile"}
PAGES: dict[str, Callable[[], str]] = {"watch": lambda: make_watch_report(watch(0.1, 0.3), "monitor").page}


def made_audit(name: str) -> str:
    return make_audit_report(MADE[name]()).page


def made_committee(name: str) -> str:
    return make_committee_page(MADE[name]())


PAGES |= {f"audit, {name}": partial(made_audit, name) for name in MADE}
PAGES |= {f"committee, {name}": partial(made_committee, name) for name in MADE}


def offending(text: str) -> list[str]:
    """Numbers that are written otherwise."""
    found = re.findall(r"(?<![\w.])\.\d+", text)  # .31
    found += re.findall(r"\d%", text)  # 31%
    found += re.findall(r"(?<![\w.])-\d+\.\d+", text)  # a hyphen for a minus sign
    for number in re.findall(r"(?<![\d.,])(\d[\d,.]*) %", text):
        if number not in SET and not re.fullmatch(r"\d{1,3}\.\d", number):
            found.append(f"{number} %")
    return found


@pytest.mark.parametrize("name", list(PAGES))
def test_every_page_keeps_to_the_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqa_canary.statistics.image_gaps.N_EXCHANGES", 99)
    text = text_of(PAGES[name]().split("<body>")[1])
    assert offending(text) == []
    assert re.search(r"\d\.\d %", text) or name.endswith("all_failed")  # there is something to find


EXPLAINED = {
    "adjusted p": "adjusted p allows for the number of methods",
    "SD": "SD: standard deviations of",
    "AUROC": "AUROC (how often a wrong answer is more uncertain than a right one)",
    "NOTA": "NOTA): an answer that was right",
    "ECE": "ECE, the expected calibration error,",
}
"""What a reader has to be told at the first use of a term, or before."""
SPECIALISTS = r"vacuous|negative control|permutation p\b|after Holm|\w <= ?\.?\d"
"""Words that nobody is told the meaning of."""


def test_the_study_writes_digits_before_the_point_and_explains_its_terms(report: Report) -> None:
    text = text_of(report.page.split("<body>")[1])
    assert re.findall(r"(?<![\d.\w])\.\d+", text) == []
    for number in (0.1, 0.5, 0.05, 0.6):
        assert str(number) in text
    assert re.findall(SPECIALISTS, text) == []
    for term, told in EXPLAINED.items():
        first = re.search(rf"\b{term}\b", text)
        assert first, term
        assert text.index(told) <= first.start(), term
    for name in ("audit, found", "committee, found", "watch"):
        assert re.findall(SPECIALISTS, text_of(PAGES[name]().split("<body>")[1])) == []


def test_what_offends_is_found() -> None:
    text: Any = "p = .031, accuracy 47 % and 47% of 0.47; 47.25 %, but 47.0 %, 95 % and 0.470; -0.2"
    assert offending(text) == [".031", "7%", "-0.2", "47 %", "47.25 %"]
