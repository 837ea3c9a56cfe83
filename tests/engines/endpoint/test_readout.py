"""The reading of a list against a brute-force reading of the whole distribution that it was cut from."""

from __future__ import annotations

from itertools import product
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.engines.endpoint.positions import Position, TopToken
from vqa_canary.engines.endpoint.readout import read_words
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS

WORDS = ("A", "B", "C")
FORMS = [form.format(word) for form, word in product(LETTER_FORMS, WORDS)]
OPENINGS = ["(", " (", " ", "\n"]
VOCABULARY = [*FORMS, *OPENINGS, "The", "A.", "AB", "D", " D", "", "a"]

weights = st.lists(st.floats(1e-6, 1), min_size=len(VOCABULARY), max_size=len(VOCABULARY))

tokens = st.sampled_from(OPENINGS) | st.sampled_from(VOCABULARY)


def normalised(values: list[float]) -> dict[str, float]:
    return {text: value / sum(values) for text, value in zip(VOCABULARY, values, strict=True)}


def position(p: dict[str, float], token: str, n: int | None = None) -> Position:
    listed = sorted(p, key=lambda text: -p[text])[:n]
    top = [TopToken(token=text, logprob=log(p[text])) for text in listed]
    return Position(token=token, logprob=log(p[token]), top_logprobs=top)


def whole(p: dict[str, float], after: dict[str, float], token: str, word: str) -> float:
    """Probability that the answer's first tokens spell a form of `word`, as far as the path goes."""
    direct = sum(p[form.format(word)] for form in LETTER_FORMS)
    if token not in OPENINGS:
        return direct
    return direct + p[token] * sum(
        after[t] for t in VOCABULARY if token + t in [f.format(word) for f in LETTER_FORMS]
    )


@given(weights, weights, tokens)
def test_of_a_whole_list_it_is_the_sum_over_forms(
    first: list[float], second: list[float], token: str
) -> None:
    p, after = normalised(first), normalised(second)
    found = read_words([position(p, token), position(after, "D")], WORDS, LETTER_FORMS)
    assert found is not None
    assert found.bounded == ()
    expected = [whole(p, after, token, word) for word in WORDS]
    assert [exp(value) for value in found.logprobs] == pytest.approx(expected, rel=1e-9)


@given(weights, weights, tokens, st.integers(1, 20))
def test_of_a_cut_list_bounds_hold(first: list[float], second: list[float], token: str, n: int) -> None:
    p, after = normalised(first), normalised(second)
    positions = [position(p, token, n), position(after, "D", n)]
    found = read_words(positions, WORDS, LETTER_FORMS)
    listed = [{one.token for one in where.top_logprobs} for where in positions]
    behind = token in OPENINGS
    forms = {word: [form.format(word) for form in LETTER_FORMS] for word in WORDS}
    ends = {w: [f.removeprefix(token) for f in forms[w] if f.startswith(token)] for w in WORDS}
    named = [w for w in WORDS if listed[0] & set(forms[w]) or (behind and listed[1] & set(ends[w]))]
    if not named:
        assert found is None
        return
    assert found is not None
    where, stands = (listed[1], ends) if behind else (listed[0], forms)
    assert found.bounded == tuple(w for w in WORDS if not where & set(stands[w]))
    read = {w: exp(value) for w, value in zip(WORDS, found.logprobs, strict=True)}
    assert sum(read.values()) <= 1 + 1e-12
    for word in WORDS:
        scale, full = (p[token], after) if behind else (1.0, p)
        unseen = max(1 - sum(full[text] for text in where), 1e-6)
        smallest = min(full[text] for text in where)
        ranked = sorted(where, key=lambda text: full[text])
        stood = "D" if behind else token
        if (
            len(ranked) > 1 and ranked[0] == stood
        ):  # listed since it stands there, perhaps, and for no other reason
            smallest = full[ranked[1]]
        direct = sum(p[form] for form in forms[word] if form in listed[0]) if behind else 0.0
        if word in found.bounded:
            assert 0 < read[word] <= direct + scale * min(smallest, unseen) + 1e-12
            assert all(full[form] <= smallest for form in stands[word])  # so no form can be likelier
        else:
            assert read[word] <= whole(p, after, token, word) + 1e-12  # never more than there is


def test_missing_letters_share_what_is_left_and_stay_below_the_smallest_listed() -> None:
    def read(*listed: tuple[str, float]) -> list[float]:
        top = [TopToken(token=text, logprob=log(value)) for text, value in listed]
        found = read_words([Position(token="A", logprob=0, top_logprobs=top)], WORDS, LETTER_FORMS)
        assert found is not None
        assert found.bounded == ("B", "C")
        return [exp(value) for value in found.logprobs]

    assert read(("A", 0.5), (" A", 0.1)) == pytest.approx([0.6, 0.1, 0.1])
    assert read(("A", 0.6), (" A", 0.3)) == pytest.approx([0.9, 0.05, 0.05])
    assert read(("A", 1.0)) == pytest.approx([1.0, 5e-7, 5e-7], rel=1e-5)


@given(weights, st.integers(1, 20))
def test_the_likeliest_word_is_a_listed_one(values: list[float], n: int) -> None:
    p = normalised(values)
    found = read_words([position(p, "The", n)], WORDS, LETTER_FORMS)
    if found is not None:
        likeliest = WORDS[max(range(len(WORDS)), key=found.logprobs.__getitem__)]  # of several, the first
        assert likeliest not in found.bounded


def test_a_word_listed_last_stays_the_likeliest() -> None:
    top = [TopToken(token=text, logprob=log(value)) for text, value in (("The", 0.5), ("C", 0.02))]
    found = read_words([Position(token="The", logprob=log(0.5), top_logprobs=top)], WORDS, LETTER_FORMS)
    assert found is not None
    assert found.bounded == ("A", "B")
    assert found.logprobs[2] > found.logprobs[0] == found.logprobs[1]


def test_behind_an_opening_bounds_come_from_what_is_listed_there() -> None:
    def top(**listed: float) -> list[TopToken]:
        return [TopToken(token=text, logprob=log(value)) for text, value in listed.items()]

    first = Position(
        token="(", logprob=log(0.8), top_logprobs=[*top(A=0.05), TopToken(token="(", logprob=log(0.8))]
    )
    second = Position(token="B", logprob=log(0.5), top_logprobs=top(B=0.5, D=0.3))
    found = read_words([first, second], WORDS, LETTER_FORMS)
    assert found is not None
    assert found.bounded == ("A", "C")
    left = 0.2 / 2  # of what is not listed behind the opening, for each of the two
    expected = [0.05 + 0.8 * left, 0.8 * 0.5, 0.8 * left]
    assert [exp(value) for value in found.logprobs] == pytest.approx(expected)


def test_rounding_above_one_is_scaled_away() -> None:
    top = [TopToken(token=word, logprob=log(value)) for word, value in (("A", 0.7), ("B", 0.304))]
    found = read_words([Position(token="A", logprob=0, top_logprobs=top)], ("A", "B"), LETTER_FORMS)
    assert found is not None
    assert sum(map(exp, found.logprobs)) <= 1 + 1e-15


def test_tokens_as_tokenisers_write_them_are_read_alike() -> None:
    def read(*texts: str) -> tuple[float, ...]:
        top = [TopToken(token=text, logprob=log(0.3)) for text in texts]
        found = read_words([Position(token=texts[0], logprob=0, top_logprobs=top)], ("A", "B"), WORD_FORMS)
        assert found is not None
        return found.logprobs

    assert read("▁A", "ĊA", "B") == read(" A", "\nA", "B") == read("ĠA", "ĊA", "B")


def test_an_opening_at_the_token_limit_leaves_only_what_stands_first() -> None:
    top = [TopToken(token=text, logprob=log(value)) for text, value in (("(", 0.8), ("B", 0.1))]
    found = read_words([Position(token="(", logprob=log(0.8), top_logprobs=top)], ("A", "B"), LETTER_FORMS)
    assert found is not None
    assert found.bounded == ("A",)
    assert exp(found.logprobs[1]) == pytest.approx(0.1)
    assert read_words([Position(token="(", logprob=0)], ("A", "B"), LETTER_FORMS) is None
    assert read_words([], ("A", "B"), LETTER_FORMS) is None


@given(weights, st.sampled_from(VOCABULARY), st.integers(2, 20))
def test_a_drawn_token_below_the_likeliest_ones_makes_no_bound_too_low(
    values: list[float], drawn: str, n: int
) -> None:
    """Servers list the token that stands at a position, too, where it is not among the likeliest."""
    p = normalised(values)
    likeliest = sorted(p, key=lambda text: -p[text])[:n]
    listed = [*likeliest, *([drawn] if drawn not in likeliest else [])]
    top = [TopToken(token=text, logprob=log(p[text])) for text in listed]
    found = read_words([Position(token=drawn, logprob=log(p[drawn]), top_logprobs=top)], WORDS, LETTER_FORMS)
    if found is None:
        return
    share = max(1 - sum(p[text] for text in listed), 1e-6)
    for word, value in zip(WORDS, found.logprobs, strict=True):
        if word in found.bounded:  # no form of it is likelier than the least likely of the likeliest
            least = p[likeliest[-1]]
            assert exp(value) >= min(least, share / len(found.bounded)) * (1 - 1e-6)
