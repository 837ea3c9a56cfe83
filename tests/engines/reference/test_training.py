from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image

from vqa_canary.engines.prompts import Prompts
from vqa_canary.reference_models.architecture import Architecture
from vqa_canary.reference_models.checking import check
from vqa_canary.reference_models.corpus import Corpus, Example, PredictedToken, Question
from vqa_canary.reference_models.course import CurvePoint
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
    architecture: Architecture, processor: ProcessorMixin, example: Example, training: Training
) -> Trained:
    kept: dict[int, dict[str, torch.Tensor]] = {}

    def keep(step: int, model: PreTrainedModel, curves: list[CurvePoint]) -> None:
        assert curves[-1].step == step
        kept[step] = {name: weight.clone() for name, weight in model.state_dict().items()}

    curves = train(training, architecture, processor, Prompts(), repeat(example), [example], keep)
    return curves, kept


@pytest.fixture(scope="module")
def short(architecture: Architecture, processor: ProcessorMixin, example: Example) -> Trained:
    return _run(architecture, processor, example, SHORT)


def test_one_example_is_learnt_by_heart(short: Trained) -> None:
    curves, kept = short
    assert list(kept) == [6, 90]
    last = {point.measure: point.value for point in curves if point.step == 90}
    first = {point.measure: point.value for point in curves if point.step == 6}
    kinds = ("direct", "given", "letter", "p_true", "verbalized", "end")
    assert {f"loss.{kind}" for kind in kinds} <= set(last)
    assert last["loss.direct"] < 0.5 * first["loss.direct"]
    assert last["option_mass"] > 2 * first["option_mass"]
    assert last["accuracy"] == 1.0


def test_the_same_seed_gives_the_same_model(
    short: Trained, architecture: Architecture, processor: ProcessorMixin, example: Example
) -> None:
    curves, kept = _run(architecture, processor, example, SHORT)
    assert curves == short[0]
    for name, weight in kept[90].items():
        assert (weight == short[1][90][name]).all(), name


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
    found = check(model, corpus, [example] * 40)
    assert found["accuracy"] == pytest.approx(sum(right) / len(right))
    assert found["option_mass"] == pytest.approx(sum(mass) / len(mass), rel=1e-4)
