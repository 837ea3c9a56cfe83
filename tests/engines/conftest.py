"""Small random-weight models of real classes with real processors, saved and loaded as a user's would be."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.rows import Instance, content_id

WORDS = ("lung", "liver", "heart", "kidney", "spleen", "None of the above")


SLOW_FOR_THE_OTHER = pytest.mark.parametrize(
    "model_folder", ["llava", pytest.param("idefics3", marks=pytest.mark.slow)], indirect=True
)
"""For tests of what hardly depends on the architecture: the second one is asked in the slow tests alone."""


@pytest.fixture(scope="session", params=["llava", "idefics3"])
def model_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose weights are large enough that context, image and position matter."""
    import torch

    from vqa_canary.reference_models.architecture import Architecture, build_model, build_processor

    architecture = Architecture(family=request.param, text_layers=2)
    sentences = [*WORDS, "Which organ is it ?", *Prompts().model_dump().values()]
    processor = build_processor(architecture, sentences)
    torch.manual_seed(7)
    model = build_model(architecture, processor)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(6)
        # A whole forward pass would read an image token in an answer as a second image: at logit 0 among
        # logits with a standard deviation of about four it is not drawn.
        words = model.get_output_embeddings().weight
        words.mul_(3)
        words[processor.tokenizer.convert_tokens_to_ids("<image>")] = 0
    folder = tmp_path_factory.mktemp(request.param)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def family_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a family's small random model; written when first asked for."""
    from tests.engines.families.catalogue import FAMILIES
    from tests.engines.families.stand_ins import register

    @cache
    def build(name: str) -> Path:
        register()
        folder = tmp_path_factory.mktemp(name)
        FAMILIES[name](folder)
        return folder

    return build


@pytest.fixture(scope="session")
def instances() -> list[Instance]:
    """Questions with two to five options, so that prompts differ in length."""
    return some_instances()


@pytest.fixture(scope="session")
def open_image() -> ImageOpener:
    """Noise of its own for each image id."""
    return draw_noise


def some_instances() -> list[Instance]:
    return [
        Instance(
            instance_id=content_id(at),
            dataset="test",
            item_id=str(at),
            condition="clean",
            question="Which organ is it ?",
            options=WORDS[at % 2 : at % 2 + 2 + at % 4],
            image_id=f"image {at % 3}",
            image_path=f"{at % 3}.png",
            image_sha256="",
            answer_index=0,
        )
        for at in range(9)
    ]


def draw_noise(instance: Instance) -> Image.Image:
    generator = np.random.default_rng(int(str(instance.image_id)[-1]))
    return Image.fromarray(generator.integers(0, 256, (40, 48, 3), dtype=np.uint8))
