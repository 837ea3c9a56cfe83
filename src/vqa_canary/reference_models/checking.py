"""How well a reference VLM does on examples that it has not learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vqa_canary.reference_models.corpus import (
    STEPS_OF_CONFIDENCE,
    Corpus,
    Example,
    PredictedToken,
    Question,
    nota_at_the_end,
    nota_in_place,
)
from vqa_canary.reference_models.tree import TokenTree, forward

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

_AT_ONCE = 32


def check(model: PreTrainedModel, corpus: Corpus, examples: Sequence[Example]) -> Mapping[str, float]:
    """Accuracy by letter (all, by question type and by modality), what it rests on, and what the follow-ups know.

    Returns
    -------
    accuracy, accuracy.<question type>, accuracy.<modality>, chance (accuracy of a guess), option_mass, text (mean
    probability of the words behind the letter of the model's answer), nota.replaced and nota.last (share of answers
    "None of the above" where it stands in the place of the right option, and where it stands last without it),
    p_true.right and p_true.wrong (mean P(True) of the model's right and wrong answers), verbalized.right and
    verbalized.wrong (mean stated confidence); a mean over nothing is left out
    """
    import torch

    found: dict[str, list[float]] = {}
    with torch.no_grad():
        for start in range(0, len(examples), _AT_ONCE):
            _check_some(model, corpus, examples[start : start + _AT_ONCE], found)
    return {name: float(np.mean(values)) for name, values in sorted(found.items())}


def _check_some(
    model: PreTrainedModel, corpus: Corpus, examples: Sequence[Example], found: dict[str, list[float]]
) -> None:
    import torch

    pixels = torch.from_numpy(np.stack([example.pixels for example in examples]))
    trees: list[TokenTree[PredictedToken]] = [TokenTree() for _ in examples]
    asked = [(row, question) for row, example in enumerate(examples) for question in example.questions]
    spots = [(row, corpus.add_letter(trees[row], question)) for row, question in asked]
    shares = _shares(forward(model, trees, pixels, spots))
    choices = []
    for (row, question), share in zip(asked, shares, strict=True):
        letters = share[list(corpus.letters[: len(question.options)])]
        choices.append(int(letters.argmax()))
        right = float(choices[-1] == question.answer_index)
        modality = examples[row].modality
        for name, value in (
            ("accuracy", right),
            (f"accuracy.{question.question_type}", right),
            *([(f"accuracy.{modality}", right)] if modality else []),
            ("chance", 1 / len(question.options)),
            ("option_mass", float(letters.sum())),
        ):
            found.setdefault(name, []).append(value)
    _check_follow_ups(model, corpus, pixels, asked, choices, found)
    _check_texts(model, corpus, pixels, asked, choices, found)
    _check_nota(model, corpus, pixels, asked, found)


def _check_follow_ups(
    model: PreTrainedModel,
    corpus: Corpus,
    pixels: torch.Tensor,
    asked: list[tuple[int, Question]],
    choices: list[int],
    found: dict[str, list[float]],
) -> None:
    trees: list[TokenTree[PredictedToken]] = [TokenTree() for _ in pixels]
    spots = []
    for (row, question), choice in zip(asked, choices, strict=True):
        for prompt in corpus.follow_ups(question, choice, choice):
            spots.append((row, trees[row].add(prompt)[-1]))
    shares = _shares(forward(model, trees, pixels, spots))
    yes, no = corpus.truth
    for (_, question), choice, p_true, stated in zip(asked, choices, shares[::2], shares[1::2], strict=True):
        # A mean of P(True) over right and wrong answers apart: what it tells is the distance between the two.
        side = "right" if choice == question.answer_index else "wrong"
        found.setdefault(f"p_true.{side}", []).append(float(p_true[yes] / (p_true[yes] + p_true[no])))
        said = STEPS_OF_CONFIDENCE[int(stated[list(corpus.numbers)].argmax())]
        found.setdefault(f"verbalized.{side}", []).append(said / 100)


def _check_texts(
    model: PreTrainedModel,
    corpus: Corpus,
    pixels: torch.Tensor,
    asked: list[tuple[int, Question]],
    choices: list[int],
    found: dict[str, list[float]],
) -> None:
    trees: list[TokenTree[PredictedToken]] = [TokenTree() for _ in pixels]
    spots: list[tuple[int, int]] = []
    words: list[int] = []
    lengths: list[int] = []
    for (row, question), choice in zip(asked, choices, strict=True):
        prompt, said = corpus.prompt(corpus.chat(question)), corpus.answer_tokens(question, choice)
        path = trees[row].add(prompt + said[:-1])[len(prompt) :]
        spots += [(row, index) for index in path]
        words += said[1:]
        lengths.append(len(path))
    shares = _shares(forward(model, trees, pixels, spots))
    probabilities = shares[np.arange(len(words)), words]
    ends = np.cumsum(lengths)
    found.setdefault("text", []).extend(
        float(probabilities[end - length : end].prod()) for end, length in zip(ends, lengths, strict=True)
    )


def _check_nota(
    model: PreTrainedModel,
    corpus: Corpus,
    pixels: torch.Tensor,
    asked: list[tuple[int, Question]],
    found: dict[str, list[float]],
) -> None:
    trees: list[TokenTree[PredictedToken]] = [TokenTree() for _ in pixels]
    spots, places = [], []
    for row, question in asked:
        if len(question.options) < 3:
            continue
        for name, shown in (("replaced", nota_in_place(question)), ("last", nota_at_the_end(question))):
            spots.append((row, trees[row].add(corpus.prompt(corpus.chat(shown)))[-1]))
            places.append((name, shown))
    if not spots:
        return
    for (name, shown), share in zip(places, _shares(forward(model, trees, pixels, spots)), strict=True):
        chosen = int(share[list(corpus.letters[: len(shown.options)])].argmax())
        found.setdefault(f"nota.{name}", []).append(float(chosen == shown.answer_index))


def _shares(logits: torch.Tensor) -> NDArray[np.float64]:
    return np.asarray(logits.softmax(-1), np.float64)
