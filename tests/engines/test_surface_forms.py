"""Read-out of letters behind prompts whose tokenisers merge, split or do not know."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vqa_canary.engines.surface_forms import LETTER_FORMS, find_readout


def longest_match(vocabulary: list[str], unknown: int | None = None) -> Callable[[str], list[int]]:
    """A tokeniser that takes the longest known piece, as byte-pair encodings nearly do."""
    by_length = sorted(range(len(vocabulary)), key=lambda at: -len(vocabulary[at]))

    def tokenise(text: str) -> list[int]:
        ids: list[int] = []
        while text:
            fits = [at for at in by_length if text.startswith(vocabulary[at])]
            if not fits and unknown is None:
                raise AssertionError(text)
            ids.append(fits[0] if fits else unknown or 0)
            text = text[len(vocabulary[ids[-1]]) :] if fits else text[1:]
        return ids

    return tokenise


def test_forms_of_a_letter_are_summed_and_equal_first_tokens_counted_once() -> None:
    vocabulary = ["A", "B", " A", " B", ")", "(", " (", "\n", " ", "x:"]
    readout = find_readout("x:", ["A", "B"], LETTER_FORMS, longest_match(vocabulary), None)
    assert readout.first == (frozenset({0, 2}), frozenset({1, 3}))
    assert readout.later == {  # "(", " (" and the line break open a letter
        5: (frozenset({0}), frozenset({1})),
        6: (frozenset({0}), frozenset({1})),
        7: (frozenset({0}), frozenset({1})),
    }


def test_a_bracket_fused_with_its_letter_is_read_at_once() -> None:
    vocabulary = ["A", "B", "(A", "(B", "(", ")", " ", "\n", "x"]
    readout = find_readout("x", ["A", "B"], ("{}", "({}"), longest_match(vocabulary), None)
    assert readout.first == (frozenset({0, 2}), frozenset({1, 3}))
    assert readout.later == {}


def test_a_form_that_changes_the_prompts_own_tokens_is_left_out() -> None:
    vocabulary = ["A", "B", ":", ":A", ":B", " A", " B", "x"]
    readout = find_readout("x:", ["A", "B"], ("{}", " {}"), longest_match(vocabulary), None)
    assert readout.first == (frozenset({5}), frozenset({6}))


def test_unknown_tokens_name_nothing() -> None:
    vocabulary = ["<unk>", "A", "B", "x"]
    readout = find_readout("x", ["A", "B"], LETTER_FORMS, longest_match(vocabulary, unknown=0), 0)
    assert readout.first == (frozenset({1}), frozenset({2}))
    assert readout.later == {}


def test_words_that_no_form_tells_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot tell 'A'"):
        find_readout("x", ["A", "B"], ("{}",), longest_match(["<unk>", "x"], unknown=0), 0)
