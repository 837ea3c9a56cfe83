from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vqa_canary.engines.prompts import LETTERS, Prompts
from vqa_canary.reference_models.corpus import Corpus, Example, PredictedToken, Question
from vqa_canary.reference_models.tree import TokenTree, forward

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin

sequences = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6), min_size=1, max_size=8)


@given(sequences)
def test_each_sequence_sees_itself_and_nothing_else(rows: list[list[int]]) -> None:
    tree: TokenTree[None] = TokenTree()
    paths = [tree.add(ids) for ids in rows]
    seen = tree.ancestry()
    assert len(tree.ids) == len({tuple(ids[: n + 1]) for ids in rows for n in range(len(ids))})
    for ids, path in zip(rows, paths, strict=True):
        assert [tree.ids[index] for index in path] == ids
        assert [tree.depths[index] for index in path] == list(range(len(ids)))
        for depth, index in enumerate(path):
            assert sorted(np.flatnonzero(seen[index])) == sorted(path[: depth + 1])


def test_targets_move_to_their_tokens() -> None:
    tree: TokenTree[str] = TokenTree()
    tree.add([5, 6, 7], [(1, "a")])
    path = tree.add([5, 6, 8, 9], [(1, "b"), (3, "c")])
    assert tree.targets == [(1, "a"), (1, "b"), (path[3], "c")]
    assert path == [0, 1, 3, 4]


def test_a_branch_reads_as_a_lone_prompt(
    model: PreTrainedModel, processor: ProcessorMixin, corpus: Corpus, example: Example, picture: Image.Image
) -> None:
    """The logits of a packed row against the processor's own rendering of each chat, one at a time."""
    import torch

    prompts, tree = Prompts(), TokenTree[PredictedToken]()
    spots, chats = [], []
    for question in example.questions:
        corpus.add_direct(tree, question)
        corpus.add_given(tree, question, Random(0))
        chat = prompts.question_chat(question.text, question.options)
        follow_up = prompts.p_true_chat(chat, LETTERS[1], 1, question.options)
        chats += [chat, follow_up, prompts.verbalized_chat(chat, LETTERS[0])]
        spots.append((0, corpus.add_letter(tree, question)))
        spots += [(0, tree.add(prompt)[-1]) for prompt in corpus.follow_ups(question, asked=1, choice=0)]
    pixels = torch.from_numpy(example.pixels)[None].repeat(2, 1, 1, 1)
    short: TokenTree[PredictedToken] = TokenTree()
    corpus.add_direct(short, example.questions[0])  # a shorter row beside it: padding must not matter
    with torch.no_grad():
        packed = forward(model, [tree, short], pixels, spots)
        for chat, logits in zip(chats, packed, strict=True):
            text = processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
            inputs = processor(images=[picture], text=[text], return_tensors="pt")
            alone = model(**inputs).logits[0, -1]
            assert torch.allclose(logits, alone, atol=1e-5), (logits - alone).abs().max()
    assert packed.std(0).max() > 0.05, "the prompts must differ for the test to say anything"


def test_the_image_matters(model: PreTrainedModel, corpus: Corpus, example: Example) -> None:
    import torch

    tree: TokenTree[PredictedToken] = TokenTree()
    spot = corpus.add_letter(tree, example.questions[0])
    pixels = torch.from_numpy(example.pixels)[None]
    with torch.no_grad():
        one, other = (forward(model, [tree], image, [(0, spot)]) for image in (pixels, -pixels))
    assert (one - other).abs().max() > 1e-3


@pytest.mark.parametrize("question", [Question("?", "a", ("a", "b"), 0, "")])
def test_follow_ups_continue_the_chat(corpus: Corpus, question: Question) -> None:
    asked = corpus.prompt(corpus.chat(question))
    for prompt in corpus.follow_ups(question, 1, 0):
        assert prompt[: len(asked)] == asked
        assert len(prompt) > len(asked) + 3
