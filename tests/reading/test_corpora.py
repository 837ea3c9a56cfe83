"""What the reader makes of the corpora: no wrong reading, and nearly all that a careful person reads."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.reading.corpora import Wording, confidences, truths, wordings

from vqa_canary.reading import read_confidence, read_option, read_truth
from vqa_canary.reading.folding import folded
from vqa_canary.reading.languages import LANGUAGES, ReplyLanguage
from vqa_canary.reading.outcome import HOW, WHY_NOT
from vqa_canary.reading.shapes import SHAPES, shape_of

CORPORA = (
    "answers.tsv",
    "held_out.tsv",
    "traps.tsv",
    "more_wordings.tsv",
    "last_held_out.tsv",
    "misleading.tsv",
    "doubts.tsv",
    "second_traps.tsv",
    "fresh.tsv",
)
ALL = [one for name in CORPORA for one in wordings(name)]


def test_there_are_enough_wordings_of_every_language() -> None:
    assert len(ALL) >= 1200
    assert {one.language for one in ALL} == {"en", "zh", "de", "fr", "es", "none"}
    assert sum(one.right is None for one in ALL) >= 500
    assert len(set(map(repr, ALL))) == len(ALL)


@pytest.mark.parametrize("name", CORPORA)
def test_no_option_is_read_wrongly_and_nearly_all_are_read(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    rows = wordings(name)
    read = [(one, read_option(one.text, one.options).choice) for one in rows]
    wrong = [(one.text, choice) for one, choice in read if choice is not None and choice != one.right]
    named = [(one.text, choice) for one, choice in read if one.right is not None]
    share = sum(choice is not None for _, choice in named) / len(named)
    record_property("share read", share)
    print(
        f"{name}: {len(rows)} wordings, {len(named)} name an option, {share:.1%} of these read, {len(wrong)} wrong"
    )
    assert wrong == []
    assert share >= 0.95, [text for text, choice in named if choice is None]


def test_every_language_and_kind_is_read() -> None:
    for language in ("en", "zh", "de", "fr", "es", "none"):
        named = [one for one in ALL if one.language == language and one.right is not None]
        read = sum(read_option(one.text, one.options).choice == one.right for one in named)
        assert read >= 0.95 * len(named), language


CODES = {"English": "en", "Chinese": "zh", "German": "de", "French": "fr", "Spanish": "es"}
DOUBTS = (
    *("negations", "conditions", "modals", "provisos", "turns", "rejects", "offers", "others", "frames"),
    *("refusals",),
)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_every_word_of_doubt_has_an_example(language: ReplyLanguage) -> None:
    texts = [folded(one.text).small for one in ALL if one.language == CODES[language.name]]
    for kind in DOUBTS:
        entries = getattr(language, kind)
        assert len(entries) >= 2, kind
        for entry in entries:
            alone = rf"(?<!\w)(?:{entry})(?!\w)" if language.spaced else entry
            assert any(re.search(alone, text) for text in texts), (kind, entry)


@pytest.mark.parametrize("one", ALL[::7], ids=lambda one: one.text[:30])
def test_a_reading_says_how_and_where_or_why_not(one: Wording) -> None:
    read = read_option(one.text, one.options)
    if read.choice is None:
        assert read.how in WHY_NOT
        assert (read.start, read.end, read.letter) == (None, None, False)
        assert shape_of(one.text, one.options) in {
            *SHAPES.values(),
            "a sentence without an option",
            "words without an option",
        }
        return
    assert read.how in HOW
    assert read.start is not None
    assert read.end is not None
    assert 0 <= read.start < read.end <= len(one.text)


@pytest.mark.parametrize("name", ["confidences.tsv", "confidences_held_out.tsv"])
def test_confidences_are_read_and_none_wrongly(name: str) -> None:
    rows = confidences(name)
    read = [(text, share, read_confidence(text, scale)) for scale, share, text in rows]
    wrong = [one for one in read if one[2] is not None and one[2] != pytest.approx(one[1])]
    stated = [one for one in read if one[1] is not None]
    found = sum(one[2] is not None for one in stated)
    print(f"{len(rows)} wordings, {len(stated)} state a confidence, {found} read, {len(wrong)} wrong")
    assert wrong == []
    assert found >= 0.95 * len(stated)


def test_truths_are_read_and_none_wrongly() -> None:
    read = [(text, right, read_truth(text)) for right, text in truths()]
    assert [one for one in read if one[2] is not None and one[2] != one[1]] == []
    assert [one for one in read if one[1] is not None and one[2] is None] == []
