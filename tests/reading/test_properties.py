"""What must not matter to a reading does not: case, space, wrapping, and the order of the options."""

from __future__ import annotations

from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.reading import answer_part, read_confidence, read_option, read_truth, shape_of
from vqa_canary.reading.folding import folded, folded_option
from vqa_canary.reading.thinking import FAMILIES, Thinking

ORGANS = ("Lung", "Liver", "Spleen", "Heart", "Kidney")
WRAPPINGS = (
    "{}", "({})", "[{}]", "**{}**", "*{}*", "`{}`", "$\\mathbf{{{}}}$", "\\boxed{{{}}}", "\\boxed{{\\text{{{}}}}}",
    "<answer>{}</answer>", '{{"answer": "{}"}}', "```\n{}\n```", "{}<|im_end|>", "<think>hm</think>{}", '"{}"', "{}.",
    "Answer: {}", "The answer is {}.", "Final answer: **{}**", "\u7b54\u6848\uff1a{}", "Die Antwort ist {}.",
    "La réponse est {}.", "La respuesta es {}.", "<|begin_of_box|>{}<|end_of_box|>",
    "I would choose {}.", "Option {}", "{} is correct.",
)  # fmt: skip
wrappings = st.sampled_from(WRAPPINGS)
spaces = st.text(" \n\t\u00a0\u3000\u200b", max_size=4)
choices = st.integers(0, len(ORGANS) - 1)
forms = st.sampled_from(["{letter}", "{text}", "{letter}) {text}", "{letter}. {text}"])


def said(form: str, wrapping: str, choice: int, options: tuple[str, ...]) -> str:
    return wrapping.format(form.format(letter=ascii_uppercase[choice], text=options[choice]))


@given(forms, wrappings, choices, spaces, spaces)
def test_wrapping_and_outer_space_change_nothing(
    form: str, wrapping: str, choice: int, before: str, behind: str
) -> None:
    text = before + said(form, wrapping, choice, ORGANS) + behind
    assert read_option(text, ORGANS).choice == choice, text


@given(forms, wrappings, choices, st.permutations(range(len(ORGANS))))
def test_the_order_of_the_options_changes_nothing(
    form: str, wrapping: str, choice: int, order: list[int]
) -> None:
    options = tuple(ORGANS[at] for at in order)
    moved = order.index(choice)
    first = read_option(said(form, wrapping, choice, ORGANS), ORGANS)
    second = read_option(said(form, wrapping, moved, options), options)
    assert (first.choice, first.how, first.letter) == (choice, second.how, second.letter)
    assert second.choice == moved


@given(
    st.sampled_from(
        ["{}", "({})", "**{}**", "[{}]", "Option {}", "\\boxed{{{}}}", "Answer: {}", "\u7b54\u6848\uff1a{}"]
    ),
    choices,
)
def test_the_case_of_the_letter_changes_nothing(wrapping: str, choice: int) -> None:
    letter = ascii_uppercase[choice]
    assert read_option(wrapping.format(letter.lower()), ORGANS).choice == choice
    assert read_option(wrapping.format(letter), ORGANS).choice == choice


@given(forms, wrappings, choices)
def test_the_place_holds_the_letter_or_the_text(form: str, wrapping: str, choice: int) -> None:
    text = said(form, wrapping, choice, ORGANS)
    read = read_option(text, ORGANS)
    assert read.start is not None
    named = folded(text[read.start : read.end]).small
    assert named == (ascii_uppercase[choice].casefold() if read.letter else folded_option(ORGANS[choice]))
    assert read.letter == ("{letter}" in form)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.family)
@pytest.mark.parametrize("answer", ["C", "C. Spleen", "The answer is C.", "spleen"])
def test_thinking_changes_nothing(family: Thinking, answer: str) -> None:
    example = family.example
    start, end = answer_part(example)
    text = example[:start] + answer + example[end:]
    read = read_option(text, ORGANS)
    assert read.choice == 2
    assert read.start is not None
    assert read.start >= start


texts = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                *("A", "B", "b", "liver", " ", "\n", ".", "(", ")", "\\boxed{", "}", "<think>", "</think>", "or"),
                *("not", "the", "answer is", "is correct", "**", "{", '"answer": ', '"', "答案", "是", "选", "85", "%"),
                *("<answer>", "</answer>"),
            ]
        ),
        max_size=30,
    ).map("".join),
)  # fmt: skip


@given(texts, st.lists(st.text(max_size=12), max_size=6).map(tuple))
def test_anything_is_read_without_an_error(text: str, options: tuple[str, ...]) -> None:
    for shown in (options, ORGANS):
        read = read_option(text, shown)
        assert read.choice is None or 0 <= read.choice < len(shown)
        assert (read.choice is None) == (read.start is None) == (read.end is None)
        if read.start is not None and read.end is not None:
            assert 0 <= read.start < read.end <= len(text)
        assert shape_of(text, shown)
    share = read_confidence(text)
    assert share is None or 0 <= share <= 1
    assert read_truth(text) in (None, True, False)
    start, end = answer_part(text)
    assert 0 <= start <= end <= len(text)


@given(choices, choices)
def test_two_options_name_none(first: int, second: int) -> None:
    if first == second:
        return
    one, two = ascii_uppercase[first], ascii_uppercase[second]
    for text in (
        f"{one} or {two}",
        f"{one} and {two}",
        f"{one}, {two}",
        f"The answer is {one} or {two}.",
        f"{one}/{two}",
    ):
        assert read_option(text, ORGANS).choice is None, text
    assert read_option(f"{one}) {ORGANS[second]}", ORGANS).how == "letter with another option's text"
    assert read_option(f"The answer is {one}, not {two}.", ORGANS).choice == first
    assert read_option(f"Not {one}.", ORGANS).choice is None


@given(
    st.integers(0, 100),
    st.sampled_from(["{}", "{}%", "{} %", "{}/100", "Confidence: {}", "I am {}% sure.", "**{}**"]),
)
def test_a_whole_number_is_read_in_every_wording(number: int, wording: str) -> None:
    may_be_a_share = number == 1 and "%" not in wording and "/" not in wording
    assert read_confidence(wording.format(number)) == (
        None if may_be_a_share else pytest.approx(number / 100)
    )
