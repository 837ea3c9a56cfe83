"""How an option is named, where, by what, and why it may be none."""

from __future__ import annotations

import pytest

from vqa_canary.reading import OptionRead, read_option, shape_of
from vqa_canary.reading.shown import By

ORGANS = ("Lung", "Liver", "Spleen", "Heart")


@pytest.mark.parametrize(
    ("text", "how", "place", "letter"),
    [
        ("B", "letter", "B", True),
        ("<think>A?</think>\n **b**<|im_end|>", "letter", "b", True),
        ("B) Liver", "letter and text", "B", True),
        ("The liver (B)", "letter and text", "B", True),
        ("the Liver.", "text", "Liver", False),
        ("A shows air. The correct answer is **B**.", "statement", "B", True),
        ("A shows air. The correct answer is the liver.", "statement", "liver", False),
        ("$\\boxed{\\text{B}}$", "boxed", "B", True),
        ("<answer>Liver</answer>", "tag", "Liver", False),
        ('```json\n{"why": "A is air", "answer": "B"}\n```', "json", "B", True),
        ("答案：Ｂ。", "statement", "Ｂ", True),
        ("The marked organ is the liver.", "text", "liver", False),
    ],
)  # fmt: skip
def test_how_and_where_an_option_is_named(text: str, how: str, place: str, letter: bool) -> None:
    start = text.rindex(place)
    assert read_option(text, ORGANS) == OptionRead(1, how, start, start + len(place), letter)


@pytest.mark.parametrize(
    ("text", "why", "shape"),
    [
        ("", "nothing said", "empty"),
        ("<think>The answer is B", "thinking only", "thinking without an answer"),
        ("A or B", "two options", "two options asserted"),
        ("not A", "denied", "an option denied"),
        ("E", "beyond the options", "a letter beyond the options"),
        ("B) Spleen", "letter with another option's text", "a letter with another option's text"),
        ("A large lesion is seen", "article", "a sentence that begins with an article"),
        ("Is the answer B?", "a question", "a question"),
        ("I'm sorry, but I cannot help.", "a refusal", "a refusal"),
        ("To find the answer, I first look at the", "no option", "a sentence without an option"),
        ("kidney", "no option", "words without an option"),
    ],
)
def test_why_none_is_named_and_what_such_a_text_is_like(text: str, why: str, shape: str) -> None:
    assert read_option(text, ORGANS) == OptionRead(None, why)
    assert shape_of(text, ORGANS) == shape


def test_a_letter_that_is_the_text_of_another_option_names_neither() -> None:
    blood = ("B", "A", "AB", "O")
    assert read_option("A", blood).how == "letter or text"
    assert read_option("A", blood, by="letter").choice == 0
    assert read_option("A", blood, by="text").choice == 1
    assert read_option("B) A", blood).choice == 1


@pytest.mark.parametrize(
    ("by", "text", "choice"),
    [
        ("letter", "B", 1), ("letter", "liver", None), ("letter", "The answer is B.", 1), ("letter", "B) Spleen", None),
        ("text", "B", None), ("text", "liver", 1), ("text", "The answer is the liver.", 1),
        ("text", "The answer is B.", None),
    ],
)  # fmt: skip
def test_only_letters_or_only_texts_may_be_asked_for(by: By, text: str, choice: int | None) -> None:
    assert read_option(text, ORGANS, by=by).choice == choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("B or C? I'd say B.", 1), ("Answer: A\nAnswer: B", 1), ("A\nB", None), ("A\n\nB", None),
        ("Answer: A. Lung\n\nQuestion: which?\nAnswer: B", 0), ("Answer:\nB. Liver\nC. Spleen", None),
        ("Answer: B\n\nA. Lung is dark.", 1), ("I'd say A; on reflection, B.", 1), ("\\boxed{A} or \\boxed{B}", None),
        ("B is correct, but C could be too", None), ("A is correct about the position but not the size.", None),
        ("The answer is B, since A shows the lung and C the spleen.", 1), ("Since there is no kidney, I choose B.", 1),
        ("This is the liver. It is not the liver.", None), ("The image shows the spleen. The liver is not visible.", 2),
        ('{"answer": {"option": "B"}, "choice": "C"}', None), ("B</answer>", 1), ("</think>\nB", 1),
        ("<think>B</think>", None),
        ("a lung", 0), ("a liver", 1), ("A Liver", None), ("The answer is A lung", 0), ("Answer: A lung lesion", None),
    ],
)  # fmt: skip
def test_what_a_careful_person_reads(text: str, choice: int | None) -> None:
    assert read_option(text, ORGANS).choice == choice


def test_an_article_that_is_part_of_an_option_is_no_letter() -> None:
    lesions = ("A large lesion", "A small lesion", "No lesion")
    assert read_option("A small lesion", lesions) == OptionRead(1, "text", 2, 14)
    assert read_option("A small lesion is seen", lesions).choice == 1
    assert read_option("A", lesions).choice == 0


@pytest.mark.parametrize("letter", range(4))
def test_a_bracket_behind_the_letter_a_is_read_as_behind_any_other(letter: int) -> None:
    said = f"option {'ABCD'[letter]} ({ORGANS[letter]}) is the most likely."
    assert read_option(f"Based on the image, {said}", ORGANS).choice == letter
    assert read_option(said.replace(ORGANS[letter], ORGANS[letter - 1]), ORGANS).choice is None


@pytest.mark.parametrize("other", "ABD")
@pytest.mark.parametrize(
    "text", ["I would say C, but {} is possible too.", "The answer is C, though {} might be right.", "C, but {} may be"]
)  # fmt: skip
def test_a_verb_behind_the_letter_a_tells_it_from_an_article(text: str, other: str) -> None:
    assert read_option(text.format(other), ORGANS).choice is None


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("A. Lung B. Liver C. Spleen D. None of the above", None),
        ("Options: A. Lung B. Liver C. Spleen D. None of the above", None),
        ("The options are A. Lung B. Liver C. Spleen D. None of the above. I need the image.", None),
        ("Lung\nLiver\nSpleen\nNone of the above", None),
        ("- Lung\n- Liver\n- Spleen\n- None of the above", None),
        ("选项：A. Lung B. Liver C. Spleen D. None of the above", None),
        ("Options: A. Lung B. Liver C. Spleen D. None of the above. Answer: D", 3),
        ("A. Lung - no. B. Liver - no. C. Spleen - no. None of the above.", 3),
        ("It is not the lung, liver, spleen. None of the above.", 3),
        ("The kidney is shown. None of the above.", 3),
    ],
)
def test_options_said_again_choose_none_of_the_above_no_more_than_any_other(
    text: str, choice: int | None
) -> None:
    assert read_option(text, ("Lung", "Liver", "Spleen", "None of the above")).choice == choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("The spleen seen previously is gone.", None),
        ("The spleen seen on the prior film has healed.", None),
        ("The spleen is seen only on the prior film.", None),
        ("The spleen seen here is small.", 2),
        ("The spleen is shown in the figure.", 2),
    ],
)
def test_what_another_image_showed_is_no_answer(text: str, choice: int | None) -> None:
    assert read_option(text, ORGANS).choice == choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("No. of lesions: 3", None),
        ("no, not sure", None),
        ("Yes, I'm not quite sure.", None),
        ("No. Of course it is not enlarged.", 1),
        ("No, not in this image.", 1),
        ("Yes, I'm sure.", 0),
    ],
)
def test_a_no_that_is_no_verdict(text: str, choice: int | None) -> None:
    assert read_option(text, ("Yes", "No")).choice == choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("A*", None),
        ("B'", None),
        ("B\u2032", None),
        ("**A**", 0),
        ("*A*", 0),
        ("*Answer:* B", 1),
        ("'B'", 1),
        ("The answer is 'B'.", 1),
        ("D. Smith", None),
        ("D. J. Smith", None),
        ("D. Miller, MD", None),
        ("D. O'Brien", None),
        ("D. The image shows the heart.", 3),
        ("B. Correct", 1),
        ("B. Liver", 1),
        ("B. Hepatic tissue is seen.", 1),
    ],
)
def test_a_name_or_a_letter_with_a_note_is_no_option(text: str, choice: int | None) -> None:
    assert read_option(text, ORGANS).choice == choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Yes (probably no)", None),
        ("No, probably yes", None),
        ("No (yes)", None),
        ("Yes, I see your point.", None),
        ("Yes, this is a very common question.", None),
        ("Yes, go ahead.", None),
        ("In general, yes", None),
        ("Based on the image, no, there is no mass.", 1),
        ("Yes (a mass)", 0),
        ("No \u2014 the bowel is not dilated.", 1),
    ],
)
def test_a_yes_that_speaks_of_the_talk_or_is_taken_back_is_no_verdict(text: str, choice: int | None) -> None:
    assert read_option(text, ("Yes", "No")).choice == choice


@pytest.mark.parametrize(
    ("text", "options", "choice"),
    [
        ("X ray", ("CT", "X-ray"), 1),
        ("T1", ("T1-weighted", "T2-weighted"), 0),
        ("T1 and T2", ("T1-weighted", "T2-weighted"), None),
        ("25 %", ("25%", "50%"), 0),
        ("3cm", ("2 cm", "3 cm"), 1),
        ("13cm", ("2 cm", "3 cm"), None),
        ("Left pleural effusion", ("Pleural effusion", "Normal"), 0),
        ("Left pleural effusion", ("Pleural effusion", "Right pleural effusion"), None),
        ("Moderate stenosis", ("Mild stenosis", "Stenosis"), None),
        ("about 25%", ("25%", "50%"), 0),
        ("The confidence is 25%.", ("25%", "50%"), None),
        ("T1 spin", ("T1-weighted", "T1 weighted"), None),
        ("This is a T2-weighted MRI of the brain.", ("T1-weighted", "T2-weighted"), 1),
        ("In the left of the image", ("Left", "Right"), None),
    ],
)
def test_other_spellings_and_modifiers_of_a_text(
    text: str, options: tuple[str, ...], choice: int | None
) -> None:
    assert read_option(text, options).choice == choice
