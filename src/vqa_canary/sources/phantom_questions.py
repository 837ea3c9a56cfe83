"""What may be asked about a phantom: for each type the wordings, the answer and the wrong answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vqa_canary.sources.phantom_drawing import KINDS, MODALITIES, REGIONS, SIZES, Scene

COUNTS = ("zero", "one", "two", "three")


@dataclass(frozen=True, slots=True)
class PhantomQuestion:
    """A question about one scene."""

    question_type: str
    wordings: tuple[str, ...]
    """Several ways to ask the question; one of them is drawn."""
    answer: str
    wrong: tuple[str, ...]
    """Every other answer that could be offered; not one of them is right."""
    closed: bool
    """Whether the question comes with options of its own, all of which are shown."""


def questions(scene: Scene) -> list[PhantomQuestion]:
    """Every question that the scene answers, in a fixed order."""
    return [asked for ask in _ASKS for asked in ask(scene)]


def _asked(
    kind: str, wordings: tuple[str, ...], answer: str, pool: tuple[str, ...], closed: bool = False
) -> PhantomQuestion:
    return PhantomQuestion(kind, wordings, answer, tuple(word for word in pool if word != answer), closed)


def _modality(scene: Scene) -> list[PhantomQuestion]:
    wordings = (
        "Which modality is this image?",
        "How was this image acquired?",
        "Which imaging technique is shown?",
    )
    return [_asked("modality", wordings, scene.modality, MODALITIES)]


def _region(scene: Scene) -> list[PhantomQuestion]:
    wordings = (
        "Which region of the body is shown?",
        "Which part of the body is this?",
        "What body region does the image show?",
    )
    return [_asked("region", wordings, scene.region, REGIONS)] if scene.region else []


def _presence(scene: Scene) -> list[PhantomQuestion]:
    wordings = (
        "Is there a lesion in the image?",
        "Does the image show any lesion?",
        "Are there lesions, or None at all?",
    )
    return [_asked("presence", wordings, "yes" if scene.affected else "no", ("yes", "no"), closed=True)]


def _count(scene: Scene) -> list[PhantomQuestion]:
    wordings = (
        "How many lesions are there?",
        "What is the number of lesions?",
        "How many lesions does the image show?",
    )
    return [_asked("count", wordings, COUNTS[len(scene.affected)], COUNTS)]


def _kind(scene: Scene) -> list[PhantomQuestion]:
    wordings = (
        "What kind of lesion is shown?",
        "Which type of lesion is this?",
        "What kind of lesion does the image show?",
    )
    return [_asked("kind", wordings, scene.kind, KINDS)] if scene.affected else []


def _size(scene: Scene) -> list[PhantomQuestion]:
    wordings = (
        "How large is each lesion?",
        "What is the size of each lesion?",
        "Which size does each lesion have?",
    )
    return [_asked("size", wordings, scene.size, SIZES, closed=True)] if scene.affected else []


def _side(scene: Scene) -> list[PhantomQuestion]:
    wordings = (
        "Which half of the image holds lesions, left or right?",
        "Are lesions on the left, on the right or on both sides?",
        "On which side of the image do lesions lie?",
    )
    halves = {("left side", "right side")[place % 2] for place in scene.affected}
    return _of_halves("side", wordings, halves, ("left side", "right side", "both sides"))


def _level(scene: Scene) -> list[PhantomQuestion]:
    wordings = (
        "Which half of the image holds lesions, upper or lower?",
        "Are lesions above the middle (upper), below it (lower) or both?",
        "At which level of the image do lesions lie?",
    )
    halves = {("upper half", "lower half")[place // 2] for place in scene.affected}
    return _of_halves("level", wordings, halves, ("upper half", "lower half", "both halves"))


def _of_halves(
    kind: str, wordings: tuple[str, ...], halves: set[str], pool: tuple[str, ...]
) -> list[PhantomQuestion]:
    if not halves:
        return []
    answer = halves.pop() if len(halves) == 1 else pool[-1]
    return [_asked(kind, wordings, answer, pool, closed=True)]


def _organ(scene: Scene) -> list[PhantomQuestion]:
    if len(scene.affected) != 1 or not scene.organs:
        return []
    wordings = (
        "Which organ holds the lesion?",
        "In which organ is the lesion?",
        "Where is the lesion?",
    )
    return [_asked("organ", wordings, scene.organs[scene.affected[0]], scene.organs)]


def _affected(scene: Scene) -> list[PhantomQuestion]:
    return [
        _asked(
            "affected",
            (
                f"Is there a lesion in the {organ}?",
                f"Does the {organ} hold a lesion?",
                f"Is the {organ} affected?",
            ),
            "yes" if place in scene.affected else "no",
            ("yes", "no"),
            closed=True,
        )
        for place, organ in enumerate(scene.organs)
    ]


_ASKS: tuple[Callable[[Scene], list[PhantomQuestion]], ...] = (
    _modality,
    _region,
    _presence,
    _count,
    _kind,
    _size,
    _side,
    _level,
    _organ,
    _affected,
)
