from itertools import combinations, product

import pytest

from vqa_canary.sources.phantom_drawing import KINDS, MODALITIES, REGIONS, SIZES, Scene
from vqa_canary.sources.phantom_looks import LOOKS
from vqa_canary.sources.phantom_questions import COUNTS, PhantomQuestion, questions

SCENES = [
    Scene(modality, region, affected, kind, size)
    for n in range(4)
    for affected in combinations(range(4), n)
    for modality, kind, size in product(MODALITIES, KINDS, SIZES)
    for region in (REGIONS if LOOKS[modality].shows_body else (None,))
]


def _right(scene: Scene, kind: str, answer: str, question: str) -> bool:
    """Whether `answer` is true of the scene, by definition."""
    left = {place % 2 == 0 for place in scene.affected}
    upper = {place < 2 for place in scene.affected}
    organs = scene.organs
    match kind:
        case "modality" | "region" | "kind" | "size":
            return bool(answer == getattr(scene, kind))
        case "presence":
            return (answer == "yes") == bool(scene.affected)
        case "count":
            return COUNTS.index(answer) == len(scene.affected)
        case "side":
            return {"left side": {True}, "right side": {False}, "both sides": {True, False}}[answer] == left
        case "level":
            return {"upper half": {True}, "lower half": {False}, "both halves": {True, False}}[
                answer
            ] == upper
        case "organ":
            return [organs.index(answer)] == list(scene.affected)
        case "affected":
            named = [place for place, organ in enumerate(organs) if organ in question]
            assert len(named) == 1
            return (answer == "yes") == (named[0] in scene.affected)
    raise AssertionError(kind)


def test_exactly_one_answer_is_right() -> None:
    for scene in SCENES:
        for asked in questions(scene):
            for wording in asked.wordings:
                assert _right(scene, asked.question_type, asked.answer, wording), (scene, asked)
                for wrong in asked.wrong:
                    assert not _right(scene, asked.question_type, wrong, wording), (scene, asked, wrong)


def test_every_wording_asks_one_thing() -> None:
    """No wording serves two types, or an organ could be asked for and answered with a side."""
    types: dict[str, set[str]] = {}
    for scene in SCENES:
        for asked in questions(scene):
            for wording in asked.wordings:
                types.setdefault(wording, set()).add(asked.question_type)
    assert all(len(kinds) == 1 for kinds in types.values())


@pytest.mark.parametrize("affected", [(), (1,), (0, 3)])
def test_nothing_is_asked_that_the_scene_does_not_answer(affected: tuple[int, ...]) -> None:
    asked = {one.question_type for one in questions(Scene("CT", "head", affected, "cyst", "small"))}
    always = {"modality", "region", "presence", "count", "affected"}
    about_lesions = {"kind", "size", "side", "level"} if affected else set()
    assert asked == always | about_lesions | ({"organ"} if len(affected) == 1 else set())
    in_tissue = {one.question_type for one in questions(Scene("fundus", None, affected, "cyst", "small"))}
    assert in_tissue == {"modality", "presence", "count"} | about_lesions


def test_each_question_has_three_wordings_and_distinct_answers() -> None:
    seen: set[PhantomQuestion] = {asked for scene in SCENES for asked in questions(scene)}
    for asked in seen:
        assert len(set(asked.wordings)) == 3
        assert len({asked.answer, *asked.wrong}) == 1 + len(asked.wrong) >= 2
