"""Training of a reference VLM from nothing: first words, then letters, then follow-ups.

A model first learns to answer in words (which teaches it to see) and to find the letter of an
option that it is told; then the benchmark's own prompt, which is both at once; then to judge its own
answers. Examples come fresh at every step, so follow-ups ask about answers to questions that the
model has not been taught.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from vqa_canary.engines.prompts import Prompts
from vqa_canary.progress import Progress
from vqa_canary.reference_models.architecture import Architecture, build_model
from vqa_canary.reference_models.checking import check
from vqa_canary.reference_models.corpus import (
    Corpus,
    Example,
    PredictedToken,
    Question,
    with_nota,
    with_stray,
)
from vqa_canary.reference_models.course import Course, CurvePoint
from vqa_canary.reference_models.initialisation import initialise
from vqa_canary.reference_models.losses import losses
from vqa_canary.reference_models.progress_file import ProgressFile
from vqa_canary.reference_models.tree import TokenTree, forward
from vqa_canary.seeding import derive_seed, random_for

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, ProcessorMixin


class Training(BaseModel):
    """How long and how fast a reference VLM is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    lengths: tuple[int, ...] = Field(default=(3000,), min_length=1)
    """Numbers of steps after which the model is kept; training ends at the largest."""
    images: int = Field(default=24, gt=0)
    """Number of images in each step."""
    saw_nota: bool = False
    """Whether "None of the above" (NOTA) is among the options of some questions."""
    strays: float = Field(default=0.5, ge=0, le=1)
    """Share of the questions without NOTA in which an option of another type of question (a stray) takes an option's
    place."""
    letters_from: int = 400
    """Step after which the benchmark's own prompt, which asks for a letter, is taught as well."""
    follow_ups_from: int = 400
    """Step after which P(True) and verbalized confidence are taught as well, at every fourth step."""
    words: tuple[int, int] = (6, 3)
    """Number of questions about each image that are answered in words: before and after `letters_from`."""
    told: tuple[int, int] = (2, 1)
    """Number of questions about each image where the answer is told and only its letter asked: before and after
    `letters_from`."""
    letters: int = 4
    """Number of questions about each image that are answered by letter, after `letters_from`."""
    matrix_rate: float = 5e-3
    """Learning rate of the layers' matrices, which Muon trains."""
    rate: float = 1e-3
    """Learning rate of embeddings, biases and norms, which AdamW trains."""
    warm_up: int = 60
    """Number of steps over which the learning rates rise; over the last half of all steps they fall to a twentieth."""
    check_every: int = 250
    """Number of steps between checks on held-out examples."""
    save_every: int = Field(default=100, gt=0)
    """Number of steps after which the training could be gone on with, were it ended."""
    threads: int | None = None
    """Number of CPU threads; None leaves the choice to torch."""


def train(
    training: Training,
    architecture: Architecture,
    processor: ProcessorMixin,
    prompts: Prompts,
    examples: Callable[[int], Iterator[Example]],
    held_out: Sequence[Example],
    keep: Callable[[int, PreTrainedModel, list[CurvePoint]], Any],
    progress_file: ProgressFile | None = None,
) -> list[CurvePoint]:
    """Train one model and return its learning curves.

    Parameters
    ----------
    examples : for a number, the endless stream from its example of this number on; options should be drawn anew
        whenever an image comes again
    held_out : examples that are never learnt from
    keep : called with steps, model and curves so far at every one of `training.lengths`
    progress_file : where a training that was ended goes on, with the same result as one that was not
    """
    import torch

    if training.threads:
        torch.set_num_threads(training.threads)
    corpus = Corpus(processor, prompts)
    course = _begin(training, architecture, processor)
    saved = progress_file.load() if progress_file else None
    if saved is not None:
        course.restore(saved, keep)
    stream, steps, note = examples(course.step * training.images), max(training.lengths), ""
    with Progress(steps, "training", "step") as progress:
        progress.update(course.step)
        for step in range(course.step + 1, steps + 1):
            # The randomness of a step depends on nothing but the seed and the step's number.
            rng = random_for(training.seed, str(step), "training step")
            batch = [_varied(example, training, rng) for example in islice(stream, training.images)]
            trees = _lessons(batch, training, step, corpus, course.model, rng)
            pace = _pace(step, steps, training)
            course.count(step, _learn(course.model, course.optimisers, trees, batch, corpus, pace))
            if step % training.check_every == 0 or step in training.lengths:
                found = check(course.model, corpus, held_out)
                course.measure(found)
                note = f"accuracy {found['accuracy']:.2f}"
            if step in training.lengths:
                course.keep(keep)
            if progress_file and step % training.save_every == 0:
                progress_file.save(course.state())
            progress.update(note=note)
    return course.curves


def _begin(training: Training, architecture: Architecture, processor: ProcessorMixin) -> Course:
    import torch

    # Within the range of seeds that torch takes.
    torch.manual_seed(derive_seed(training.seed, "reference", "training") % 2**63)
    model = build_model(architecture, processor)
    initialise(model, training.seed)
    model.train()
    return Course(model, _optimisers(model, training))


def _varied(example: Example, training: Training, rng: Random) -> Example:
    """The example with NOTA in some of its questions, if it may be seen, and strays in some others."""

    def vary(question: Question) -> Question:
        shown = with_nota(question, rng) if training.saw_nota else question
        # An option of another type of question does not answer this one.
        others = [other for other in example.questions if other.question_type != question.question_type]
        return with_stray(question, others, training.strays, rng) if shown is question else shown

    return replace(example, questions=tuple(vary(question) for question in example.questions))


def _lessons(
    batch: list[Example], training: Training, step: int, corpus: Corpus, model: PreTrainedModel, rng: Random
) -> list[TokenTree[PredictedToken]]:
    """For each image one tree with all that this step teaches about it."""
    late = step > training.letters_from
    trees: list[TokenTree[PredictedToken]] = []
    asked: list[tuple[int, int, Question]] = []
    for row, example in enumerate(batch):
        tree: TokenTree[PredictedToken] = TokenTree()
        # From the front for letters and from the back for words: with few questions about an image the two overlap as
        # little as they can.
        order = rng.sample(example.questions, len(example.questions))
        for question in order[: training.letters if late else 0]:
            asked.append((row, corpus.add_letter(tree, question), question))
        for question in order[-training.words[late] :]:
            corpus.add_direct(tree, question)
        for question in order[: training.told[late]]:
            corpus.add_given(tree, question, rng)
        trees.append(tree)
    # Follow-ups cost a pass of their own to find out what the model answers, so only every fourth step has them.
    if late and step > training.follow_ups_from and step % 4 == 0:
        import torch

        with torch.no_grad():
            logits = forward(model, trees, _pixels(batch), [spot[:2] for spot in asked])
        for (row, _, question), scores in zip(asked, logits, strict=True):
            # Among the letters of this question's options alone, as the benchmark reads them.
            shares = scores[list(corpus.letters[: len(question.options)])].softmax(-1)
            choice = int(shares.argmax())
            corpus.add_follow_ups(trees[row], question, choice, float(shares[choice]), rng)
    return trees


def _learn(
    model: PreTrainedModel,
    optimisers: list[torch.optim.Optimizer],
    trees: list[TokenTree[PredictedToken]],
    batch: list[Example],
    corpus: Corpus,
    pace: float,
) -> list[tuple[str, float]]:
    """Take one step of gradient descent and return the loss of each kind of answer."""
    import torch

    spots = [(row, index) for row, tree in enumerate(trees) for index, _ in tree.targets]
    targets = [target for tree in trees for _, target in tree.targets]
    loss, parts = losses(forward(model, trees, _pixels(batch), spots), targets)
    for optimiser in optimisers:
        optimiser.zero_grad()
        for group in optimiser.param_groups:
            group["lr"] = pace * group["initial_lr"]
    loss.backward()
    # A batch with a rare large gradient must not undo what many small ones have taught.
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimiser in optimisers:
        optimiser.step()
    return parts


def _optimisers(model: PreTrainedModel, training: Training) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al., 2024) for the matrices of layers, AdamW for embeddings, biases and norms."""
    import torch

    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        # Muon makes the update of a matrix orthogonal; rows of an embedding are words of their own and no such map.
        inner = parameter.ndim == 2 and "embed" not in name and "lm_head" not in name
        (matrices if inner else others).append(parameter)
    optimisers: list[torch.optim.Optimizer] = [
        torch.optim.Muon(matrices, lr=training.matrix_rate, weight_decay=0.01),
        torch.optim.AdamW(others, lr=training.rate, betas=(0.9, 0.98), weight_decay=0.01),
    ]
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["initial_lr"] = group["lr"]
    return optimisers


def _pace(step: int, steps: int, training: Training) -> float:
    """Share of the full learning rate: up, level, then down a half cosine to a twentieth."""
    fall = max(0.0, 2 * step / steps - 1)
    return min(1.0, step / training.warm_up) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * fall)))


def _pixels(batch: list[Example]) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.stack([example.pixels for example in batch]))
