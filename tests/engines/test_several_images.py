"""Several images in one prompt: against full forward passes, in their order, each of them seen, and else told so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.engines.conftest import SLOW_FOR_THE_OTHER
from tests.engines.families.building import QUESTIONS
from tests.engines.families.catalogue import FAMILIES
from tests.engines.test_families import (
    BOUND,
    OPTIONS,
    PROMPTS,
    ROUGH,
    SAMPLING,
    SEED,
    answers_of,
    check,
    open_image,
    read_whatever_is_said,
)
from tests.optional import not_none

from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.rendering import _expanded
from vqa_canary.engines.registration import make_engine
from vqa_canary.errors import BadInput
from vqa_canary.rows import Evidence, Instance, ShownImage, content_id, with_images

SETS = [("square", "other"), ("other", "square"), ("square", "square"), ("square", "wide"), ("wide",)]


def instance(images: tuple[str, ...], question: str, options: tuple[str, ...], name: str = "") -> Instance:
    one = Instance(
        instance_id=content_id(name, *images, question, options),
        dataset="test",
        item_id=f"{images} {question}",
        condition="clean",
        question=question,
        options=options,
        image_id="",
        image_path="",
        image_sha256="",
        answer_index=0,
    )
    return with_images(one, [ShownImage(image, f"{image}.png", "") for image in images])


def engine_of(folder: Path) -> Any:
    return make_engine("m", {"path": str(folder)}, PROMPTS, SAMPLING, SEED, Path())


def check_sets(folder: Path, bound: float, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Hold a question about each set of images against full forward passes, and about the first in two conditions."""
    read_whatever_is_said(monkeypatch)
    after = answers_of(monkeypatch)
    asked = [instance(images, QUESTIONS[0], OPTIONS[0]) for images in SETS]
    asked.append(instance(SETS[0], QUESTIONS[0], OPTIONS[1]))
    again = instance(SETS[2], QUESTIONS[0], OPTIONS[0], "the same once more")
    engine = engine_of(folder)
    *found, last = engine.answer([*asked, again], open_image)
    loaded = load("m", TransformersModel(path=str(folder)))
    assert {(evidence.status, evidence.error) for evidence in (*found, last)} == {("ok", None)}
    for one, evidence in zip(asked, found, strict=True):
        check(evidence, after[one.instance_id], one, loaded, bound)
    first, swapped, twice = found[:3]
    assert difference(first, swapped) > 10 * bound
    assert difference(twice, last) < bound
    facts: dict[str, str] = engine.facts
    return facts


def difference(one: Evidence, other: Evidence) -> float:
    return float(np.abs(np.subtract(not_none(one.option_logprobs), not_none(other.option_logprobs))).max())


def test_reference_models_read_several_images_as_full_forward_passes_do(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_sets(model_folder, BOUND, monkeypatch)["reading"] == "tree"


ONE_IMAGE = {
    "llava_mistral": "of 2 images in one prompt, image 1 changes nothing",  # it is behind the window
    "kosmos2_5": "the model cannot be asked about 2 images in one question",
}
"""Families that take one image alone, and what they say of more."""


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_families_read_several_images_as_full_forward_passes_do(
    family: str, family_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    if family in ONE_IMAGE:
        [failed, _] = engine_of(family_folder(family)).answer(
            [instance(images, QUESTIONS[0], OPTIONS[0]) for images in SETS[3:]], open_image
        )
        assert ONE_IMAGE[family] in (failed.error or "")
        return
    check_sets(family_folder(family), ROUGH.get(family, BOUND), monkeypatch)


def blind_to(engine: Any, place: int) -> Any:
    """The engine, whose model is shown a black image in one place of several."""
    renderer = engine._renderer
    process = renderer.process

    def seen(text: str, images: tuple[Image.Image, ...]) -> Any:
        black = [
            Image.new("RGB", one.size) if at == place and len(images) > 1 else one
            for at, one in enumerate(images)
        ]
        return process(text, black)

    renderer.process = seen
    return engine


@SLOW_FOR_THE_OTHER
def test_a_model_that_does_not_see_one_of_several_images_answers_about_one_alone(model_folder: Path) -> None:
    pair = instance(("square", "other"), QUESTIONS[0], OPTIONS[0])
    alone = instance(("square",), QUESTIONS[0], OPTIONS[0])
    engine = blind_to(engine_of(model_folder), 1)
    failed, answered = engine.answer([pair, alone], open_image)
    assert answered.status == "ok"
    assert "cannot be asked about 2 images" in (failed.error or "")
    assert "of 2 images in one prompt, image 2 changes nothing" in (failed.error or "")
    [lone] = blind_to(engine_of(model_folder), 0).answer([pair], open_image)
    assert "image 1 changes nothing" in (lone.error or "")
    other = instance(("other", "square"), QUESTIONS[0], OPTIONS[0])
    with pytest.raises(
        BadInput, match="failed on all of the first 2 instances, which are about 2 sets of images"
    ):
        blind_to(engine_of(model_folder), 0).answer([pair, other], open_image)


@SLOW_FOR_THE_OTHER
def test_a_processor_that_takes_one_image_fails_the_others(model_folder: Path) -> None:
    engine = engine_of(model_folder)
    renderer = engine._renderer
    process = renderer.process

    def one_alone(text: str, images: tuple[Image.Image, ...]) -> Any:
        if len(images) > 1:
            raise ValueError("one image a prompt")
        return process(text, images)

    renderer.process = one_alone
    rows = [instance(images, QUESTIONS[0], OPTIONS[0]) for images in SETS[3:]]
    failed, answered = engine.answer(rows, open_image)
    assert failed.error == "the model's processor cannot take 2 images in one question: one image a prompt"
    assert answered.status == "ok"


def test_what_stands_for_an_image_may_hold_its_mark() -> None:
    expansion = (("<image>", "<image><image>"), ("<image>", "[<image>]"))
    assert _expanded("a <image> b <image> c <image>", expansion) == "a <image><image> b [<image>] c <image>"
