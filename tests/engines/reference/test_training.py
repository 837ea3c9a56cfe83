from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from PIL import Image
from tests.engines.reference.conftest import TEXT_TOO

from vqa_canary.reference_models.architecture import Architecture
from vqa_canary.reference_models.checking import check
from vqa_canary.reference_models.corpus import Corpus, Example, PredictedToken, Question
from vqa_canary.reference_models.course import CurvePoint
from vqa_canary.reference_models.progress_file import ProgressFile
from vqa_canary.reference_models.training import Training, train
from vqa_canary.reference_models.tree import TokenTree
from vqa_canary.rows import NOTA

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin

pytestmark = pytest.mark.parametrize(
    "architecture", ["llava", pytest.param("idefics3", marks=pytest.mark.slow)], indirect=True
)
Trained = tuple[list[CurvePoint], dict[int, dict[str, torch.Tensor]]]
"""The curves, and the weights that were kept at each step."""
SHORT = Training(lengths=(6, 90), images=4, letters_from=3, follow_ups_from=7, check_every=45, warm_up=5)


def _run(
    architecture: Architecture,
    processor: ProcessorMixin,
    example: Example,
    training: Training,
    progress_file: ProgressFile | None = None,
) -> Trained:
    kept: dict[int, dict[str, torch.Tensor]] = {}

    def keep(step: int, model: PreTrainedModel, curves: list[CurvePoint]) -> None:
        assert curves[-1].step == step
        kept[step] = {name: weight.clone() for name, weight in model.state_dict().items()}

    def stream(first: int) -> Iterator[Example]:
        for number in count(first):
            yield _numbered(example, number)

    about = architecture, processor, TEXT_TOO, stream, [example]
    curves = train(training, *about, keep, progress_file)
    return curves, kept


def _numbered(example: Example, number: int) -> Example:
    """The same questions of which each number has another one first, so that a stream that begins at a wrong place
    teaches something else."""
    turn = number % len(example.questions)
    return replace(example, questions=(*example.questions[turn:], *example.questions[:turn]))


@pytest.fixture(scope="module")
def short(architecture: Architecture, processor: ProcessorMixin, example: Example) -> Trained:
    return _run(architecture, processor, example, SHORT)


@pytest.mark.slow
def test_one_example_is_learnt_by_heart(short: Trained) -> None:
    curves, kept = short
    assert list(kept) == [6, 90]
    last = {point.measure: point.value for point in curves if point.step == 90}
    first = {point.measure: point.value for point in curves if point.step == 6}
    kinds = ("direct", "given", "letter", "text", "p_true", "verbalized", "end")
    assert {f"loss.{kind}" for kind in kinds} <= set(last)
    assert last["loss.direct"] < 0.5 * first["loss.direct"]
    assert last["option_mass"] > 2 * first["option_mass"]
    assert last["accuracy"] == 1.0


class _Ended(Exception):
    """Stands for a kill."""


class _EndsAt(ProgressFile):
    """Ends the training once it has saved a certain step."""

    def __init__(self, path: Path, step: int) -> None:
        super().__init__(path, "settings")
        self._last = step

    def save(self, state: Mapping[str, Any]) -> None:
        super().save(state)
        if state["step"] == self._last:
            raise _Ended


RESUMED = Training(
    lengths=(6, 12), images=2, letters_from=2, follow_ups_from=3, check_every=5, save_every=4, warm_up=3
)


@pytest.fixture(scope="module")
def whole(architecture: Architecture, processor: ProcessorMixin, example: Example) -> Trained:
    return _run(architecture, processor, example, RESUMED)


@pytest.mark.parametrize("last", [4, 8])
def test_a_training_that_was_ended_goes_on_as_if_it_had_not(
    last: int,
    whole: Trained,
    architecture: Architecture,
    processor: ProcessorMixin,
    example: Example,
    tmp_path: Path,
) -> None:
    """Before and after the first model was kept, between two checks, and with steps lost since the last save; so the
    same seed gives the same model, too."""
    file = tmp_path / "unfinished" / "run.pt"
    with pytest.raises(_Ended):
        _run(architecture, processor, example, RESUMED, _EndsAt(file, last))
    taken: list[int] = []
    resumed = _run(architecture, processor, example, RESUMED, _Counting(file, taken))
    assert taken == [step for step in (4, 8, 12) if step > last], "it did not begin anew"
    assert resumed[0] == whole[0]
    assert list(resumed[1]) == list(whole[1]) == [6, 12]
    for step, weights in whole[1].items():
        for name, weight in weights.items():
            assert (weight == resumed[1][step][name]).all(), (step, name)


class _Counting(ProgressFile):
    """Notes which steps are saved."""

    def __init__(self, path: Path, steps: list[int]) -> None:
        super().__init__(path, "settings")
        self._steps = steps

    def save(self, state: Mapping[str, Any]) -> None:
        self._steps.append(state["step"])
        super().save(state)


def test_nota_is_shown_only_where_it_should_be(
    architecture: Architecture, processor: ProcessorMixin, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, ...]] = []
    add_letter = Corpus.add_letter

    def watch(self: Corpus, tree: TokenTree[PredictedToken], question: Question) -> int:
        shown.append(question.options)
        return add_letter(self, tree, question)

    monkeypatch.setattr(Corpus, "add_letter", watch)
    training = Training(lengths=(6,), images=4, letters_from=1, check_every=10)
    for saw_nota in (False, True):
        shown.clear()
        _run(architecture, processor, example, training.model_copy(update={"saw_nota": saw_nota}))
        assert saw_nota == any(NOTA in options for options in shown)


def test_check_agrees_with_lone_prompts(
    model: PreTrainedModel, processor: ProcessorMixin, corpus: Corpus, example: Example, picture: Image.Image
) -> None:
    right, mass = [], []
    for question in example.questions:
        chat = corpus.chat(question)
        text = processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        inputs = processor(images=[picture], text=[text], return_tensors="pt")
        with torch.no_grad():
            share = model(**inputs).logits[0, -1].softmax(-1)[list(corpus.letters[: len(question.options)])]
        right.append(int(share.argmax()) == question.answer_index)
        mass.append(float(share.sum()))
    found = check(model, corpus, [replace(example, modality="CT")] * 40)
    assert found["accuracy"] == found["accuracy.CT"] == pytest.approx(sum(right) / len(right))
    assert found["option_mass"] == pytest.approx(sum(mass) / len(mass), rel=1e-4)
    assert found["chance"] == pytest.approx((1 / 3 + 1 / 2 + 1 / 2) / 3)


def test_check_reads_texts_and_nota_as_lone_prompts_do(
    model: PreTrainedModel,
    processor: ProcessorMixin,
    corpus_of_texts: Corpus,
    example: Example,
    picture: Image.Image,
) -> None:
    def last_shares(question: Question, said: str = "") -> torch.Tensor:
        chat = corpus_of_texts.chat(question)
        text = processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) + said
        inputs = processor(images=[picture], text=[text], return_tensors="pt")
        with torch.no_grad():
            return model(**inputs).logits[0, -1].softmax(-1)

    def choice(question: Question) -> int:
        letters = list(corpus_of_texts.letters[: len(question.options)])
        return int(last_shares(question)[letters].argmax())

    texts = []
    for question in example.questions:
        chosen, said = choice(question), f"{'ABC'[choice(question)]}"
        probability = 1.0
        for word in (")", *question.options[chosen].split(), "<end>"):
            token = processor.tokenizer.convert_tokens_to_ids(word)
            probability *= float(last_shares(question, said)[token])
            said += f" {word}"
        texts.append(probability)
    first = example.questions[0]  # the others have two options, where NOTA would leave no choice
    replaced = replace(first, options=("heart", NOTA, "liver"))
    last = replace(first, options=("heart", "liver", NOTA))
    found = check(model, corpus_of_texts, [example] * 3)
    assert found["text"] == pytest.approx(sum(texts) / len(texts), rel=1e-3)
    assert found["nota.replaced"] == float(choice(replaced) == 1)
    assert found["nota.last"] == float(choice(last) == 2)
