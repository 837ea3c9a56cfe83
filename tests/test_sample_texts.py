"""What is embedded of a sample."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.sample_texts import embedded_text, text_hash

OPTIONS = ["right lung", " left lung ", "heart"]


def said(text: str, choice: Any) -> str:
    return embedded_text({"text": text, "choice": choice, "token_logprobs": []}, OPTIONS)


@pytest.mark.parametrize("text", ["B", "b", " B\n", "B.", "(B)", "[b]", "**B**", "B)", "_B_", "“B”"])
@pytest.mark.parametrize("choice", [1, 1.0])
def test_a_bare_letter_becomes_letter_and_text(text: str, choice: Any) -> None:
    assert said(text, choice) == "B) left lung"


@pytest.mark.parametrize(
    ("text", "choice", "told"),
    [
        ("B) left lung\n", 1, "B) left lung"),  # it says what it means
        ("Left lung", 1, "Left lung"),
        ("B", None, "B"),  # which option it names could not be read
        ("B", float("nan"), "B"),
        ("B", 0, "B"),  # the letter is not that of the choice
        ("D", 3, "D"),  # there is no such option
        ("B or C", None, "B or C"),
        ("?", None, "?"),
        ("", None, ""),
        ("****************B", 1, "****************B"),
    ],
)
def test_any_other_text_stays(text: str, choice: Any, told: str) -> None:
    assert said(text, choice) == told


@given(st.text(max_size=30), st.none() | st.integers(0, 2))
def test_it_is_the_text_without_outer_space_or_names_the_choice(text: str, choice: int | None) -> None:
    found = said(text, choice)
    named = "" if choice is None else f"{'ABC'[choice]}) {OPTIONS[choice].strip()}"
    assert found in (text.strip(), named)


def test_a_text_is_known_by_its_hash() -> None:
    assert text_hash("Bläse") == sha256("Bläse".encode()).hexdigest()
