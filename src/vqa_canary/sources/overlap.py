"""Whether two answers to one question could both be right, judged by their words alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product

from vqa_canary.sources.wording import normalise

Words = frozenset[str]

SYNONYMS: dict[str, tuple[str, ...]] = {
    "anteroposterior": ("ap", "anterior-posterior", "anterior posterior"),
    "axial": ("transverse",),  # two names of one plane
    "bottom": ("lower",),
    "cardiomegaly": ("enlarged heart", "heart enlargement"),
    "center": ("centre", "middle", "central"),
    "cns": ("central nervous system",),
    "colon": ("large bowel", "large intestine"),  # the colon is nearly all of it
    "ct": ("computed tomography", "cat scan"),
    "dwi": ("diffusion weighted", "diffusion-weighted"),
    "excrete waste": ("excrete body waste", "excrete feces", "discharge waste"),
    "gallstone": ("cholelithiasis",),
    "gray": ("grey",),
    "hemorrhage": ("bleeding", "bleed"),
    "hydrocephalus": ("ventriculomegaly", "enlarged ventricles"),
    "infarct": ("infarction", "stroke"),
    "infiltration": ("infiltrate",),
    "ivc": ("inferior vena cava",),
    "kidney": ("renal",),
    "left": ("l", "left-sided", "left sided"),
    "metastasis": ("metastases", "metastatic disease"),
    "mri": ("magnetic resonance imaging", "mr"),
    "nodule": ("nodular",),
    "pneumoperitoneum": ("free air",),
    "posteroanterior": ("pa", "posterior-anterior", "posterior anterior"),
    "right": ("r", "right-sided", "right sided"),
    "small bowel": ("small intestine",),
    "store urine": ("storage of urine",),
    "tooth": ("teeth",),
    "top": ("upper",),
    "x-ray": ("x ray", "xray", "xr", "cxr", "radiograph", "plain film"),
}
"""For each wording that answers are compared in, other wordings that mean the same."""

ALIKE: tuple[tuple[str, ...], ...] = (
    ("mass", "nodule"),  # size alone tells them apart
    *product(("mass", "nodule"), ("cancer", "tumor")),  # which show as one
    ("pneumonia", "infiltration"),  # an infiltrate is how pneumonia shows
    *product(
        ("opacity", "lesion", "abnormality"),  # what each of these shows as
        ("mass", "nodule", "cancer", "tumor", "cyst", "abscess", "metastasis"),
    ),
    *product(("opacity", "consolidation"), ("pneumonia", "infiltration", "atelectasis")),
    ("opacity", "consolidation"),
    *product(("metastasis",), ("mass", "nodule", "tumor", "cancer")),
    ("hemorrhage", "hematoma"),
    ("gallstone", "calcification"),
    *product(("coronal",), ("anteroposterior", "posteroanterior")),  # the plane of a frontal film
    ("t2", "flair"),  # which is a T2-weighted sequence
    ("dwi", "adc"),  # a map made from it
    ("circular", "oval"),  # one cross-section may be called either
    ("black", "dark gray", "hypodense"),  # neighbouring grey levels
    ("white", "light gray", "hyperdense"),
    ("breathe", "gas delivery", "ventilation"),  # what airways do, and what the lung does
)
"""Terms that may both be right of one finding, though neither contains the other's words."""

PARTS: dict[str, tuple[str, ...]] = {
    "cns": ("head", "brain", "spine", "spinal cord"),
    "body": ("head", "neck", "chest", "abdomen", "pelvic cavity"),
    "head": ("brain", "brain stem", "temporal lobe", "eye", "ear", "mandible", "tooth", "parotid"),
    "neck": ("larynx", "trachea", "esophagus"),
    "chest": (
        *("lung", "heart", "pulmonary bronchus", "trachea", "esophagus"),
        *("mediastinum", "breast", "rib", "cardiopulmonary", "pulmonary", "cardiac"),
    ),
    "cardiopulmonary": ("lung", "heart", "pulmonary", "cardiac"),
    "mediastinum": ("heart", "trachea", "esophagus", "aorta"),
    "abdomen": ("liver", "spleen", "kidney", "stomach", "colon", "small bowel", "duodenum", "intestine"),
    "pelvic cavity": ("bladder", "rectum", "colon", "small bowel", "femoral head"),
    "brain": (
        *("brain stem", "temporal lobe", "lobe", "cerebellum", "cerebrum", "cerebral", "thalamus"),
        *("basal ganglia", "ventricle", "frontal", "parietal", "occipital"),
    ),
    "hemisphere": ("lobe", "frontal", "parietal", "temporal", "occipital", "convexity", "basal ganglia"),
    "cerebral": ("lobe", "frontal", "parietal", "temporal", "occipital", "basal ganglia"),
    "basal ganglia": ("caudate", "putamen", "globus pallidus"),
    "liver": ("lobe",),
    "lung": ("pulmonary bronchus", "lobe"),
    "intestine": ("colon", "small bowel", "duodenum", "rectum"),
    "colon": ("rectum",),
    "small bowel": ("duodenum",),
    "mandible": ("tooth",),
    "mri": ("t1", "t2", "flair", "dwi", "adc"),
}
"""For each whole, what lies in it: where the one is a right answer, the other may be right as well."""

_EMPTY = {"a", "an", "and", "both", "in", "of", "part", "side", "the", "weighted"}
_SEQUENCES = frozenset({"t1", "t2", "flair", "dwi", "adc"})
"""Ways to take an MRI; beside one of these the word `MRI` says no more: `T2-weighted MRI` is `T2`."""
_CANONICAL = {normalise(other): name for name, others in SYNONYMS.items() for other in others}
# Longer wordings first, so that one is not cut at a shorter one within it.
_VARIANT = re.compile(r"\b(" + "|".join(sorted(map(re.escape, _CANONICAL), key=len, reverse=True)) + r")\b")


@dataclass(frozen=True, slots=True)
class _Thing:
    """One part of an answer: `Upper Left Lung` is the thing {lung} at the place {top, left}."""

    words: Words
    place: Words


def overlap(first: str, second: str) -> bool:
    """Whether both answers could be right, so that they may not stand in one list of options.

    They overlap where they are one wording (case, number words, singular and plural, order,
    synonyms), where they share a part (`"Lung, Heart"` and `"Heart"`), where one is wider than the
    other (`"Lung"` and `"Both Lungs"`, `"Mass"` and `"Pulmonary Mass"`, `"Head"` and `"Brain"`),
    or where both may be said of one finding (`ALIKE`). The same thing at places that exclude each
    other does not overlap (`"Left Lung"` and `"Right Lung"`, `"Top"` and `"Lower Left"`), but
    places on different axes do (`"Top"` and `"Left"`), and so do a bare place and a thing
    (`"Left"` and `"Heart"`). Nor are bare `"Left"` and `"Right"` told apart: the left of the picture
    is the right of the patient.
    """
    one, other = _things(first), _things(second)
    # Bare places: two of them exclude each other on some axis, but `left` and `right` never do (see above), and a place
    # never excludes a thing.
    if not one[0].words or not other[0].words:
        return one[0].words != other[0].words or not _apart(
            _sideless(one[0].place), _sideless(other[0].place)
        )
    return any(_related(a.words, b.words) and not _apart(a.place, b.place) for a, b in product(one, other))


def terms(answer: str) -> tuple[Words, ...]:
    """The words of each part of an answer that names a thing, without sides and places."""
    return tuple(thing.words for thing in _things(answer) if thing.words)


@cache
def words(text: str) -> Words:
    """The words of a text in singular and in canonical wording, without those that carry no meaning."""
    # Synonyms are replaced before words are cut, since some have two words (`x ray`).
    canonical = _VARIANT.sub(lambda found: _CANONICAL[found[0]], normalise(text))
    spelled = [part for word in re.findall(r"\w[\w-]*", canonical) for part in _unhyphened(word)]
    found = frozenset(map(_singular, spelled)) - _EMPTY
    # `T2 MRI` is `T2`: every one of these is a way to take an MRI, so the word adds nothing.
    return found - {"mri"} if found & _SEQUENCES else found


@cache
def _things(answer: str) -> tuple[_Thing, ...]:
    """The parts of an answer that name a thing; where none does, the place that all parts together describe."""
    # Answers list several parts: `Lung, Heart`, `liver and spleen`, `CT/MRI`.
    parts = [words(part) for part in re.split(r"[,;/&]|\band\b", normalise(answer))]
    things = tuple(_Thing(part - _PLACES, part & _PLACES) for part in parts if part - _PLACES)
    return things or (_Thing(frozenset(), frozenset().union(*parts)),)


def _unhyphened(word: str) -> list[str]:
    """The word cut at its hyphen where that joins a way to take an MRI: `mri-flair`, `t2-weighted`; other hyphens stay,
    as in `x-ray`."""
    parts = word.split("-")
    return parts if _SEQUENCES & set(parts) else [word]


def _singular(word: str) -> str:
    # Endings by which singular words end in s: `mass`, `thrombus`, `pelvis`; and short ones such as `gas`.
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


@cache
def _related(first: Words, second: Words) -> bool:
    # Fewer words mean a wider term: `Mass` is right wherever `Pulmonary Mass` is.
    if first <= second or second <= first:
        return True
    return any((a <= first and b <= second) or (b <= first and a <= second) for a, b in _PAIRS)


def _apart(first: Words, second: Words) -> bool:
    """Whether the places exclude each other on some axis of the picture or the body."""
    # They do where both say something of one axis and share no word of it.
    return any(a and b and not a & b for a, b in zip(_axes(first), _axes(second), strict=True))


def _sideless(place: Words) -> Words:
    return frozenset("side" if word in ("left", "right") else word for word in place)


def _axes(place: Words) -> tuple[Words, Words]:
    # A centre is the middle of whichever axis says nothing else: `Center` excludes `Left`, but `Left Center` does not.
    center = place & {"center"}
    return place & {"left", "right", "side"} or center, place & {"top", "bottom"} or center


_PLACES = frozenset({"left", "right", "top", "bottom", "center"})
_PAIRS = [
    *((words(a), words(b)) for group in ALIKE for a, b in product(group, group) if a != b),
    *((words(whole), words(part)) for whole, parts in PARTS.items() for part in parts),
]
