"""What a reference VLM learns from one image: prompts, as at test time, and their answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vqa_canary.engines.prompts import LETTERS, Chat, Prompts
from vqa_canary.errors import BadInput
from vqa_canary.reference_models.tree import TokenTree
from vqa_canary.rows import NOTA
from vqa_canary.seeding import derive_seed

if TYPE_CHECKING:
    from PIL.Image import Image
    from transformers import ProcessorMixin

STEPS_OF_CONFIDENCE = tuple(range(0, 101, 10))
_TOLD = "The answer is {}"
_WORDS = 0.5
"""Share of the strays that are words out of a question. Without them a model that never saw NOTA may take it for an
answer merely because it is longer than any option that is never right."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its options, as one training step shows it."""

    text: str
    answer: str
    options: tuple[str, ...]
    answer_index: int
    question_type: str


@dataclass(frozen=True, slots=True)
class Example:
    """An image and what is asked about it."""

    pixels: NDArray[np.float32]
    """The image as the processor gives it, shape [channels, rows, columns]: see `pixels_of`."""
    questions: tuple[Question, ...]
    modality: str = ""
    """How the image was made, where the data say."""


class PredictedToken(NamedTuple):
    """A token that the model has to predict after some other token."""

    kind: str
    """What the token teaches: `direct`, `given`, `letter`, `text` (behind a letter), `p_true`, `verbalized`, or `end`
    (of the turn)."""
    token: int


class Corpus:
    """Renders chats as the processor does at test time and adds them to trees.

    Parameters
    ----------
    processor : a processor whose chat template puts one image into the first turn
    prompts : the templates that the model will be asked with; it learns to answer in their style

    Raises
    ------
    BadInput : answers are to be reasoned, for which there are no examples
    """

    def __init__(self, processor: ProcessorMixin, prompts: Prompts) -> None:
        from PIL import Image

        if prompts.answer_style == "reasoned":
            raise BadInput(
                "parameters: prompts.answer_style: reference models learn no reasons, so they cannot be trained to "
                "answer in the style `reasoned`. Take `letter` or `letter and text`."
            )
        self.processor, self.prompts = processor, prompts
        self._render = lru_cache(maxsize=100_000)(self._tokens)
        chat = prompts.question_chat("?", ("?", "?"))
        text = processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        whole = processor(images=[Image.new("RGB", (64, 64))], text=[text])["input_ids"][0]
        tail = self._tokens(text.split("<image>")[1])
        self.prefix = tuple(whole[: len(whole) - len(tail)])
        """Tokens up to and with the image."""
        self.letters = self._render(" ".join(LETTERS))
        self.numbers = self._render(" ".join(map(str, STEPS_OF_CONFIDENCE)))
        self.truth = self._render("True False")
        self.end: int = processor.tokenizer.eos_token_id

    def _tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self.processor.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt(self, chat: Chat) -> tuple[int, ...]:
        """Token ids of a chat, with those of the image, up to where the model answers."""
        text = self.processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        return self.prefix + self._render(text.split("<image>")[1])

    def add(
        self, tree: TokenTree[PredictedToken], chat: Chat, answer: str, kind: str, rest: str | None = None
    ) -> int:
        """Teach `answer` and the end of the turn; returns the index after which it comes.

        Its first word is of `kind`, and the others of the kind `rest`, by default the same.
        """
        prompt, words = self.prompt(chat), self._render(answer)
        start = len(prompt) - 1
        kinds = [kind, *[rest or kind] * (len(words) - 1)]
        targets = [
            (start + i, PredictedToken(*pair)) for i, pair in enumerate(zip(kinds, words, strict=True))
        ]
        targets.append((start + len(words), PredictedToken("end", self.end)))
        return tree.add(prompt + words, targets)[start]

    def add_direct(self, tree: TokenTree[PredictedToken], question: Question) -> int:
        """Add the bare question, to be answered in words."""
        chat: Chat = [
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question.text}]}
        ]
        return self.add(tree, chat, question.answer, "direct")

    def add_given(self, tree: TokenTree[PredictedToken], question: Question, rng: Random) -> int:
        """Add a prompt that says one of the options in place of the question, to be answered by that option."""
        index = rng.randrange(len(question.options))
        chat = self.prompts.question_chat(_TOLD.format(question.options[index]), question.options)
        return self.add(tree, chat, self.answer(question, index), "given", "text")

    def add_letter(self, tree: TokenTree[PredictedToken], question: Question) -> int:
        """Add the benchmark's prompt, to be answered by an option; returns the index after which its letter comes."""
        answer = self.answer(question, question.answer_index)
        return self.add(tree, self.chat(question), answer, "letter", "text")

    def answer(self, question: Question, index: int) -> str:
        """The answer that names option `index`, in the style that the prompts ask for."""
        if self.prompts.answer_style == "letter":
            return LETTERS[index]
        return self.prompts.option.format(letter=LETTERS[index], text=question.options[index])

    def answer_tokens(self, question: Question, index: int) -> tuple[int, ...]:
        """The same as token ids, with the end of the turn."""
        return (*self._render(self.answer(question, index)), self.end)

    def add_follow_ups(
        self, tree: TokenTree[PredictedToken], question: Question, choice: int, confidence: float, rng: Random
    ) -> None:
        """Add a P(True) prompt about the model's own `choice`, or in two of five cases about any option, and one that
        asks for its confidence in the choice.

        The confidence to be stated is the probability that the model gave its letter, to the nearest
        ten: on questions never seen before, letters trained by log score are about calibrated.
        """
        asked = choice if rng.random() < 0.6 else rng.randrange(len(question.options))
        p_true, verbalized = self.follow_ups(question, asked, choice)
        truth = self.truth[asked != question.answer_index]
        stated = self.numbers[round(10 * confidence)]
        for kind, prompt, said in (("p_true", p_true, truth), ("verbalized", verbalized, stated)):
            at = len(prompt) - 1
            tree.add(
                (*prompt, said), [(at, PredictedToken(kind, said)), (at + 1, PredictedToken("end", self.end))]
            )

    def follow_ups(
        self, question: Question, asked: int, choice: int
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Prompts for P(True) of option `asked` and for the confidence in option `choice`."""
        chat, prompts = self.chat(question), self.prompts
        judged, own = self.answer(question, asked), self.answer(question, choice)
        return (
            self.prompt(prompts.p_true_chat(chat, judged, asked, question.options)),
            self.prompt(prompts.verbalized_chat(chat, own)),
        )

    def chat(self, question: Question) -> Chat:
        """The first turn of the benchmark about a question."""
        return self.prompts.question_chat(question.text, question.options)


def with_stray(question: Question, others: Sequence[Question], share: float, rng: Random) -> Question:
    """In a `share` of the questions of three options or more a stray takes the place of one option, and is never right:
    an option of another type of question, taken from `others`, or some words out of the text of one of these.

    Where it hides the answer the choice is forced: of the options left, the one that comes next to
    the answer is keyed, by an order that is arbitrary but always the same.
    """
    n = len(question.options)
    if n < 3 or not others or rng.random() < 1 - share:
        return question
    strays = [option for other in others for option in other.options if option not in question.options]
    if words := _some_words(question, rng.choice(others).text, rng):
        strays = [words] if rng.random() < _WORDS or not strays else strays
    if not strays:
        return question
    at = rng.randrange(n)
    key = question.answer_index
    if at == key:
        left = [index for index in range(n) if index != at]
        key = min(left, key=lambda index: derive_seed(0, question.answer, question.options[index]))
    options = (*question.options[:at], rng.choice(strays), *question.options[at + 1 :])
    return replace(question, options=options, answer_index=key)


def _some_words(question: Question, text: str, rng: Random) -> str | None:
    """Two to five successive words of `text`, or None where they hold an option of the question."""
    words = re.findall(r"\w+", text)
    n = rng.randint(2, 5)
    start = rng.randint(0, max(0, len(words) - n))
    said = words[start : start + n]
    known = any(set(re.findall(r"\w+", option)) <= set(said) for option in question.options)
    return None if known or len(said) < 2 else " ".join(said)


def with_nota(question: Question, rng: Random) -> Question:
    """In half of the questions of three options or more NOTA takes the place of one option.

    That is the right one as often as any other; its words remain the answer in words.
    """
    n = len(question.options)
    if n < 3 or rng.random() < 0.5:
        return question
    at = rng.randrange(n)
    return replace(question, options=(*question.options[:at], NOTA, *question.options[at + 1 :]))


def nota_in_place(question: Question) -> Question:
    """NOTA in the place of the right option."""
    at = question.answer_index
    return replace(question, options=(*question.options[:at], NOTA, *question.options[at + 1 :]))


def nota_at_the_end(question: Question) -> Question:
    """NOTA as the last option, without the right one."""
    others = [option for index, option in enumerate(question.options) if index != question.answer_index]
    return replace(question, options=(*others, NOTA), answer_index=len(others))


def pixels_of(processor: ProcessorMixin, image: Image) -> NDArray[np.float32]:
    """An image as the model sees it, shape [channels, rows, columns]."""
    values = processor.image_processor(images=[image], return_tensors="np")["pixel_values"]
    return np.asarray(values, np.float32).reshape(values.shape[-3:])


def sentences(prompts: Prompts, texts: Iterable[str]) -> Iterator[str]:
    """All that the vocabulary must cover: every prompt about each of `texts` (questions, options)."""
    yield prompts.verbalized
    for text in (NOTA, *texts):
        option = prompts.option.format(letter=LETTERS[0], text=text)
        yield prompts.question.format(question=text, options=option)
        yield prompts.p_true.format(letter=LETTERS[0], text=text)
        yield _TOLD.format(text)
