"""Prompts without an image: against full forward passes, told in one sentence where a family takes none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.engines.conftest import SLOW_FOR_THE_OTHER
from tests.engines.families.building import QUESTIONS
from tests.engines.families.catalogue import FAMILIES
from tests.engines.test_families import (
    BOUND,
    EXPECTED_READING,
    OPTIONS,
    PROMPTS,
    READER,
    ROUGH,
    SAMPLING,
    SEED,
    answers_of,
    check,
    name_a_choice,
    open_image,
    read_whatever_is_said,
)
from tests.engines.test_several_images import difference, engine_of, instance

from vqa_canary.engines.cutting import asking_order
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.registration import make_engine
from vqa_canary.errors import BadInput
from vqa_canary.reading import OptionRead
from vqa_canary.rows import Instance, content_id


def bare(question: str, options: tuple[str, ...], name: str = "") -> Instance:
    """A question without an image; all about one question are conditions of one item."""
    shown = instance(("square",), question, options)
    return replace(
        shown,
        instance_id=content_id(name, question, options),
        item_id=question,
        condition=f"text_only {options}",
        image_id=None,
        image_path=None,
        image_sha256=None,
    )


ASKED = [bare(question, options) for question in QUESTIONS for options in OPTIONS]


def name_at_once(text: str, options: tuple[str, ...]) -> OptionRead:
    """A choice without a letter in the text, so that letters are read at the first token: which token holds a later
    character is open where those of a random answer spell no whole ones, and no matter of images."""
    return replace(name_a_choice(text, options), letter=False)


def check_bare(folder: Path, bound: float, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Hold questions without an image against full forward passes, among others with one."""
    read_whatever_is_said(monkeypatch)
    after = answers_of(monkeypatch)
    for place in (READER, "tests.engines.test_families.name_a_choice"):
        monkeypatch.setattr(place, name_at_once)
    seen = instance(("square",), QUESTIONS[0], OPTIONS[0])
    engine, loaded = engine_of(folder), load("m", TransformersModel(path=str(folder)))
    found = {row.instance_id: row for row in engine.answer([seen, *ASKED], open_image)}
    assert {(row.status, row.error) for row in found.values()} == {("ok", None)}
    for one in (seen, *ASKED):
        check(found[one.instance_id], after[one.instance_id], one, loaded, bound)
    [alone] = engine_of(folder).answer(ASKED[:1], open_image)  # one prompt alone can prove no faster reading
    assert difference(alone, found[ASKED[0].instance_id]) < bound
    assert difference(found[seen.instance_id], found[ASKED[0].instance_id]) > 10 * bound
    facts: dict[str, str] = engine.facts
    return facts


def test_reference_models_read_them_as_full_forward_passes_do(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_bare(model_folder, BOUND, monkeypatch)["reading"] == "tree"


WITHOUT = dict.fromkeys(
    ("paligemma", "kosmos2_5"), "the model's processor cannot take a question without an image: "
)
"""Families that are not to be asked without an image, and how their rows say so."""


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_families_read_them_as_full_forward_passes_do(
    family: str, family_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    if family in WITHOUT:
        seen = instance(("square",), QUESTIONS[0], OPTIONS[0])
        answered, *failed = engine_of(family_folder(family)).answer([seen, *ASKED[:2]], open_image)
        assert answered.status == "ok"
        assert all((row.error or "").startswith(WITHOUT[family]) for row in failed)
        return
    facts = check_bare(family_folder(family), ROUGH.get(family, BOUND), monkeypatch)
    assert facts["reading"] == EXPECTED_READING[family]  # with an image and without


@SLOW_FOR_THE_OTHER
@pytest.mark.parametrize("reading", ["packed tree", "repeated cache", "full prompts"])
def test_every_way_of_reading_can_prove_itself_on_them(
    model_folder: Path, reading: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A way whose wrong variant looks at another image would prove nothing of prompts without one."""
    read_whatever_is_said(monkeypatch)
    settings = {"path": str(model_folder), "reading": reading}
    slow = make_engine("m", settings, PROMPTS, SAMPLING, SEED, Path())
    found = [*slow.answer(ASKED, open_image)]
    assert slow.facts["reading"] == reading
    assert "read one by one" not in slow.facts["reading_reason"]
    for one, other in zip(found, engine_of(model_folder).answer(ASKED, open_image), strict=True):
        assert difference(one, other) < BOUND


def refusing(engine: Any, without: str) -> Any:
    """The engine, whose processor fails on prompts without an image, or whose model does."""
    renderer = engine._renderer
    process, model = renderer.process, engine._loaded.model
    forward = model.forward

    def processed(text: str, images: tuple[Image.Image, ...]) -> Any:
        if not images and without == "processor":
            raise ValueError("an image is expected")
        return process(text, images)

    def read(*args: Any, **kwargs: Any) -> Any:
        if (
            kwargs.get("past_key_values") is None
            and not {"pixel_values", "mm_encoder_outputs"} & kwargs.keys()
        ):
            raise TypeError("no pixels")
        return forward(*args, **kwargs)

    renderer.process = processed
    if without == "model":
        model.forward = read
    return engine


@SLOW_FOR_THE_OTHER
@pytest.mark.parametrize(
    ("without", "message"),
    [
        ("processor", "the model's processor cannot take a question without an image: an image is expected"),
        ("model", "the model cannot be asked without an image: "),
    ],
)
def test_a_family_that_takes_none_answers_the_other_questions(
    model_folder: Path, without: str, message: str
) -> None:
    seen = [instance((image,), QUESTIONS[0], OPTIONS[0]) for image in ("square", "other")]
    engine = refusing(engine_of(model_folder), without)
    rows = engine.answer([*ASKED[:3], *seen], open_image)
    assert [row.status for row in rows] == ["failed"] * 3 + ["ok"] * 2
    assert all((row.error or "").startswith(message) for row in rows[:3])
    alone = refusing(engine_of(model_folder), without).answer(ASKED, open_image)
    assert {row.status for row in alone} == {"failed"}


def test_what_a_model_fails_on_without_an_image_does_not_hide_that_it_fails_on_all(
    model_folder: Path,
) -> None:
    def broken(engine: Any) -> Any:
        def process(text: str, images: tuple[Image.Image, ...]) -> Any:
            raise ValueError("broken" if images else "an image is expected")

        engine._renderer.process = process
        return engine

    seen = [instance((image,), QUESTIONS[0], OPTIONS[0]) for image in ("square", "other")]
    with pytest.raises(BadInput, match="failed on all of the first 2 instances, which are about 2 images"):
        broken(engine_of(model_folder)).answer([*ASKED[:3], *seen], open_image)


def test_questions_without_an_image_are_asked_last() -> None:
    seen = [replace(instance((image,), QUESTIONS[0], OPTIONS[0]), image_id=image) for image in ("0a", "ff")]
    assert sorted([ASKED[0], *seen], key=asking_order) == [*seen, ASKED[0]]
