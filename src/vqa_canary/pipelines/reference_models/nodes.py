"""Nodes of `reference_models`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial, update_wrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqa_canary.pipelines.parameters import Prompts, ReferenceModel
from vqa_canary.pipelines.reference_models.examples import (
    examples_from_items,
    examples_from_scenes,
    open_images,
)
from vqa_canary.reference_models.progress_file import ProgressFile
from vqa_canary.rows import content_id

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin

    from vqa_canary.reference_models.corpus import Example
    from vqa_canary.reference_models.course import CurvePoint
    from vqa_canary.rows import Item

Stream = Callable[[int], "Iterator[Example]"]
"""For a number, the endless stream of examples from the one of this number on."""
Outputs = tuple[Any, ...]
"""What a training node returns: a function that writes the model's folder for each training length, and last the
table of learning curves."""


def checkpoints(name: str, lengths: Sequence[int]) -> list[str]:
    """Names of the models that one run leaves: its own, or one for each training length."""
    return [name] if len(lengths) == 1 else [f"{name}-{length}" for length in sorted(lengths)]


def train_on_phantoms_of(name: str) -> Callable[..., Outputs]:
    """The node function of the run `name` that learns from phantoms; it can be sent to another process
    (`ParallelRunner`)."""
    return update_wrapper(partial(train_on_phantoms, name=name), train_on_phantoms)


def train_on_phantoms(
    model: ReferenceModel, prompts: Prompts, seed: int, progress_at: Path, name: str
) -> Outputs:
    """Train on endless phantoms; none of them is a study's (their split has another name)."""
    from vqa_canary.sources.phantom import vocabulary

    def examples(processor: ProcessorMixin) -> tuple[Stream, Sequence[Example]]:
        held_out = examples_from_scenes(processor, "held out", seed)
        stream = partial(examples_from_scenes, processor, "train", seed)
        return stream, list(islice(held_out, model.n_held_out))

    data = "phantoms drawn by this project, a new image for every example; no image was seen twice."
    progress = ProgressFile(progress_at, _digest(name, model, prompts, seed, vocabulary()))
    return _train(name, model, prompts, vocabulary(), examples, data, progress)


def train_on_items_of(name: str) -> Callable[..., Outputs]:
    """The node function of the run `name` that learns from a dataset's train split; it can be sent to another process,
    too."""
    return update_wrapper(partial(train_on_items, name=name), train_on_items)


def train_on_items(
    items: Any, model: ReferenceModel, prompts: Prompts, seed: int, progress_at: Path, name: str
) -> Outputs:
    """Train on the items of split `train`; curves are measured on split `validate`."""
    from vqa_canary.frames import to_rows
    from vqa_canary.project import project_root
    from vqa_canary.rows import Item
    from vqa_canary.sources.selection import select

    rows = to_rows(items, Item)
    learnt = select(rows, "train", None, seed)
    checked = select(rows, "validate", model.n_held_out, seed)

    def examples(processor: ProcessorMixin) -> tuple[Stream, Sequence[Example]]:
        images = open_images(learnt, project_root())

        def stream(first: int) -> Iterator[Example]:
            return islice(examples_from_items(processor, learnt, images, seed), first, None)

        held_out = examples_from_items(processor, checked, open_images(checked, project_root()), seed)
        return stream, list(islice(held_out, len({item.image_id for item in checked})))

    names = ", ".join(sorted({item.dataset for item in learnt}))
    n_images = len({item.image_id for item in learnt})
    data = f"split `train` of {names}: {len(learnt)} questions about {n_images} images, options redrawn."
    shown = [(item.item_id, item.image_sha256) for item in (*learnt, *checked)]
    progress = ProgressFile(progress_at, _digest(name, model, prompts, seed, shown))
    return _train(name, model, prompts, _texts(learnt), examples, data, progress)


def _digest(name: str, model: ReferenceModel, prompts: Prompts, seed: int, data: object) -> str:
    """Changes with all that a training rests on, which is all but how often it is saved."""
    settings = model.model_dump(mode="json", exclude={"training": {"save_every"}})
    return content_id(name, settings, prompts.model_dump(), seed, data)


def _texts(items: Sequence[Item]) -> list[str]:
    return sorted({text for item in items for text in (item.question, *item.options)})


def _train(
    name: str,
    model: ReferenceModel,
    prompts: Prompts,
    texts: Sequence[str],
    examples: Callable[[ProcessorMixin], tuple[Stream, Sequence[Example]]],
    data: str,
    progress: ProgressFile,
) -> Outputs:
    import pandas as pd

    from vqa_canary.reference_models.architecture import build_processor
    from vqa_canary.reference_models.corpus import sentences
    from vqa_canary.reference_models.saving import writer
    from vqa_canary.reference_models.training import train

    processor = build_processor(model.architecture, sentences(prompts, texts))
    stream, held_out = examples(processor)
    names = dict(zip(sorted(model.training.lengths), checkpoints(name, model.training.lengths), strict=True))
    kept: list[Callable[[Path], None]] = []

    def keep(steps: int, network: PreTrainedModel, curves: list[CurvePoint]) -> None:
        about = names[steps], data, model.architecture, model.training, steps, curves
        kept.append(writer(network, processor, *about))

    curves = train(model.training, model.architecture, processor, prompts, stream, held_out, keep, progress)

    def write_last(folder: Path) -> None:
        # Only with the last model written is there nothing left to go on with.
        kept[-1](folder)
        progress.remove()

    return *kept[:-1], write_last, pd.DataFrame(curves)
