"""A trained reference VLM as a folder that transformers loads, with a model card."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vqa_canary.engines.reference.architecture import Architecture
from vqa_canary.engines.reference.training import Point, Training

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin


def save(model: PreTrainedModel, processor: ProcessorMixin, card: str, folder: Path) -> None:
    """Write weights (safetensors, half precision), processor and card; a whole folder or none.

    A folder of that name is replaced once the new one is complete. A run that dies leaves at most a
    hidden folder beside it.
    """
    import torch

    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        unfinished.mkdir(parents=True)
        copy.deepcopy(model).to(torch.float16).save_pretrained(unfinished)
        processor.save_pretrained(unfinished)
        (unfinished / "README.md").write_text(card, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def model_card(
    name: str,
    data: str,
    architecture: Architecture,
    training: Training,
    steps: int,
    curves: Sequence[Point],
    parameters: int,
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
it knows a few hundred words and sees 64 x 64 pixels.

- Family: {architecture.family}, {parameters:,} parameters, half precision.
- Data: {data}
- "None of the above" {nota} in training.
- Training: {steps} steps of {training.images} images, seed {training.seed}.

On held-out examples of the same kind, after {steps} steps:

| measure | value |
| --- | --- |
{rows}
"""
