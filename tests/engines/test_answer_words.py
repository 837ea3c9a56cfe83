"""Where a word stands among an answer's tokens, and which tokens may stand there in its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.engines.answer_words import (
    Named,
    begins_with_bare_letter,
    covers,
    find_truth,
    is_word,
    joined,
    may_be_an_article,
    siblings,
    spelling_of,
    token_at,
)
from vqa_canary.engines.surface_forms import Readout

PIECES = st.sampled_from(
    ["The", " answer", " is", " **", "D", "**", ".", "\n", "答案", "\uff24", "é", " ", "(D", "<e>"]
)


class Bytes:
    """Tokens that are any bytes of a text; a special one is left out of the text."""

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self.tokens = tokens

    def decode(self, ids: Sequence[int]) -> str:
        shown = b"".join(self.tokens[at] for at in ids if self.tokens[at] != b"<e>")
        return shown.decode("utf-8", "replace")


@given(st.lists(PIECES, min_size=1, max_size=8), st.data())
def test_the_token_that_begins_a_character_is_found_however_a_text_is_cut(
    pieces: list[str], data: st.DataObject
) -> None:
    text = "".join(piece for piece in pieces if piece != "<e>")
    if not text:
        return
    tokens: list[bytes] = []
    for piece in pieces:
        rest = piece.encode()
        while rest:  # tokens end anywhere, in the middle of a character, too
            cut = len(rest) if piece == "<e>" else data.draw(st.integers(1, len(rest)))
            tokens.append(rest[:cut])
            rest = rest[cut:]
    at = data.draw(st.integers(0, len(text) - 1))
    own = len(text[:at].encode())
    ends = [sum(len(one) for one in tokens[: n + 1] if one != b"<e>") for n in range(len(tokens))]
    holding = next(n for n, end in enumerate(ends) if end > own)
    ids = list(range(len(tokens)))
    found = token_at(Bytes(tokens).decode, ids, text, at)
    # Where a token ends one character and begins the next, both are read from where the first began.
    began_inside = tokens[holding] != b"<e>" and _begins_inside(tokens, holding)
    assert found == holding or (began_inside and found < holding)


def _begins_inside(tokens: list[bytes], at: int) -> bool:
    before = b"".join(one for one in tokens[:at] if one != b"<e>")
    return before.decode("utf-8", "replace") != before.decode("utf-8", "ignore")


@pytest.mark.parametrize(
    ("written", "word", "expected"),
    [("D", "A", "A"), ("d", "A", "a"), ("\uff24", "A", "\uff21"), ("\uff44", "A", "\uff41"), ("True", "False", "False"),
     ("true", "False", "false"), ("TRUE", "False", "FALSE"), ("\u24b9", "A", "A"), ("\ufffd", "A", "A")],
)  # fmt: skip
def test_another_word_is_spelt_in_the_same_way(written: str, word: str, expected: str) -> None:
    assert spelling_of(written, word) == expected


@pytest.mark.parametrize(
    "text", ["B", "b)", "**B**", "(B) a cyst", "B. Cyst", "B)cyst", "B\uff09\u5de6\u80ba", "B.\u5de6\u80ba"]
)
def test_a_letter_by_itself_is_known_whether_or_not_a_blank_follows(text: str) -> None:
    assert begins_with_bare_letter(text)


@pytest.mark.parametrize("text", ["A mass", "C-arm", "(s)he", "B.cyst", "T1)", "B12"])
def test_a_letter_of_a_word_or_a_name_is_none(text: str) -> None:
    assert not begins_with_bare_letter(text)


@pytest.mark.parametrize("piece", ["D", "ĠD", "▁D", "(D", "**D", "D.", "{D}", 'Ġ"D'])
def test_a_word_with_marks_around_it_is_one(piece: str) -> None:
    assert is_word(piece, "D")


@pytest.mark.parametrize("piece", ["Di", "AD", "d", "Answer", "The", "D2"])
def test_a_word_in_another_is_none(piece: str) -> None:
    assert not is_word(piece, "D")


@pytest.mark.parametrize(
    ("text", "article"),
    [("it is c", True), ("the answer is b.", True), ("la respuesta es b", True), ("it is\nc", True), ("it is C", False),
     ("c", False), (" (c)", False), ("(c) liver", False), ("answer: c", False), ("option c", False), ("**c**", False),
     ("The answer is (c)", False), ("\u7b54\u6848\u662f c", False), ("1. c", False)],
)  # fmt: skip
def test_a_small_letter_among_words_may_be_an_article(text: str, article: bool) -> None:
    at = re.search(r"(?<![a-z])[bcC](?![a-z])", text)
    assert at is not None
    assert may_be_an_article(text, Named(2, at[0], at.start())) is article


class Vocabulary:
    """Pieces of a tokeniser; number 0 is the unknown one."""

    unk_token_id = 0

    def __init__(self, *pieces: str) -> None:
        self._pieces = ["<unk>", *pieces]

    def convert_ids_to_tokens(self, token: int) -> str:
        return self._pieces[token]

    def convert_tokens_to_ids(self, piece: str) -> int:
        return self._pieces.index(piece) if piece in self._pieces else 0


def test_tokens_alike_are_those_of_every_word_or_none() -> None:
    words: Any = Vocabulary("(A", "(B", "(C", "*A", "*B")
    named = Named(1, "B", 0)
    found = siblings(words, 2, named, ("A", "B", "C"))
    assert found == Readout((frozenset({1}), frozenset({2}), frozenset({3})), {})
    assert siblings(words, 5, named, ("A", "B", "C")) is None  # there is no `*C`
    assert siblings(words, 5, named, ("A", "B")) == Readout((frozenset({4}), frozenset({5})), {})


def test_ways_are_joined_and_what_names_two_words_names_neither() -> None:
    one = Readout((frozenset({1}), frozenset({2})), {9: (frozenset({1}), frozenset({2}))})
    other = Readout((frozenset({3}), frozenset({1})), {})
    found = joined([one, other])
    assert found.first == (frozenset({3}), frozenset({2}))
    assert found.later == one.later
    assert covers(found, [3], 0)
    assert covers(found, [9, 2], 1)
    assert not covers(found, [9, 2], 0)
    assert not covers(found, [9], 1)


def test_the_last_word_that_says_it_is_taken() -> None:
    assert find_truth("Untrue? It is true.", True, 0, 19) == Named(0, "true", 14)
    assert find_truth("It is FALSE", False, 0, 11) == Named(1, "FALSE", 6)
    assert find_truth("Yes.", True, 0, 4) is None
