"""What SLAKE asks: families of questions whose answers can stand in for one another, and what
the other records about an image say of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from vqa_canary.sources.overlap import PARTS, Words, terms, words
from vqa_canary.sources.wording import normalise

_TOO_MANY_RIGHT = "the answer is one of several lists of {} that would be right as well"


@dataclass(frozen=True, slots=True)
class Family:
    """Questions that ask the same kind of thing."""

    name: str
    asks: str
    """Pattern that is searched in a normalised question to tell whether it belongs to the family."""
    unfair: str = ""
    """Why no question of the family has fair options; empty where its questions can have them."""
    shared: bool = False
    """Whether an answer to one question of the family may be right for the others of the image."""
    several: bool = False
    """Whether an answer may list several things, each of them a part of what is right."""
    debatable: bool = False
    """Whether another option could be defended, since the answer is a matter of convention."""


FAMILIES: tuple[Family, ...] = (
    Family("harm", r"how much damage"),
    Family("treatment", r"how to treat", _TOO_MANY_RIGHT.format("treatments")),
    Family("prevention", r"how to prevent", _TOO_MANY_RIGHT.format("general advice")),
    Family("cause", r"main cause", _TOO_MANY_RIGHT.format("causes")),
    Family("symptom", r"symptom", _TOO_MANY_RIGHT.format("symptoms")),
    Family("weighting", r"weighting|type of mri"),
    Family("modality", r"modality|how was this image taken|type of medical image"),
    Family("plane", r"\bplane\b"),
    Family("vague count", r"^how many (organs|kinds)", debatable=True),
    Family("count", r"^how many"),
    Family("density", r"density"),
    Family("color", r"colou?r (is|are|do|does|of)\b", debatable=True),
    Family("shape", r"shape of", "what one calls irregular another calls oval or circular"),
    Family("disease", r"what disease", shared=True, several=True),
    Family("system", r"which organs/organ .*(system|sensory organs)", several=True),
    Family("function", r"function|effect|used for|what role"),
    Family(
        "region",
        r"organ system (is|visuali)|which part of the (human )?body|the whole body|represent in the body|picture show",
        shared=True,
    ),
    Family("outermost organ", r"(largest|leftmost|rightmost) organ"),
    Family("side", r"which (side of lung|lobe|hemisphere) is"),
    Family(
        "place of disease",
        r"(where|what part|which (part|side|organ) of (the )?chest)\b.*(abnormal|edema|tumor|mass|nodule|pneumo"
        r"|atelectasis|effusion|infiltration|cardiomegaly)",
        shared=True,
        several=True,
    ),
    Family("place", r"^(where|which place)\b"),
    Family(
        "look", r"^which (1 )?is (the )?\w+", "the answer describes how an organ looks; others fit as well"
    ),
    Family("organ", r"\b(organs?|tissue|veins|points|spots|outline|black hole)\b", several=True),
)
"""The families in order: a question belongs to the first whose pattern is found in it."""

DISEASES = (
    "atelectasis", "brain edema", "brain enhancing tumor", "brain non-enhancing tumor", "brain tumor",
    "cardiomegaly", "effusion", "infiltration", "kidney cancer", "liver cancer", "lung cancer", "mass",
    "nodule", "pneumonia", "pneumothorax",
)  # fmt: skip

ORGANS_OF_FUNCTION: dict[str, tuple[str, ...]] = {
    "breathe": ("lung",),
    "promote blood flow": ("heart",),
    "gas delivery": ("trachea", "larynx"),
    "ventilation": ("trachea", "larynx"),
    "cutting": ("mandible", "tooth"),
    "biotransformation": ("liver",),
    "absorb nutrients": ("small bowel", "stomach", "duodenum", "intestine"),
    "digest food": ("small bowel", "stomach", "duodenum", "colon", "intestine"),
    "absorb water": ("colon", "intestine"),
    "store feces": ("rectum", "colon"),
    "store urine": ("bladder",),
    "improve the body's immunity": ("spleen",),
    "control heartbeat": ("brain stem",),
    "participate in hearing": ("temporal lobe",),
}
"""For each piece of wording of a recorded function the organs that have this function."""

SPELLING = {
    "barin": "brain",
    "brian": "brain",
    "cardiomega": "cardiomegaly",
    "cardiomegal": "cardiomegaly",
    "noudle": "nodule",
}
"""Misspelt words of SLAKE's answers and what they should be; a misspelt option would give itself away."""

REGIONS = ("head", "neck", "chest", "abdomen", "pelvic cavity")
"""Regions of the body from top to bottom: an image may show two that are neighbours here."""


def family_of(question: str) -> Family:
    """The family of a question; one that no pattern knows is a family of its own."""
    text = normalise(question)
    known = (family for family in FAMILIES if re.search(family.asks, text))
    return next(known, Family(text, asks=""))


def region_of(location: str | None) -> str | None:
    """The region of the body, one of `REGIONS` where it is known, for SLAKE's `location`, which also tells tissues and
    organs apart."""
    place = normalise(location or "").split("_")[0]
    return {"brain": "head", "lung": "chest"}.get(place, place) or None


def system_of(question: str) -> str | None:
    """The organ system that a question of family `system` asks about.

    Sense organs go with the nervous system and lymphatic ones with the circulatory system: an organ
    of the one may be said to belong to the other.
    """
    found = re.search(r"which organs/organ .*?(\w+) (system|organs)", normalise(question))
    return {"sensory": "nervous", "lymphatic": "circulatory"}.get(found[1], found[1]) if found else None


def is_vague(answer: str, family: Family) -> bool:
    """Whether the answer describes a place by what lies near it, where other descriptions fit too."""
    near = r"\b(above|under|around|symmetrical|upper left of)\b"
    return family.name.startswith("place") and bool(re.search(near, normalise(answer)))


def spelled(text: str) -> str:
    """The text with its misspellings mended."""
    return re.sub(r"\w+", lambda word: SPELLING.get(word[0].casefold(), word[0]), text)


@dataclass(slots=True)
class ImageFacts:
    """What all records about one image say of it."""

    region: str | None = None
    said: set[Words] = field(default_factory=set)
    """Words of every question about the image, with its answer, that takes what it names to be in the image."""
    affirmed: set[Words] = field(default_factory=set)
    """Words of every question about the image, with its answer, whose answer is not No, 0 or None."""
    denied: set[Words] = field(default_factory=set)
    """Words of every question that asks whether something is in the image, with an answer that says it is not."""

    def add(self, question: str, answer: str, region: str | None) -> None:
        """Take in the facts of one record."""
        said = words(spelled(f"{question} {answer}"))
        negative = normalise(answer) in ("no", "0", "none", "not seen")
        if not negative:
            self.affirmed.add(said)
        (self.denied if negative and _asks_for_organ(question) else self.said).add(said)
        self.region = self.region or region

    def shows(self, organ: Words) -> bool:
        """Whether some record takes the organ to be in the image."""
        return any(organ <= said for said in self.said)

    def lacks(self, organ: Words) -> bool:
        """Whether the organ is known not to be in the image: a record says so, or it belongs to a
        region of the body that does not even adjoin the one shown."""
        if self.shows(organ):
            return False
        if any(organ <= denied for denied in self.denied):
            return True
        homes = [at for at, region in enumerate(REGIONS) if organ in _ORGANS[region]]
        if self.region not in REGIONS or not homes:
            return False
        here = REGIONS.index(self.region)
        return all(abs(here - home) > 1 for home in homes)

    def diseases(self) -> set[str]:
        """Diseases that some record takes to be in the image."""
        return {name for name in DISEASES if any(words(name) <= said for said in self.affirmed)}


def wrong_for(family: Family, answer: str, facts: ImageFacts) -> Callable[[str], bool]:
    """Whether an answer to another question of the family is certainly wrong for this image.

    Of organs only those count that the image is known to lack, since the question picks one by a
    place or a grey value that others may share, and the recorded one of the other side; of
    functions, those of organs that it lacks; of regions, those of which it shows no organ. `None`
    is never a distractor but where it is a grade of harm: beside "None of the above" it would leave
    no fair question.
    """
    if family.name == "organ":
        return lambda other: _mirrored(other, answer) or all(facts.lacks(organ) for organ in terms(other))
    if family.name == "function":
        return lambda other: all(facts.lacks(organ) for organ in _organs_of_function(other))
    if family.name == "region":
        return lambda other: all(_elsewhere(place, facts) for place in terms(other))
    return lambda other: family.name == "harm" or normalise(other) != "none"


def _mirrored(first: str, second: str) -> bool:
    """Whether two answers name the left and the right one of a pair."""
    sides = {"left", "right"}
    return normalise(first) != normalise(second) and words(first) ^ words(second) == sides


def _elsewhere(place: Words, facts: ImageFacts) -> bool:
    for region in REGIONS:
        if place == words(region):
            return region != facts.region and not any(facts.shows(organ) for organ in _ORGANS[region])
    return facts.lacks(place)


def _organs_of_function(answer: str) -> list[Words]:
    """Organs with one of the functions; a function that is not known gives one that no image lacks."""
    known = [(words(function), organs) for function, organs in ORGANS_OF_FUNCTION.items()]
    found = [
        words(o) for part in terms(answer) for function, organs in known if function <= part for o in organs
    ]
    return found or [words("an unknown organ")]


def _asks_for_organ(question: str) -> bool:
    text = normalise(question)
    exists = re.search(r"contain|exist|appear|\bthere\b|how many", text)
    return bool(exists) and not re.search(r"abnormal|normal|health|patient|observed", text)


_ORGANS = {region: frozenset(words(organ) for organ in PARTS[region]) for region in REGIONS}
