from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from vqa_canary.sources.multiple_choice import Unfair, arrange, closed_options, normalise, open_options
from vqa_canary.sources.overlap import overlap

ORGANS = {"Liver": 9, "Heart": 5, "Brain": 3, "Left Lung": 2, "Right Lung": 2, "Lung": 1, "Spleen": 1}


def drawn(answer: str = "Kidney", item_id: str = "item", seed: int = 7, **changes: Any) -> tuple[str, ...]:
    settings: dict[str, Any] = {"pools": [ORGANS], "n_options": 4, **changes}
    return open_options(answer, seed=seed, item_id=item_id, **settings)


@pytest.mark.parametrize("answer", ["Yes", "no", " YES. "])
def test_yes_and_no(answer: str) -> None:
    assert closed_options("Is the lung healthy?", answer) == ("Yes", "No")


@pytest.mark.parametrize(
    ("question", "answer", "options"),
    [
        ("Which is bigger in this image, liver or spleen?", "Liver", ("Liver", "Spleen")),
        ("Which is the biggest in this image,lung,liver or heart?", "Lung", ("Lung", "Liver", "Heart")),
        ("Which is the biggest in this image, spleen,lung, or liver?", "Liver", ("Spleen", "Lung", "Liver")),
        ("Which is bigger, small bowel or right kidney ?", "Small bowel", ("Small Bowel", "Right Kidney")),
        ("Which kind of weighting is this, t1 or t2?", "T2", ("T1", "T2")),
        ("Is this a T1 weighted or T2 weighted MRI image?", "T1", ("T1", "T2")),
        ("Is the abnormality hyperdense or hypodense?", "Hypodense", ("Hyperdense", "Hypodense")),
        ("Is brain tumor white or gray relative to other tissues?", "Gray", ("White", "Gray")),
        ("Which type of modality is shown, MRI, CT or X-Ray?", "X-Ray", ("MRI", "CT", "X-Ray")),
        ("Is it red, green or blue?", "Blue", ("Red", "Green", "Blue")),
        ("Is this a T1 weighted or T2 weighted MRI image?", "T2", ("T1", "T2")),
        (
            "Is this a T1 weighted, T2 weighted, or FLAIR image?",
            "FLAIR",
            ("T1 Weighted", "T2 Weighted", "FLAIR"),
        ),
        ("Is this an MRI or a CT scan?", "MRI", ("MRI", "CT")),
        ("Is a pneumonia or pleural effusion seen?", "Pleural Effusion", ("Pneumonia", "Pleural Effusion")),
        ("Does this CT have contrast or no contrast?", "Contrast", ("Contrast", "No Contrast")),
        ("Is it a vascular process or a genetic process?", "Genetic", ("Vascular", "Genetic")),
        ("Is it in the left or right side of the chest?", "Right side", ("Left Side", "Right Side")),
        ("Is it in the left or right side of the chest?", "Left side", ("Left Side", "Right Side")),
        ("Is the lesion on the patient's left or the right side?", "Left", ("Left", "Right")),
        ("Is the lesion in this image more or less dense?", "Less dense", ("More Dense", "Less Dense")),
        ("Are the dark areas grey or white matter?", "White matter", ("Grey Matter", "White Matter")),
        ("Are one or both sides inflated?", "Both sides", ("One Side", "Both Sides")),
    ],
)
def test_choices_are_read_from_the_question(question: str, answer: str, options: tuple[str, ...]) -> None:
    assert closed_options(question, answer) == options


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which organ is abnormal, heart or lung?", "Both"),
        ("Which is bigger, liver or heart?", "Almost the same"),
        ("Which organ is this?", "Lung"),
    ],
)
def test_an_answer_that_is_not_offered_is_unfair(question: str, answer: str) -> None:
    with pytest.raises(Unfair, match=f"does not offer its recorded answer '{answer}'"):
        closed_options(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("In this image, is the lesion on the left or right?", "right"),
        ("In the chest X-ray, which side is affected, left or right?", "right"),
        ("Among the kidneys, left or right?", "right"),
        ("Is the mass, if present, benign or malignant?", "malignant"),
        ("Is the mass, on CT, benign or malignant?", "malignant"),
        ("Which of these, liver, spleen or kidney, is enlarged?", "kidney"),
        ("Which organ is larger, the liver or the spleen, on this CT?", "liver"),
        ("Which side, right or left, shows effusion?", "left"),
        ("Is it more likely benign or malignant, given the margin?", "benign"),
        ("Is the heart normal in size or not?", "not"),
        ("Is the heart normal in size or enlarged?", "enlarged"),
        ("Is the heart enlarged or is it normal?", "enlarged"),
        ("Was the image taken with or without contrast?", "without contrast"),
        ("Was the scan done with or without contrast?", "without contrast"),
        ("Is the lesion larger than 5 or 10 mm?", "10 mm"),
        ("Is the contrast in the bowels or the vasculature?", "In the bowels"),
        ("Does this image use contrast or not?", "contrast"),
        ("Are the dark areas cortical or medullary bone?", "medullary bone"),
    ],
)
def test_a_piece_of_the_sentence_is_no_choice(question: str, answer: str) -> None:
    with pytest.raises(Unfair, match="the choices of the closed question cannot be told"):
        closed_options(question, answer)


@given(st.text(min_size=1), st.integers())
def test_options_are_the_answer_and_distractors_that_no_two_overlap(item_id: str, seed: int) -> None:
    options = drawn(item_id=item_id, seed=seed)
    assert options[0] == "Kidney"
    assert len(options) == 4
    assert set(options[1:]) <= set(ORGANS)
    assert not any(overlap(a, b) for a, b in combinations(options, 2))
    assert len({normalise(option) for option in options}) == 4


@given(st.permutations(sorted(ORGANS)), st.text())
def test_the_order_of_the_pool_does_not_matter(names: list[str], item_id: str) -> None:
    assert drawn(item_id=item_id, pools=[{name: ORGANS[name] for name in names}]) == drawn(item_id=item_id)


def test_the_first_pool_is_used_up_before_the_next() -> None:
    options = drawn(pools=[{"Spleen": 1}, ORGANS])
    assert options[1] == "Spleen"


def test_common_answers_are_drawn_more_often() -> None:
    first = Counter(drawn(item_id=str(number))[1] for number in range(4000))
    total = sum(ORGANS.values())
    expected = [4000 * ORGANS[name] / total for name in sorted(ORGANS)]
    assert chisquare([first[name] for name in sorted(ORGANS)], expected).pvalue > 1e-4


def test_other_right_answers_and_what_overlaps_them_are_never_drawn() -> None:
    seen = {
        option for number in range(200) for option in drawn(item_id=str(number), right=["Liver", "Both Lung"])
    }
    assert seen == {"Kidney", "Heart", "Brain", "Spleen"}


def test_what_may_be_right_for_the_image_is_never_drawn() -> None:
    seen = {
        option
        for number in range(200)
        for option in drawn(item_id=str(number), allowed=lambda a: a != "Liver")
    }
    assert "Liver" not in seen
    assert "Heart" in seen


def test_numbers_stand_with_numbers() -> None:
    assert set(drawn("2", pools=[{"1": 1, "3": 1, "two": 9, "Lung": 9, "0": 1}])) == {"0", "1", "2", "3"}
    assert "3" not in drawn(pools=[{**ORGANS, "3": 99}])


def test_three_options_do_where_no_fourth_is_fair() -> None:
    assert set(drawn("CT", pools=[{"MRI": 3, "X-Ray": 1, "CT": 5}])) == {"CT", "MRI", "X-Ray"}


def test_fewer_than_three_are_refused_and_named() -> None:
    with pytest.raises(Unfair, match="fewer than three fair options: 'T1', 'T2'"):
        drawn("T1", pools=[{"T2": 3, "T1": 1, "t1 ": 1}])


def test_one_distractor_that_shuts_out_the_others_is_passed_over() -> None:
    grey = {"Dark Gray": 1000, "Gray": 1, "Black": 1, "White": 1}
    for number in range(30):
        assert len(drawn("White", item_id=str(number), pools=[grey])) == 3


@pytest.mark.parametrize("n", [2, 3, 4])
def test_every_place_of_the_answer_is_equally_likely(n: int) -> None:
    options = ["Lung", "Heart", "Liver", "Brain"][:n]
    places = Counter(arrange(options, "Lung", seed=7, item_id=str(number))[1] for number in range(3000))
    assert chisquare([places[place] for place in range(n)]).pvalue > 1e-4


@given(st.permutations(["Lung", "Heart", "Liver"]), st.text(), st.integers())
def test_the_arrangement_depends_on_the_item_and_the_seed_alone(
    options: list[str], item_id: str, seed: int
) -> None:
    arranged, at = arrange(options, "heart", seed, item_id)
    assert (arranged, at) == arrange(sorted(options), "Heart", seed, item_id)
    assert sorted(arranged) == sorted(options)
    assert arranged[at] == "Heart"


def test_choices_offered_with_an_article_are_found() -> None:
    assert closed_options("Is this a CT or an MRI?", "MRI") == ("CT", "MRI")


def test_only_as_many_candidates_are_judged_as_are_needed() -> None:
    judged: list[str] = []

    def allowed(candidate: str) -> bool:
        judged.append(candidate)
        return True

    pool = {f"word{'abcdefghij'[n % 10] * (n // 10 + 1)}": 1 for n in range(500)}
    options = open_options("Liver", [pool], n_options=4, seed=7, item_id="x", allowed=allowed)
    assert len(options) == 4
    assert len(judged) == 3
