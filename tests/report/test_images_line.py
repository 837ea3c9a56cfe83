"""Both pages say what was done to images, and nothing where nothing was."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from tests.report import audits

from vqa_canary.report.audit.page import make_audit_report
from vqa_canary.report.images import summary_of, told
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.page import make_report

RECORD = {
    "plain": 12,
    "converted": 5,
    "steps": [{"step": "16-bit grey: full range 0 to 65535", "images": 4}, {"step": "frame 0", "images": 1}],
    "may_show_identity": [{"file": "secret/a.dcm", "why": "BurnedInAnnotation is YES"}],
}
LINE = (
    "12 image files were shown unchanged, 5 were converted (4 x 16-bit grey: full range 0 to 65535; 1 x frame 0). "
    "By the DICOM header of 1, text on the picture may say who the patient is: images.json names the file."
)


def test_the_line_counts_and_names_no_file() -> None:
    assert told(summary_of(RECORD)) == LINE
    assert told(summary_of(RECORD | {"converted": 0, "steps": [], "may_show_identity": []})) == ""
    assert told({}) == ""


@pytest.mark.usefixtures("undrawn")
def test_both_pages_have_it(study: Study) -> None:
    page = make_report(replace(study, images=summary_of(RECORD))).page
    audit = copy.deepcopy(audits.found()) | {"images": summary_of(RECORD)}
    for text in (page, make_audit_report(audit, None)[0]):
        assert LINE in text
        assert "secret" not in text
