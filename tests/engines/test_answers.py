"""The engines' short names for the reader: what they took before it, they take as before."""

from __future__ import annotations

import pytest

from vqa_canary.engines.answers import read_cut
from vqa_canary.reading import read_confidence, read_option

OPTIONS = ("Lung", "Left kidney", "None of the above", "2")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("A", 0), (" B ", 1), ("(C)", 2), ("D)", 3), ("B.", 1), ("A) Lung", 0), ("A: lung", 0), ("B) Left Kidney.", 1),
        ("lung", 0), ("None of the above", 2), ("2", 3), ("I think it is A", 0), ("b", 1), ("The answer is **B**.", 1),
        ("E", None), ("A) Left kidney", None), ("A or B", None), ("", None), ("kidney", None),
        ("Aorta", None), ("AB", None), ("Both A) and B)", None),
    ],
)  # fmt: skip
def test_a_choice_is_what_the_text_names(text: str, choice: int | None) -> None:
    assert read_option(text, OPTIONS).choice == choice


@pytest.mark.parametrize(
    "form",
    [
        "{}", "({}", "({})", "{})", "{}.", "{}:", "{},", "({}.", " {}\n", "{}) {text}", "({}) {text}",
        "{}: {text}", "{}, {text}.", "({}: {text}", "{}. {text}",
    ],
)  # fmt: skip
def test_what_the_strict_reader_took_is_taken(form: str) -> None:
    for at, letter in enumerate("ABCD"):
        assert read_option(form.format(letter, text=OPTIONS[at]), OPTIONS).choice == at


@pytest.mark.parametrize(
    "text", ["\u200bB", "B\ufeff", "(B\u00ad)", "left\u00a0kidney", "\u202aleft kidney\u202c"]
)
def test_what_cannot_be_seen_does_not_hide_a_choice(text: str) -> None:
    assert read_option(text, ("Lung", "Left kidney")).choice == 1


def test_unicode_form_does_not_hide_a_choice() -> None:
    assert read_option("Me\u0301nie\u0300re", ("Otitis", "M\u00e9ni\u00e8re")).choice == 1


def test_a_text_shared_by_two_options_names_neither() -> None:
    assert read_option("lung", ("lung", "Lung")).choice is None


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("0", 0.0), ("100", 1.0), (" 85 ", 0.85), ("85%", 0.85), ("70 %.", 0.7), ("1%", 0.01), ("99.5", 0.995),
        ("1", None), ("I'm about 85 % sure.", 0.85),
        ("101", None), ("0.9", None), ("-5", None), ("", None), ("high", None), ("90 to 95", None), ("1e2", None),
    ],
)  # fmt: skip
def test_a_confidence_is_a_number_from_0_to_100(text: str, confidence: float | None) -> None:
    assert read_confidence(text) == confidence


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("There is a bright oval.\nA", None), ("There is a bright oval.\nB", None), ("There is an oval.\nLung", None),
        ("Let me see.\n\nA. Lung", None), ("Let me see.\n\n**A. Lung**", None), ("Let me see.\n\n(A)", None),
        ("Let me see.\n\nB. Left kidney. It is bright and", 1),
        ("There is a bright oval.\nB.", 1), ("B", 1), ("(B", 1), ("**A**", 0), ("Lung", 0), ("The answer is B", 1),
        ("<think>It is bright.</think>\nB", 1), ("B) Left kidney. It is bright and", 1),
    ],
)  # fmt: skip
def test_the_limit_ends_no_line(said: str, choice: int | None) -> None:
    for prefix in ("", "I looked at it.\n"):
        text = prefix + said
        assert read_cut(read_option(text, OPTIONS), text, len(prefix)).choice == choice
