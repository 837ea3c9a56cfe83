from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from vqa_canary.engines.prompts import LETTERS, Prompts
from vqa_canary.errors import BadInput
from vqa_canary.reference_models.architecture import Architecture, build_processor
from vqa_canary.reference_models.corpus import (
    Corpus,
    Example,
    PredictedToken,
    Question,
    sentences,
    with_nota,
    with_stray,
)
from vqa_canary.reference_models.tree import TokenTree
from vqa_canary.rows import NOTA

if TYPE_CHECKING:
    from transformers import ProcessorMixin


def _lessons(corpus: Corpus, tree: TokenTree[PredictedToken]) -> list[tuple[str, str, str]]:
    """(last words before, kind, what is to be said) of every target."""
    decode = corpus.processor.tokenizer.decode
    return [(decode([tree.ids[at]]), t.kind, decode([t.token])) for at, t in tree.targets]


def test_each_lesson_teaches_the_right_words(corpus: Corpus, example: Example) -> None:
    question = example.questions[0]
    for add, kind, said in ((corpus.add_direct, "direct", "lung"), (corpus.add_letter, "letter", "B")):
        tree: TokenTree[PredictedToken] = TokenTree()
        add(tree, question)
        assert _lessons(corpus, tree) == [("<assistant>", kind, said), (said, "end", "<end>")]


def test_an_answer_of_letter_and_text_is_taught_word_by_word(
    corpus_of_texts: Corpus, example: Example
) -> None:
    question = example.questions[1]  # options "lung" and "left kidney", the first right
    tree: TokenTree[PredictedToken] = TokenTree()
    at = corpus_of_texts.add_letter(tree, question)
    assert corpus_of_texts.processor.tokenizer.decode([tree.ids[at]]) == "<assistant>"
    expected = [("<assistant>", "letter", "A"), ("A", "text", ")"), (")", "text", "lung")]
    assert _lessons(corpus_of_texts, tree) == [*expected, ("lung", "end", "<end>")]
    assert corpus_of_texts.answer(question, 1) == "B) left kidney"
    told = {corpus_of_texts.answer(question, index) for index in (0, 1)}
    for seed in range(4):
        tree = TokenTree()
        corpus_of_texts.add_given(tree, question, Random(seed))
        said = [t.token for _, t in tree.targets if t.kind in ("given", "text")]
        assert corpus_of_texts.processor.tokenizer.decode(said) in told
    for prompt in corpus_of_texts.follow_ups(question, 0, 1):
        text = corpus_of_texts.processor.tokenizer.decode(prompt)
        assert ("A) lung <end>" in text) or ("B) left kidney <end>" in text)


def test_reasons_cannot_be_learnt(processor: ProcessorMixin) -> None:
    with pytest.raises(BadInput, match=r"prompts\.answer_style: .*letter and text"):
        Corpus(processor, Prompts(answer_style="reasoned"))


@pytest.mark.parametrize("text", ["B) left kidney", "A) X-ray", "C) None of the above", "70", "True"])
def test_words_come_back_as_they_were(text: str) -> None:
    tokenizer = build_processor(Architecture(), [text]).tokenizer
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_the_told_option_is_the_one_asked_for(corpus: Corpus, example: Example) -> None:
    question = example.questions[0]
    for seed in range(6):
        tree: TokenTree[PredictedToken] = TokenTree()
        corpus.add_given(tree, question, Random(seed))
        text = corpus.processor.tokenizer.decode(tree.ids)
        letter = _lessons(corpus, tree)[0][2]
        told = question.options[LETTERS.index(letter)]
        assert f"The answer is {told}" in text


@pytest.mark.parametrize("choice", [0, 1])
def test_follow_ups_judge_the_models_own_answer(corpus: Corpus, example: Example, choice: int) -> None:
    question = example.questions[1]  # the right option is the first
    truths = set()
    for seed in range(20):
        tree: TokenTree[PredictedToken] = TokenTree()
        corpus.add_follow_ups(tree, question, choice, 0.68, Random(seed))
        text = corpus.processor.tokenizer.decode(tree.ids)
        targets = {t.kind: t.token for _, t in tree.targets}
        truths.add(targets["p_true"])
        asked_first = "Is A) lung the right answer" in text.replace(" )", ")")
        assert targets["p_true"] == corpus.truth[0 if asked_first else 1]
        assert corpus.processor.tokenizer.decode([targets["verbalized"]]) == "70"
    assert truths == set(corpus.truth)


def test_nota_is_right_as_often_as_any_other() -> None:
    question = Question("?", "a", ("a", "b", "c"), 0, "")
    rng = Random(0)
    shown = [with_nota(question, rng) for _ in range(3000)]
    changed = [one for one in shown if NOTA in one.options]
    assert abs(len(changed) / 3000 - 1 / 2) < 0.04
    assert abs(sum(one.options[0] == NOTA for one in changed) / len(changed) - 1 / 3) < 0.05
    assert all(Counter(one.options)[NOTA] == 1 and one.answer == "a" for one in changed)
    closed = Question("?", "yes", ("yes", "no"), 0, "")
    assert with_nota(closed, rng) == closed


def test_a_stray_option_is_of_another_question_and_never_right() -> None:
    question = Question("?", "b", ("a", "b", "c"), 1, "letters")
    other = Question(
        "what is the sum of one and two and three and four and b?", "1", ("1", "2", "a"), 0, "numbers"
    )
    rng = Random(0)
    shown = [with_stray(question, [other], 0.5, rng) for _ in range(3000)]
    changed = [one for one in shown if one != question]
    assert abs(len(changed) / 3000 - 1 / 2) < 0.04
    assert all(len(set(one.options)) == 3 and one.answer == "b" for one in changed)
    assert all(one.options[one.answer_index] in question.options for one in changed)
    strays = Counter(option for one in changed for option in one.options if option not in question.options)
    assert {"1", "2"} < set(strays)
    words = {stray: n for stray, n in strays.items() if stray not in ("1", "2")}
    assert 0.4 < sum(words.values()) / len(changed) < 0.5, "half of them, but for those with the last word"
    assert all(stray in other.text and 2 <= len(stray.split()) <= 5 for stray in words)
    assert not any("b" in stray.split() for stray in words), "words that hold an option may be right"
    hidden = [one for one in changed if "b" not in one.options]
    assert abs(len(hidden) / len(changed) - 1 / 3) < 0.05
    assert len({one.options[one.answer_index] for one in hidden}) == 1  # the choice is forced, not drawn
    assert {one.options[one.answer_index] for one in changed if "b" in one.options} == {"b"}
    assert with_stray(question, [], 0.5, rng) == question
    assert all(with_stray(question, [other], 0.0, rng) == question for _ in range(50))
    closed = Question("?", "yes", ("yes", "no"), 0, "")
    assert all(with_stray(closed, [other], 0.5, rng) == closed for _ in range(50))


def test_the_vocabulary_covers_prompts_and_texts() -> None:
    texts = ["Is the T2-weighted image (axial) normal?", "Brain, left"]
    processor = build_processor(Architecture(), sentences(Prompts(), texts))
    tokenizer = processor.tokenizer
    chat = Prompts().question_chat(texts[0], (texts[1], NOTA))
    chat = Prompts().p_true_chat(chat, "A", 0, (texts[1], NOTA))
    chat = Prompts().verbalized_chat(chat, "70")
    text = processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert tokenizer.unk_token_id not in tokenizer(text)["input_ids"]
    for word in (*LETTERS, "True", "False", *map(str, range(0, 101, 10))):
        assert len(tokenizer.encode(word, add_special_tokens=False)) == 1
    assert tokenizer.encode("unheard", add_special_tokens=False) == [tokenizer.unk_token_id]
    for form in ("B", " B", "\nB"):
        assert tokenizer.encode(form, add_special_tokens=False) == tokenizer.encode("B")
