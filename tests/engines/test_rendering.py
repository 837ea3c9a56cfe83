"""Rendering against the processor called anew for each prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vqa_canary.engines.local import prepared_images
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.prompts import Prompts
from vqa_canary.rows import Instance


def load_processor(folder: Path) -> Any:
    return load("m", TransformersModel(path=str(folder))).processor


@pytest.fixture
def asked(instances: list[Instance], open_image: Any) -> list[tuple[Any, Image.Image]]:
    """Every question about each of two images, one after the other."""
    images = [open_image(instances[0]), open_image(instances[1])]
    return [(Prompts().question_chat(i.question, i.options), image) for image in images for i in instances]


def test_inputs_equal_those_of_a_fresh_processor_and_images_are_prepared_once(
    model_folder: Path, asked: list[tuple[Any, Image.Image]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, processor = load_processor(model_folder), load_processor(model_folder)
    prepared: list[Any] = []
    prepare = processor.image_processor.preprocess

    def noting(images: Any, *args: Any, **kwargs: Any) -> Any:
        prepared.append(images)
        return prepare(images, *args, **kwargs)

    monkeypatch.setattr(processor.image_processor, "preprocess", noting)
    renderer = Renderer(processor, frozenset())
    for chat, image in asked + asked:
        text = plain.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        expected = plain(text=text, images=[[image]], return_tensors="pt")
        found = renderer.render(chat, (image,))
        assert found.text == text
        assert found.inputs.keys() == expected.keys()
        assert all(found.inputs[key].equal(expected[key]) for key in expected)
    assert len(prepared) == 2


def test_prepared_images_are_bounded_in_bytes(
    model_folder: Path, asked: list[tuple[Any, Image.Image]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared_images, "PIXEL_BYTES", 10)
    plain, renderer = load_processor(model_folder), Renderer(load_processor(model_folder), frozenset())
    for chat, image in asked[8:10]:
        text = plain.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        pixels = plain(text=text, images=[[image]], return_tensors="pt")["pixel_values"]
        assert renderer.render(chat, (image,)).inputs["pixel_values"].equal(pixels)


def test_images_of_equal_indices_and_other_palettes_are_told_apart() -> None:
    one = Image.linear_gradient("L").convert("RGB").quantize(16)
    other = one.copy()
    other.putpalette([255 - value for value in one.getpalette() or ()])
    assert one.tobytes() == other.tobytes()
    assert prepared_images.image_key(one) != prepared_images.image_key(other)
    assert prepared_images.image_key(one) == prepared_images.image_key(one.copy())


def test_more_images_than_are_remembered_are_tokenised_together(
    model_folder: Path, instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = Renderer(load_processor(model_folder), frozenset())
    monkeypatch.setattr(renderer, "_expansions", type(renderer._expansions)(2))
    chat = Prompts().question_chat(instances[0].question, instances[0].options)
    prompts = [renderer.render(chat, (Image.new("RGB", (48, 40), (at, 0, 0)),)) for at in range(5)]
    assert renderer.tokenise(prompts) == [prompt.ids for prompt in prompts]
