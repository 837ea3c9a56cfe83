"""Limits on images: put where each family has them, in effect, and refused where they would do nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.engines.families.building import QUESTIONS
from tests.engines.test_families import (
    BOUND,
    OPTIONS,
    PROMPTS,
    SAMPLING,
    SEED,
    answers_of,
    check,
    open_image,
    read_whatever_is_said,
)
from tests.engines.test_several_images import instance

from vqa_canary.engines.local.image_limits import limit_images
from vqa_canary.engines.local.limit_places import LIMITS
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.registration import make_engine, model_options
from vqa_canary.errors import BadInput, UnfitSetting

LARGE, SMALL = ((96, 96), (64, 160)), ((16, 16),)


def processor_of(folder: Path) -> Any:
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(folder)


def n_tokens(processor: Any, sizes: tuple[tuple[int, int], ...]) -> int:
    """Tokens of questions about images of these sizes."""
    return sum(_n_tokens(processor, size) for size in sizes)


def _n_tokens(processor: Any, size: tuple[int, int]) -> int:
    chat = PROMPTS.question_chat(QUESTIONS[0], OPTIONS[0])
    text = processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    return int(
        processor(text=text, images=[[Image.fromarray(noise)]], return_tensors="pt")["input_ids"].shape[1]
    )


@pytest.mark.parametrize(
    ("family", "limits", "large", "small"),
    [  # whether large and small images get more tokens (1), fewer (-1) or as many as before
        ("qwen2_5_vl", {"max_pixels": 1300}, -1, 0),
        ("qwen2_5_vl", {"max_pixels": 4000}, 1, 0),
        ("qwen3_vl", {"min_pixels": 1600}, 0, 1),
        ("qwen3_vl", {"min_pixels": 4000, "max_pixels": 9000}, 1, 1),
        ("qwen3_vl", {"min_pixels": 256, "max_pixels": 600}, -1, -1),
        ("glm4v", {"max_pixels": 4000}, 1, 0),
        ("mistral3", {"max_pixels": 1300}, -1, 0),
        ("gemma4", {"max_pixels": 40_000}, 1, 1),
        ("idefics3", {"max_tiles": 1}, -1, -1),
        ("internvl", {"max_tiles": 1}, -1, 0),
        ("internvl", {"max_tiles": 9}, 1, 0),
        ("cohere2_vision", {"max_tiles": 1}, -1, 0),
        ("molmo2", {"max_tiles": 1}, -1, 0),
        ("llava_next", {"max_tiles": 2}, -1, 0),
        ("llava_onevision", {"max_tiles": 2}, -1, 0),
    ],
)
def test_a_limit_takes_effect_in_the_terms_of_each_family(
    family_folder: Callable[[str], Path], family: str, limits: dict[str, int], large: int, small: int
) -> None:
    folder = family_folder(family)
    plain, limited = processor_of(folder), processor_of(folder)
    config, told = limit_images(limited, limits)
    found = [np.sign(n_tokens(limited, sizes) - n_tokens(plain, sizes)) for sizes in (LARGE, SMALL)]
    assert found == [large, small]
    assert all(f"{name} {value:,} (" in told for name, value in limits.items())
    assert config.keys() == ({"image_grid_pinpoints"} if family.startswith("llava_") else set())


@pytest.mark.parametrize(
    ("family", "setting", "value", "what"),
    [
        ("llava", "max_pixels", 1300, r"\(CLIPImageProcessorPil\) has no such limit. It has none"),
        ("paligemma", "max_tiles", 2, "has no such limit. It has none"),
        ("gemma3", "max_tiles", 2, "has no such limit. It has none"),  # it would, with do_pan_and_scan
        ("internvl", "min_pixels", 1300, "has no such limit. It has max_tiles"),
        ("qwen2_5_vl", "max_tiles", 2, "has no such limit. It has min_pixels and max_pixels"),
        (
            "qwen2_5_vl",
            "max_pixels",
            500,
            "between 500 and the processor's other limit, 1,024, no size is left",
        ),
        ("mllama", "max_tiles", 2, "knows arrangements of tiles by numbers"),
        ("llava_next", "max_tiles", 1, "smallest arrangement has 2"),
        ("gemma4", "max_pixels", 1300, "give 17,920 or more"),
        ("idefics3", "max_tiles", 6, r"does not do what it says \(size of .*own limit comes to 4\)"),
    ],
)
def test_a_limit_that_a_family_lacks_is_refused_by_name(
    family_folder: Callable[[str], Path], family: str, setting: str, value: int, what: str
) -> None:
    with pytest.raises(UnfitSetting, match=what) as caught:
        limit_images(processor_of(family_folder(family)), {setting: value})
    assert caught.value.setting == setting


class Deaf:
    """A processor that has a name of the kind and takes no notice of it, or of the half."""

    tokenizer: Any = None

    def __init__(self, heard: float) -> None:
        self.image_processor = SimpleNamespace(max_pixels=10_000, valid_kwargs=object)
        self._heard = heard

    def apply_chat_template(self, *_: object, **__: object) -> str:
        return ""

    def __call__(self, images: list[list[Image.Image]], **_: object) -> dict[str, Any]:
        import torch

        most = 10_000 + self._heard * (self.image_processor.max_pixels - 10_000)
        return {"pixel_values": torch.zeros(3 * int(min(most, images[0][0].width * images[0][0].height)))}


@pytest.mark.parametrize(
    ("heard", "limit", "fault"),
    [
        (1.0, 4000, ""),
        (1.0, 20_000, ""),
        (0.0, 4000, "5,476 pixels without it and 5,476 with it"),
        (0.8, 4000, "without it and 5,200 with it"),  # which is less than before, and more than was asked for
        (-0.5, 20_000, "10,000 pixels without it and 5,000 with it"),
    ],
)
def test_a_limit_that_a_processor_does_not_keep_is_refused(heard: float, limit: int, fault: str) -> None:
    processor = Deaf(heard)
    if not fault:
        assert limit_images(processor, {"max_pixels": limit}) == ({}, f"max_pixels {limit:,} (max_pixels)")
        return
    with pytest.raises(UnfitSetting, match=f"{limit:,} does not do what it says .*{fault}"):
        limit_images(processor, {"max_pixels": limit})


def test_a_limited_model_is_read_as_full_forward_passes_do(
    family_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_whatever_is_said(monkeypatch)
    after = answers_of(monkeypatch)
    folder = str(family_folder("llava_next"))
    settings = {"path": folder, "max_tiles": 2}
    engine: Any = make_engine("m", settings, PROMPTS, SAMPLING, SEED, Path())
    asked = [instance((image,), QUESTIONS[0], OPTIONS[0]) for image in ("square", "wide")]
    loaded = load("m", TransformersModel.model_validate(settings))
    for one, evidence in zip(asked, engine.answer(asked, open_image), strict=True):
        assert (evidence.status, evidence.error) == ("ok", None)
        check(evidence, after[one.instance_id], one, loaded, BOUND)
    assert engine.facts["reading"] == "tree"
    assert engine.facts["image_limits"] == "max_tiles 2 (image_grid_pinpoints)"
    assert engine.fingerprint != TransformersModel(path=folder).fingerprint


def test_limits_are_checked_and_told_apart_before_a_model_is_loaded(model_folder: Path) -> None:
    model = {"path": str(model_folder)}
    for setting in LIMITS:
        with pytest.raises(BadInput, match=rf"models\.m\.{setting}: .*greater than or equal to 1"):
            model_options("m", model | {setting: 0}, Path("/"))
    with pytest.raises(BadInput, match=r"models\.m\.min_pixels: 9 is more than max_pixels, 8"):
        model_options("m", model | {"min_pixels": 9, "max_pixels": 8}, Path("/"))
    ways: list[dict[str, int]] = [{}, *({setting: 4} for setting in LIMITS), {"max_tiles": 5}]
    prints = {TransformersModel.model_validate(model | way).fingerprint for way in ways}
    assert len(prints) == len(ways)
    with pytest.raises(
        BadInput, match=r"^parameters: models\.m\.min_pixels: the image processor of this model"
    ):
        load("m", TransformersModel(path=str(model_folder), min_pixels=7))
