"""A file is followed for the audit that wrote it alone, and never where a run would write over it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sources.test_review_file import HEAD, ITEMS, row, write

from vqa_canary.datasets.protocol_locks import Attempts
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.pipelines.auditing.deciding import fingerprint_of_table
from vqa_canary.pipelines.data_engineering.reviewing import _refuse_own, _reviewed_attempt, apply_review
from vqa_canary.protocol_lock import ProtocolLock
from vqa_canary.review_form import audit_name

LOCK = ProtocolLock(1, "day 1", {"questions": {"items": "aa"}}, False)
NAME = audit_name(1, LOCK.hash)


def test_a_review_belongs_to_one_audit_of_the_same_questions() -> None:
    attempts = Attempts([LOCK], {})
    assert _reviewed_attempt("r.csv", NAME, attempts, {"aa", "bb"}) == 1
    with pytest.raises(BadInput, match=r"r.csv: attempt 1, which was reviewed, asked other questions"):
        _reviewed_attempt("r.csv", NAME, attempts, {"bb"})
    for name in (audit_name(1, "0" * 64), audit_name(2, LOCK.hash), "nothing"):
        with pytest.raises(BadInput, match=rf"r.csv, audit: .*{name}.*none of this study \({NAME}\)"):
            _reviewed_attempt("r.csv", name, attempts, {"aa"})
    with pytest.raises(BadInput, match="it has no audit yet"):
        _reviewed_attempt("r.csv", NAME, Attempts([], {}), {"aa"})


def test_the_file_that_the_audit_writes_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = "data/08_reporting/audit/attempts/1/review.csv"
    with pytest.raises(BadInput, match=r"review: .* is written anew by every run"):
        _refuse_own(own, tmp_path / own, {"study": "audit", "store": "data"})
    _refuse_own("r.csv", tmp_path / "data/01_raw/audit/r.csv", {"study": "audit", "store": "data"})


def test_a_question_that_two_reviewers_saw_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of three questions are on the lists, one of them on both; each reviewer filled in the one that both saw."""
    items = frame([ITEMS[0], ITEMS[1], ITEMS[2]], "items")
    lock = ProtocolLock(1, "day 1", {"questions": {"items": fingerprint_of_table(items, "items")}}, False)
    name = audit_name(1, lock.hash)
    first, second = (
        [*cells] for cells in (row("001", right_key="b) liver"), row("001", right_key="b) liver"))
    )
    other = row("1E5")
    for cells in (first, second, other):
        cells[HEAD.index("audit")] = name
    write(tmp_path / "a.csv", [first, other])
    write(tmp_path / "b.csv", [second])
    monkeypatch.setattr("vqa_canary.project.project_root", lambda: tmp_path)
    _, review = apply_review(
        items, ["a.csv", "b.csv"], Attempts([lock], {}), {"study": "audit", "store": "data"}
    )
    assert [(one["rows"], one["filled"]) for one in review["files"]] == [(2, 1), (1, 1)]
    assert (review["listed"], review["filled"]) == (2, 1)
