from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.spelling import lookalikes, same_text, visible

INVISIBLE = {
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "soft hyphen": "\u00ad",
    "byte-order mark": "\ufeff",
    "mark of direction": "\u202e",
    "variation selector": "\ufe0f",
    "null": "\0",
}


@pytest.mark.parametrize("mark", INVISIBLE.values(), ids=INVISIBLE)
def test_what_cannot_be_seen_does_not_count(mark: str) -> None:
    for text in (f"{mark}Liver", f"Li{mark}ver", f"Liver{mark} "):
        assert same_text(text) == same_text("Liver") == visible(text) == "Liver"


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("text", ["Ménière", "Å", "한글", "ﬁbula", "10 cm²", "a\u00a0b"])
def test_unicode_form_does_not_count(text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> None:
    assert same_text(unicodedata.normalize(form, text)) == same_text(text)


@pytest.mark.parametrize(
    ("one", "other"), [("q1", "Q1"), ("1", "01"), ("a b", "ab"), ("é", "e"), ("-1", "1")]
)
def test_what_can_be_seen_counts(one: str, other: str) -> None:
    assert same_text(one) != same_text(other)


@given(st.text())
def test_a_key_is_its_own_key_and_shows_what_is_visible(text: str) -> None:
    key = same_text(text)
    assert same_text(key) == key == visible(key)
    assert same_text(visible(text)) == key


def test_columns_that_look_alike_are_found_case_aside() -> None:
    names = ["answer", "Answer ", "an\u200bswer", "answers", "question"]
    assert lookalikes("answer", names) == names[:3]
