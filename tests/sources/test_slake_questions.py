from __future__ import annotations

import pytest

from vqa_canary.sources.overlap import words
from vqa_canary.sources.slake_questions import (
    ORGANS_OF_FUNCTION,
    ImageFacts,
    family_of,
    is_vague,
    region_of,
    spelled,
    system_of,
    wrong_for,
)


@pytest.mark.parametrize(
    ("question", "family"),
    [
        ("What modality is used to take this image?", "modality"),
        ("What is the mr weighting in this image?", "weighting"),
        ("In what plane is this image scanned?", "plane"),
        ("How many kidneys in this image?", "count"),
        ("How many organs are there in this image?", "vague count"),
        ("What color is the liver in the picture?", "color"),
        ("What can the organ with black color in this image be used for?", "function"),
        ("What diseases are included in the picture?", "disease"),
        ("How to treat the disease located on the heart in this image?", "treatment"),
        ("Which organs/organ in the picture belong to sensory organs?", "system"),
        ("Which part do the organs in this image locate from the aspect of the whole body?", "region"),
        ("What is the organ system visualized?", "region"),
        ("What are the white veins in the black part of the body?", "organ"),
        ("What is the largest organ in the picture?", "outermost organ"),
        ("What is the main organ in the image?", "organ"),
        ("Which lobe is abnormal in this image?", "side"),
        ("Where is the brain edema?", "place of disease"),
        ("Which organ of chest is abnormal in this image?", "place of disease"),
        ("Where is the brain stem in this image?", "place"),
        ("Which is the kidney?", "look"),
        ("Which one is the liver?", "look"),
        ("Who wrote this?", "who wrote this"),
    ],
)
def test_family(question: str, family: str) -> None:
    assert family_of(question).name == family


@pytest.mark.parametrize(
    ("location", "region"),
    [
        ("Lung", "chest"),
        ("Brain_Tissue", "head"),
        ("Chest_heart", "chest"),
        ("Pelvic Cavity", "pelvic cavity"),
        (None, None),
    ],
)
def test_region(location: str | None, region: str | None) -> None:
    assert region_of(location) == region


def test_system_and_vagueness_and_spelling() -> None:
    assert system_of("Which organs/organ is part of the digestive system in this image?") == "digestive"
    assert system_of("Which organs/organ in the picture belong to sensory organs?") == "nervous"
    assert system_of("What organ system is pictured?") is None
    assert is_vague("Above the rectum", family_of("Where is the small bowel?"))
    assert not is_vague("Upper Left", family_of("Where is the liver?"))
    assert spelled("Brian Edema, Noudle") == "brain Edema, nodule"


@pytest.fixture
def abdomen() -> ImageFacts:
    facts = ImageFacts()
    for question, answer in (
        ("Does the picture contain liver?", "Yes"),
        ("Does the picture contain heart?", "No"),
        ("How many kidneys in this image?", "0"),
        ("Is the spleen healthy?", "No"),
        ("Which is bigger, liver or stomach?", "Liver"),
        ("Does the patient have liver cancer?", "No"),
        ("Where is the nodule?", "Left"),
    ):
        facts.add(question, answer, "abdomen")
    return facts


@pytest.mark.parametrize(
    ("organ", "lacks"),
    [
        ("heart", True),  # a record says so
        ("kidney", True),
        ("brain", True),  # nowhere near the abdomen
        ("liver", False),
        ("spleen", False),  # what is not healthy is there
        ("stomach", False),
        ("lung", False),  # the chest adjoins the abdomen
        ("spinal cord", False),  # belongs to no region
    ],
)
def test_only_what_is_known_to_be_absent_is_absent(abdomen: ImageFacts, organ: str, lacks: bool) -> None:
    assert abdomen.lacks(words(organ)) is lacks


def test_diseases_are_those_that_a_record_affirms(abdomen: ImageFacts) -> None:
    assert abdomen.diseases() == {"nodule"}


@pytest.mark.parametrize(
    ("question", "answer", "other", "wrong"),
    [
        ("What organ is on the left?", "Liver", "Heart", True),
        ("What organ is on the left?", "Liver", "Heart, Spleen", False),
        ("What organ is on the left?", "Right Kidney", "Left Kidney", True),
        ("What organ is on the left?", "Right Lung", "Left Lung", True),  # present, and not on this side
        ("What organ is on the left?", "Liver", "Left Lung", False),
        ("What is the largest organ in the picture?", "Liver", "Stomach", True),
        ("What is the function of the organ?", "Biotransformation", "Promote blood flow", True),
        ("What is the function of the organ?", "Biotransformation", "Breathe", False),
        ("What is the function of the organ?", "Biotransformation", "Something new", False),
        ("Which part of the body is this?", "Abdomen", "Head", True),
        ("Which part of the body is this?", "Abdomen", "Abdomen", False),
        ("What diseases are shown?", "Nodule", "None", False),
        ("How much damage will be caused?", "Much", "None", True),
    ],
)
def test_certainly_wrong(abdomen: ImageFacts, question: str, answer: str, other: str, wrong: bool) -> None:
    assert wrong_for(family_of(question), answer, abdomen)(other) is wrong


@pytest.mark.parametrize("function", ORGANS_OF_FUNCTION)
def test_every_function_is_found_by_its_words(function: str, abdomen: ImageFacts) -> None:
    facts = ImageFacts()
    for organ in ORGANS_OF_FUNCTION[function]:
        facts.add(f"Does the picture contain {organ}?", "No", None)
    assert wrong_for(family_of("What is the function of the organ?"), "other", facts)(function)
