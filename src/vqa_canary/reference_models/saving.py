"""A trained reference VLM as a folder that transformers loads, with a model card."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vqa_canary.reference_models.architecture import Architecture
from vqa_canary.reference_models.course import CurvePoint
from vqa_canary.reference_models.training import Training

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin


def writer(
    model: PreTrainedModel,
    processor: ProcessorMixin,
    name: str,
    data: str,
    architecture: Architecture,
    training: Training,
    steps: int,
    curves: Sequence[CurvePoint],
) -> Callable[[Path], None]:
    """A function that writes the model as it is now: weights (safetensors, half precision), processor and card.

    The model may be trained on afterwards: what is written is a copy made here.
    """
    import torch

    parameters = sum(parameter.numel() for parameter in model.parameters())
    words = len(processor.tokenizer)
    card = model_card(name, data, architecture, training, steps, curves, parameters, words)
    kept = copy.deepcopy(model).to(torch.float16)

    def write(folder: Path) -> None:
        kept.save_pretrained(folder)
        processor.save_pretrained(folder)
        (folder / "README.md").write_text(card, encoding="utf-8")

    return write


def model_card(
    name: str,
    data: str,
    architecture: Architecture,
    training: Training,
    steps: int,
    curves: Sequence[CurvePoint],
    parameters: int,
    words: int,
) -> str:
    """What a reference VLM is, what it learnt from, how well it does, and what it is not.

    Parameters
    ----------
    data : a sentence on the training data
    steps : how many steps of `training` the model has taken
    curves : as `train` returns them; the last check at `steps` or before is quoted
    """
    measured = {point.measure: point.value for point in curves if point.step <= steps}
    rows = "\n".join(
        f"| {measure} | {value:.3f} |"
        for measure, value in measured.items()
        if not measure.startswith("loss.")
    )
    nota = "was among the options of some" if training.saw_nota else "was never among the options"
    return f"""# {name}

A tiny vision-language model, trained from nothing as an instrument of this benchmark: small enough to
run anywhere, and known through and through. **It is no clinician and must not be used on patients:**
it knows {words} words and sees 64 x 64 pixels.

- Family: {architecture.family}, {parameters:,} parameters, half precision.
- Data: {data}
- "None of the above" {nota} in training.
- Training: {steps} steps of {training.images} images, seed {training.seed}.

On held-out examples of the same kind, after {steps} steps:

| measure | value |
| --- | --- |
{rows}
"""
