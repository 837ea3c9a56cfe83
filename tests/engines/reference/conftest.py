from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from vqa_canary.engines.prompts import Prompts
from vqa_canary.reference_models.architecture import Architecture, build_model, build_processor
from vqa_canary.reference_models.corpus import Corpus, Example, Question, pixels_of, sentences
from vqa_canary.reference_models.initialisation import initialise

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin

QUESTIONS = (
    Question("Which organ is shown?", "lung", ("heart", "lung", "liver"), 1, "organ"),
    Question("Which organ is this?", "lung", ("lung", "left kidney"), 0, "organ"),
    Question("Is there a lesion?", "no", ("no", "yes"), 0, "presence"),
)
TEXTS = [text for question in QUESTIONS for text in (question.text, *question.options)]


TEXT_TOO = Prompts(answer_style="letter and text")


@pytest.fixture(scope="session", params=["llava", "idefics3"])
def architecture(request: pytest.FixtureRequest) -> Architecture:
    return Architecture(
        family=request.param, vision_layers=1, vision_width=32, text_layers=2, text_width=32, text_mlp=32
    )


@pytest.fixture(scope="session")
def processor(architecture: Architecture) -> ProcessorMixin:
    return build_processor(architecture, [*sentences(Prompts(), TEXTS), *sentences(TEXT_TOO, TEXTS)])


@pytest.fixture(scope="session")
def corpus(processor: ProcessorMixin) -> Corpus:
    return Corpus(processor, Prompts())


@pytest.fixture(scope="session")
def corpus_of_texts(processor: ProcessorMixin) -> Corpus:
    """Answers of letter and text."""
    return Corpus(processor, TEXT_TOO)


@pytest.fixture(scope="session")
def model(architecture: Architecture, processor: ProcessorMixin) -> PreTrainedModel:
    """Random weights, large enough that context matters."""
    import torch

    model = build_model(architecture, processor)
    initialise(model, 0)
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=rng) * 0.1)
    return model.eval()


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    return Image.radial_gradient("L").resize((64, 64))


@pytest.fixture(scope="session")
def example(processor: ProcessorMixin, picture: Image.Image) -> Example:
    return Example(pixels_of(processor, picture), QUESTIONS)
