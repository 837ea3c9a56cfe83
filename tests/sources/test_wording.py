from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.sources.wording import normalise, tidy


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Two  kidneys.", "2 KIDNEYS"),
        (" T1 ", "t1"),
        ("Yes!", "yes"),
        ("Lung ,Heart", "lung,heart"),
        ("\uff23\uff34", "CT"),  # full-width letters
        ("Twenty", "20"),
    ],
)
def test_spellings_of_one_text_are_equal(first: str, second: str) -> None:
    assert normalise(first) == normalise(second)


@pytest.mark.parametrize(
    ("first", "second"), [("Left", "Right"), ("1", "2"), ("None", "No"), ("often", "of10")]
)
def test_different_texts_are_not(first: str, second: str) -> None:
    assert normalise(first) != normalise(second)


@given(st.text())
def test_normal_form_is_its_own_normal_form(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(alphabet="abc XY,-.\t", min_size=1))
def test_tidying_changes_no_wording_and_is_done_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert normalise(tidy(text)).replace(" ", "") == normalise(text).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("Transverse  Plane", "Transverse Plane"),
        ("Right Lung,Upper Left", "Right Lung, Upper Left"),
        ("liver", "Liver"),
        ("Liver and heart", "Liver and Heart"),
        ("t1", "T1"),
        ("the left one", "The Left One"),
        ("MRI", "MRI"),
    ],
)
def test_options_are_written_alike(text: str, option: str) -> None:
    assert tidy(text) == option
