"""What the pages say of certificates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.report import audits
from tests.report.conftest import EVIL

from vqa_canary.report import verification
from vqa_canary.report.audit.page import make_audit_report
from vqa_canary.report.rendering import Report
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.page import make_report

EMPTY = dict.fromkeys(("made", "dtype", "fingerprint", "package", "code", "images", "instances"))


def row(model: str, standing: str, detail: str, **rest: Any) -> dict[str, Any]:
    return EMPTY | {"model": model, "standing": standing, "detail": detail} | rest


NONE = [
    row(
        name,
        "not verified",
        "No certificate was made yet. This command makes one: kedro run --pipeline verification",
    )
    for name in "ab"
]
GOOD = row("a", "passed", "8 of 8 checks passed.", made="2026-11-28", dtype="float32", fingerprint="abc", images=4,
           instances=80, package="0.1.0", code="def")  # fmt: skip


@pytest.mark.usefixtures("unprinted")
def test_without_certificates_the_page_says_so_once_and_the_tables_are_as_before(
    study: Study, report: Report
) -> None:
    after = make_report(replace(study, verifications=NONE))
    assert after.tables == report.tables
    assert after.figures == report.figures
    assert after.page.count("kedro run --pipeline verification") == 1
    assert "No model of this study is verified." in after.page


@pytest.mark.usefixtures("undrawn")
def test_certificates_are_a_table_and_a_failed_one_stands_before_all_numbers_and_is_escaped(
    study: Study,
) -> None:
    old = row("b", "out of date", "Since then, the stored evidence changed.", made="2026-11-27")
    failed = row(EVIL, "failed", f"sees_the_image: {EVIL}.")
    report = make_report(replace(study, verifications=[GOOD, old, failed]))
    assert {"verification.csv", "verification.tex"} <= set(report.tables)
    for text in ("8 of 8 checks passed.", "float32", "abc", "2026-11-28", "out of date"):
        assert text in report.page
        assert text in report.tables["verification.csv"]
    assert report.page[: report.page.index('id="claims"')].count("failed its verification") == 1
    assert "<img src=x" not in report.page


def test_only_what_failed_is_a_warning() -> None:
    assert verification.warnings([GOOD, *NONE]) == []


def test_a_page_that_knows_of_no_model_says_nothing(report: Report) -> None:
    assert [*verification.section(())] == []
    assert "Parity certificates" not in report.page


@pytest.mark.usefixtures("undrawn")
def test_the_page_of_an_audit_shows_them_and_warns_first() -> None:
    rows = [GOOD | {"model": "radiology-vlm-7b", "standing": "failed", "detail": f"batches: {EVIL}."}]
    audit = audits.found() | {"verifications": rows}
    report = make_audit_report(audit)
    assert "The verification failed" in report.page[: report.page.index('id="answer"')]
    assert "Parity certificates" in report.page
    assert "<img src=x" not in report.page
    assert {"verification.csv", "verification.tex"} <= set(report.tables)
    none = make_audit_report(audits.found() | {"verifications": [NONE[0]]})
    assert "No model of this study is verified." in none.page
    assert none.tables == make_audit_report(audits.found()).tables
