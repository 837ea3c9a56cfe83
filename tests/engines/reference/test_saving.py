from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from vqa_canary.engines.prompts import Prompts
from vqa_canary.reference_models.architecture import Architecture, build_model, build_processor
from vqa_canary.reference_models.corpus import Corpus, Example, sentences
from vqa_canary.reference_models.course import CurvePoint
from vqa_canary.reference_models.saving import model_card, writer
from vqa_canary.reference_models.training import Training

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin


def test_a_loaded_model_answers_as_the_saved_one(
    model: PreTrainedModel,
    processor: ProcessorMixin,
    corpus: Corpus,
    example: Example,
    picture: Image.Image,
    tmp_path: Path,
) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    folder = tmp_path / "model"
    folder.mkdir()
    writer(model, processor, "m", "none", Architecture(), Training(), 7, [])(folder)
    loaded = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
    read = AutoProcessor.from_pretrained(folder)
    chat = corpus.chat(example.questions[0])
    texts = [
        p.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) for p in (read, processor)
    ]
    assert texts[0] == texts[1]
    inputs = read(images=[picture], text=texts[:1], return_tensors="pt")
    assert tuple(inputs["input_ids"][0].tolist()) == corpus.prompt(chat)
    with torch.no_grad():
        rounded = copy.deepcopy(model)
        for parameter in rounded.parameters():
            parameter.copy_(parameter.half())
        expected = rounded(**inputs).logits
        assert torch.allclose(loaded(**inputs).logits, expected, atol=1e-5)
        said = loaded.generate(**inputs, max_new_tokens=3, do_sample=False)
    assert said.shape[1] > inputs["input_ids"].shape[1]
    assert model.dtype == torch.float32, "saving leaves the model as it was"


def test_what_is_written_is_the_model_as_it_was(
    model: PreTrainedModel, processor: ProcessorMixin, tmp_path: Path
) -> None:
    network = copy.deepcopy(model)
    write = writer(network, processor, "m", "none", Architecture(), Training(), 7, [])
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    write(tmp_path)
    kept = load_file(tmp_path / "model.safetensors")
    assert {weight.dtype for weight in kept.values()} == {torch.float16}
    assert any(weight.abs().max() > 0 for weight in kept.values())


@pytest.mark.parametrize("family", ["llava", "idefics3"])
def test_it_is_small_enough_for_a_repository(family: Literal["llava", "idefics3"], tmp_path: Path) -> None:
    architecture = Architecture(family=family)
    processor = build_processor(architecture, sentences(Prompts(), []))
    model = build_model(architecture, processor)
    writer(model, processor, "m", "none", architecture, Training(), 7, [])(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2**21


def test_the_card_quotes_the_last_check() -> None:
    curves = [
        CurvePoint(5, "accuracy", 0.5),
        CurvePoint(10, "accuracy", 0.75),
        CurvePoint(20, "accuracy", 0.875),
    ]
    card = model_card("tiny", "phantoms.", Architecture(), Training(), 10, curves, 1234, 160)
    assert "| accuracy | 0.750 |" in card
    assert "0.875" not in card
    assert "1,234 parameters" in card
    assert "no clinician" in card
    assert "never among the options" in card
