"""The list for a reviewer shows what it may, and every text of the data stays a text."""

from __future__ import annotations

import pytest
from tests.report import audits
from tests.report.audits import EVIL

from vqa_canary.audit.record.document import read
from vqa_canary.audit.review_list import FRAGILE, Finding, ListedItem
from vqa_canary.report.reviewing.entries import Answer, Entry
from vqa_canary.report.reviewing.file import review_csv
from vqa_canary.report.reviewing.page import review_page

ENTRY = Entry(
    "r-0", EVIL, EVIL, EVIL, "fragile", (("i", EVIL),), EVIL, (EVIL, "=1+1"), EVIL, True,
    (Answer(EVIL, "fragile", EVIL, True, EVIL, 0.5, ((EVIL, EVIL),)),),
)  # fmt: skip
ITEM = ListedItem("d", "q", (Finding("m", (FRAGILE,), 0, False, "u", 0.5, {}),))


@pytest.mark.parametrize("images", [None, {"i": "data:image/jpeg;base64,AAAA"}])
def test_hostile_texts_stay_texts(images: dict[str, str] | None) -> None:
    page = review_page(read(audits.found()), [ENTRY], [ITEM], images, texts=True, name="attempt 1")
    assert EVIL not in page
    assert "<img src=x" not in page
    assert ('<img src="data:image/jpeg' in page) == (images is not None)
    assert ("show_images" in page) == (images is None)
    text = review_csv([ENTRY], "=attempt")
    assert text.startswith("\ufeffwhy,image,question,options,key,answer,")
    assert text.rstrip().endswith(",'=attempt")
