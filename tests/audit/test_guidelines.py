"""A row of a reporting guideline claims what is on the page, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.report import audits

from vqa_canary.audit.guideline_evidence import EVIDENCE
from vqa_canary.audit.guidelines import ITEMS, served
from vqa_canary.audit.record.document import read
from vqa_canary.report.audit.page import make_audit_report


def bare() -> dict[str, Any]:
    """No hidden answer, no other way of asking, no subgroup, no fact, and nothing refused."""
    audit = audits.too_little_data()
    audit |= {"robustness": [], "subgroups": [], "policies": audit["policies"][:1]}
    audit["questions"]["refused"] = []
    audit["models"][0]["facts"] = {}
    return audit


VARIANTS = {name: make for name, make in audits.ALL.items() if name != "hostile"} | {"bare": bare}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", list(VARIANTS))
def test_each_row_is_shown_on_the_page_or_says_why_it_is_not(name: str) -> None:
    audit = audits.with_guidelines(VARIANTS[name]())
    record, page = read(audit), make_audit_report(audit).page
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    heads = set(re.findall(r"<h2>([^<]+)</h2>", page)) | {"First screen"}
    for evidence in EVIDENCE.values():  # the record tells exactly whether the page shows it
        if evidence.element.startswith("table-") or not evidence.holds(record):
            assert (evidence.element in ids) == evidence.holds(record) or evidence.element in (
                "answer",
                "policy",
            )
    for row, (*_, claims) in zip(record.guidelines, ITEMS, strict=True):
        assert set(row.shown_by) <= ids, row
        assert set(filter(None, row.where.split("; "))) <= heads, row
        lost = [EVIDENCE[key] for _, key in claims if not EVIDENCE[key].holds(record)]
        assert all(one.absent and f"({one.absent})" in row.serves for one in lost)
        assert ("not reported: " in row.serves) == bool(lost)
        assert bool(row.shown_by) == (len(lost) < len(claims))
        told = row.serves.partition("not reported: ")[0]
        for words, key in claims:
            assert (words in told) == EVIDENCE[key].holds(record), (row, words)


def test_without_the_right_option_hidden_no_fragility_is_claimed() -> None:
    rows = {(one.guideline, one.item): one for one in served(read(bare()))}
    row = rows["CLAIM", "30"]
    assert (row.shown_by, row.where) == ((), "")
    assert row.serves.startswith("not reported: ")
    assert "the right option was never hidden" in row.serves
    assert "no question was asked in another way" in row.serves
