from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.sources.overlap import ALIKE, PARTS, SYNONYMS, overlap, terms

OVERLAPPING = [
    ("Lung", "lung "),
    ("2", "two"),
    ("Kidney", "Kidneys"),
    ("Abnormality", "Abnormalities"),
    ("Left Lung", "Lung, Left"),
    ("Lung", "Both Lungs"),
    ("Both", "Left"),
    ("Lung", "Left Lung"),
    ("Lung, Heart", "Heart"),
    ("Heart and Liver", "Liver, Stomach"),
    ("Brain Tumor, Brain Edema", "Brain Edema, Brain Tumor"),
    ("Brain Tumor", "Brain Non-enhancing Tumor"),
    ("Mass", "Pulmonary Mass"),
    ("Mass", "Lung Cancer"),
    ("Mass", "Brain Edema, Brain Tumor"),
    ("Gray", "Dark grey"),
    ("Dark Gray", "Black"),
    ("Head", "Brain"),
    ("Large Bowel", "Colon"),
    ("Intestine", "Rectum"),
    ("Upper Left", "Left and Top"),
    ("Top", "Left"),
    ("Left", "Right"),  # of the picture or of the patient?
    ("Lower Left", "Lower Right"),
    ("Left", "Left Lung"),
    ("Left Lung, Right", "Lower Left Lung"),
    ("Both Lung", "Lower Right Lobe"),
    ("Right Chest", "Right Lung"),
    ("Center", "Liver"),
    ("MRI", "T2"),
    ("X-ray", "X ray"),
    ("Digest food, secrete enzymes", "Absorb nutrients, secrete enzymes, digest food"),
    ("Store feces, excrete feces", "Absorb water, excrete body waste"),
]
APART = [
    ("Left Lung", "Right Lung"),
    ("Left Kidney", "Right Lung"),
    ("Upper Left Lung", "Lower Left Lung"),
    ("Left Lung, Right", "Right Lung, Left"),
    ("Top", "Lower Left"),
    ("Center", "Left"),
    ("Lower Middle", "Center"),
    ("Heart", "Lower Left Lung"),
    ("Lung", "Liver"),
    ("Lung Cancer", "Liver Cancer"),
    ("Brain Edema", "Brain Tumor"),
    ("CT", "MRI"),
    ("T1", "T2"),
    ("1", "2"),
    ("Black", "Gray"),
    ("Transverse Plane", "Coronal Plane"),
    ("Head", "Chest"),
    ("None", "Pneumonia"),
    ("Breathe", "Control heartbeat and breathing"),
    ("Atelectasis", "Effusion"),
]
answers = st.sampled_from(sorted({answer for pair in OVERLAPPING + APART for answer in pair}))


@pytest.mark.parametrize(("first", "second"), OVERLAPPING)
def test_answers_that_may_both_be_right_overlap(first: str, second: str) -> None:
    assert overlap(first, second)
    assert overlap(second, first)


@pytest.mark.parametrize(("first", "second"), APART)
def test_answers_that_exclude_each_other_do_not(first: str, second: str) -> None:
    assert not overlap(first, second)
    assert not overlap(second, first)


@given(answers, answers)
def test_overlap_is_symmetric_reflexive_and_blind_to_spelling(first: str, second: str) -> None:
    assert overlap(first, first)
    assert overlap(first, second) == overlap(second, first) == overlap(f" {first.upper()}.", second.lower())


@pytest.mark.parametrize(
    ("name", "other"), [(name, other) for name, others in SYNONYMS.items() for other in others]
)
def test_every_synonym_overlaps_its_canonical_wording(name: str, other: str) -> None:
    assert overlap(name, other)


@pytest.mark.parametrize(
    ("first", "second"),
    [(first, second) for group in ALIKE for first in group for second in group]
    + [(whole, part) for whole, parts in PARTS.items() for part in parts],
)
def test_every_entry_of_the_tables_is_in_force(first: str, second: str) -> None:
    assert overlap(first, second)


def test_terms_are_the_things_without_their_places() -> None:
    assert terms("Left Lung, Upper Right") == (frozenset({"lung"}),)
    assert terms("Liver and Hearts") == (frozenset({"liver"}), frozenset({"heart"}))
    assert terms("Upper Left") == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("PA", "Posterior-Anterior"),
        ("CXR", "Plain Film X-ray"),
        ("T2-weighted", "T2-MRI"),
        ("MRI", "FLAIR"),
        ("MR-FLAIR", "T2 Weighted MRI"),
        ("R Frontal Lobe", "Right Hemisphere"),
        ("Basal Ganglia", "Putamen"),
        ("Nodular Opacities", "Pulmonary Nodules"),
        ("Coronal", "PA"),
        ("Chest", "Cardiopulmonary"),
        ("Infarct", "Acute Stroke"),
    ],
)
def test_radiologists_words_for_one_thing_overlap(first: str, second: str) -> None:
    assert overlap(first, second)
    assert overlap(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("PA", "AP"),
        ("MR-FLAIR", "MRI-DWI"),
        ("T1 Weighted", "T2 Weighted"),
        ("X-ray", "CT"),
        ("L Lung", "R Lung"),
    ],
)
def test_radiologists_words_for_two_things_do_not(first: str, second: str) -> None:
    assert not overlap(first, second)
