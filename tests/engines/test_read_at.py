"""Letters, and True and False, read where the answer stands: against full forward passes without cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engines.speaking import speak, tokens_of
from tests.engines.test_families import PROMPTS, SEED, Oracle, open_image
from tests.engines.test_families import instances as instances  # a fixture

from vqa_canary.contracts.contract import Contract
from vqa_canary.engines.answer_words import Named
from vqa_canary.engines.local.asked import Said, Turn
from vqa_canary.engines.local.decoding import Answer
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.places import NO_LETTER, NO_TRUTH, SMALL_LETTER, UNTOLD
from vqa_canary.engines.prompts import LETTERS, Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS
from vqa_canary.frames import frame
from vqa_canary.reading import OptionRead
from vqa_canary.rows import Evidence, Instance

SAMPLING = Sampling(n_samples=2, max_new_tokens=4)
LATE = "vqa_canary.engines.local.asked.read_option"


def ask(folder: Path, rows: list[Instance], prompts: Prompts = PROMPTS, **options: Any) -> list[Evidence]:
    engine = make_engine("m", {"path": str(folder), **options}, prompts, SAMPLING, SEED, Path())
    return list(engine.answer(rows, open_image))


def read_last_letter(text: str, options: tuple[str, ...]) -> OptionRead:
    """The letter that stands between stars, whatever the reader of answers makes of such a text."""
    start = text.find("**") + 2
    if start < 2 or text[start] not in LETTERS[: len(options)]:
        return OptionRead(None, "no option")
    return OptionRead(LETTERS.index(text[start]), "statement", start, start + 1, letter=True)


def say_the_last_option(question: Turn) -> str | None:
    n = len(question.asked.instance.options)
    return f"The right option is **{LETTERS[n - 1]}**." if question.draws else None


@pytest.mark.parametrize("family", ["llava", "qwen2_5_vl", "paligemma"])
@pytest.mark.parametrize(
    "reading",
    ["tree", *(pytest.param(one, marks=pytest.mark.slow) for one in ("repeated cache", "full prompts"))],
)
def test_letters_are_read_at_the_letter(
    family: str,
    reading: str,
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speak(monkeypatch, say_the_last_option)
    monkeypatch.setattr(LATE, read_last_letter)
    rows, folder = instances[:9:2], family_folder(family)
    found = ask(folder, rows, reading=reading)
    loaded = load("m", TransformersModel(path=str(folder)))
    for instance, one in zip(rows, found, strict=True):
        n = len(instance.options)
        said = tokens_of(loaded, f"The right option is **{LETTERS[n - 1]}**.")
        spelt = [loaded.tokenizer.decode(said[: at + 1]) for at in range(len(said))]
        at = next(at for at, text in enumerate(spelt) if LETTERS[n - 1] in text)
        assert one.read_at == at > 3
        oracle = Oracle(
            loaded, PROMPTS.question_chat(instance.question, instance.options), open_image(instance)
        )
        letters = oracle.read(tuple(LETTERS[:n]), LETTER_FORMS, tuple(said[:at]))
        assert one.option_logprobs == pytest.approx(np.log(letters), abs=1e-4)
        assert one.option_mass == pytest.approx(letters.sum(), abs=1e-4)
        first = oracle.read(tuple(LETTERS[:n]), LETTER_FORMS)
        assert np.abs(np.log(first) - one.option_logprobs).max() > 0.1
        assert one.greedy_choice == n - 1
        assert all(gap.field != "option_logprobs" for gap in one.gaps or ())
    alone = ask(folder, rows[::-1], reading=reading, batch_size=1)[::-1]
    for one, other in zip(found, alone, strict=True):
        assert one.option_logprobs == pytest.approx(other.option_logprobs, abs=1e-4)
        assert (one.read_at, one.prompt_tokens) == (other.read_at, other.prompt_tokens)
    Contract("evidence").validate(frame(found, "evidence"))


def test_what_names_no_letter_is_a_gap_unless_letters_are_likely(
    family_folder: Callable[[str], Path], instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = family_folder("llava")
    with monkeypatch.context() as patch:
        speak(patch, lambda question: "the lung." if question.draws else None)
        patch.setattr(LATE, read_last_letter)
        [one] = ask(folder, instances[:1])
        assert (one.option_logprobs, one.option_mass, one.read_at) == (None, None, None)
        assert [gap.reason for gap in one.gaps or () if gap.field == "option_logprobs"] == [NO_LETTER]
        patch.setattr("vqa_canary.engines.local.places.MAJORITY", 0.0)
        [one] = ask(folder, instances[:1])
        assert one.read_at == 0
    loaded = load("m", TransformersModel(path=str(folder)))
    chat = PROMPTS.question_chat(instances[0].question, instances[0].options)
    letters = Oracle(loaded, chat, open_image(instances[0])).read(("A", "B", "C"), LETTER_FORMS)
    assert one.option_logprobs == pytest.approx(np.log(letters), abs=1e-4)


@pytest.mark.parametrize(
    ("said", "choice", "at"),
    [("A lung.", 1, None), ("A lung.", None, None), ("A", None, 0), ("the lung.", None, 0)],
)
def test_an_article_is_no_letter(
    said: str,
    choice: int | None,
    at: int | None,
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speak(monkeypatch, lambda question: said if question.draws else None)
    monkeypatch.setattr(LATE, lambda text, options: OptionRead(choice, "text"))
    monkeypatch.setattr("vqa_canary.engines.local.places.MAJORITY", 0.0)
    [one] = ask(family_folder("llava"), instances[:1])
    assert one.read_at == at
    assert (one.option_logprobs is None) == (at is None)


@pytest.mark.parametrize(
    ("said", "within", "reason"),
    [("The right option is **C**.", "right", UNTOLD), ("it is b", "b", SMALL_LETTER)],
)
def test_a_letter_that_no_token_tells_from_the_others_is_a_gap(
    said: str,
    within: str,
    reason: str,
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A letter in the middle of a word, and a small one where ` a` may be an article."""

    def read(text: str, options: tuple[str, ...]) -> OptionRead:
        at = text.find(within)
        return OptionRead(None, "no option") if at < 0 else OptionRead(1, "letter", at, at + 1, letter=True)

    speak(monkeypatch, lambda question: said if question.draws else None)
    monkeypatch.setattr(LATE, read)
    [one] = ask(family_folder("llava"), instances[:1])
    assert (one.option_logprobs, one.read_at) == (None, None)
    assert [gap.reason for gap in one.gaps or () if gap.field == "option_logprobs"] == [reason]


@pytest.mark.parametrize(
    ("reply", "before"),
    [("I think that it is True.", "I think that it is"), ("Hard to say.", None)],
)
def test_p_true_is_read_where_the_reply_says_it(
    reply: str,
    before: str | None,
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def say(question: Turn) -> str | None:
        return say_the_last_option(question) or (reply if question.words else None)

    speak(monkeypatch, say)
    monkeypatch.setattr(LATE, read_last_letter)
    monkeypatch.setattr(
        "vqa_canary.engines.local.asked.read_truth", lambda text: True if "True" in text else None
    )
    folder, instance = family_folder("qwen2_5_vl"), instances[0]
    [one] = ask(folder, [instance])
    if before is None:
        assert one.p_true is None
        assert [(gap.field, gap.reason) for gap in one.gaps or ()] == [("p_true", NO_TRUTH)]
        return
    loaded = load("m", TransformersModel(path=str(folder)))
    chat = PROMPTS.question_chat(instance.question, instance.options)
    asked = PROMPTS.p_true_chat(chat, one.greedy_text or "", one.greedy_choice or 0, instance.options)
    said = tuple(tokens_of(loaded, before))
    oracle = Oracle(loaded, asked, open_image(instance))
    true, false = oracle.read(("True", "False"), WORD_FORMS, said)
    assert one.p_true == pytest.approx(true / (true + false), abs=1e-4)
    true, false = oracle.read(("True", "False"), WORD_FORMS)
    assert abs(one.p_true - true / (true + false)) > 0.01


@pytest.mark.parametrize(
    ("style", "said", "status"),
    [
        ("reasoned", "It may be **A**, since", "failed"),
        ("letter and text", "The", "failed"),
        ("letter and text", "**A**) lung and", "ok"),
        ("letter", "The", "ok"),
    ],
)
def test_an_answer_that_was_cut_before_it_was_there_fails(
    style: str,
    said: str,
    status: str,
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = family_folder("llava")
    n = len(tokens_of(load("m", TransformersModel(path=str(folder))), said))
    speak(monkeypatch, lambda question: said if question.draws else None, ends=False)
    monkeypatch.setattr(LATE, read_last_letter)
    prompts = Prompts.model_validate({"answer_style": style, "answer_tokens": n})
    [one] = ask(folder, instances[:1], prompts)
    assert one.status == status
    if status == "failed":
        assert f"the answer was cut at {n} tokens before it ended" in (one.error or "")
        assert (one.greedy_text, one.samples, one.cut_answers) == (None, None, None)
    else:
        unfinished = sum(sample.choice is None for sample in one.samples or ())
        assert one.cut_answers == unfinished + (one.greedy_choice is None)


class Marks:
    """A tokeniser whose tokens are texts, and in which those in angle brackets only mark."""

    def decode(self, tokens: list[str], skip_special_tokens: bool) -> str:
        return "".join(one for one in tokens if not (skip_special_tokens and one.startswith("<")))


@pytest.mark.parametrize(
    ("tokens", "text", "at"),
    [
        (["<think>", "It is A", "</think>", "B", "</s>"], "<think>It is A</think>B", 3),
        (["It is A", "</think>", "\n", "B", "</s>"], "It is A</think>\nB", 3),
        (["B", "</s>"], "B", 0),
        (["<pad>", "B", "</s>"], "B", 1),
        (["<end_of_utterance>", " B", "</s>"], " B", 1),
    ],
)
def test_thinking_set_apart_by_marks_stays_apart(tokens: list[str], text: str, at: int) -> None:
    texts: Any = tokens
    answer = Answer(texts)
    special: Any = frozenset(one for one in tokens if one.startswith("<"))
    said = Said.of(answer, Marks(), special)
    assert said.text == text
    assert said.token_of(Named(1, "B", text.index("B"))) == at


def test_thinking_that_was_not_ended_is_no_answer() -> None:
    texts: Any = ["<think>", "It is ", "B"]
    answer = Answer(texts)
    special: Any = frozenset({"<think>"})
    said = Said.of(answer, Marks(), special)
    assert said.option("", ("x", "y")).choice is None
