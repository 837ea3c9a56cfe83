"""What a reference VLM learns from one image: prompts, as at test time, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from vqa_canary.engines.prompts import LETTERS, Chat, Prompts
from vqa_canary.engines.reference.tree import Tree
from vqa_canary.tables import NOTA

if TYPE_CHECKING:
    from PIL.Image import Image
    from transformers import ProcessorMixin

STEPS_OF_CONFIDENCE = tuple(range(0, 101, 10))


@dataclass(frozen=True, slots=True)
class Question:
    """A question as one training step shows it."""

    text: str
    answer: str
    options: tuple[str, ...]
    answer_index: int
    question_type: str


@dataclass(frozen=True, slots=True)
class Example:
    """An image and what is asked about it."""

    image: Image
    questions: tuple[Question, ...]


class Target(NamedTuple):
    """What is to be predicted after some token."""

    kind: str
    """`direct`, `given`, `letter`, `p_true` or `verbalized`."""
    token: int
    """The right token; for `verbalized` 1 where the model's answer was right, else 0."""


class Corpus:
    """Renders chats as the processor does at test time and adds them to trees.

    Parameters
    ----------
    processor : a processor whose chat template puts one image into the first turn
    prompts : the templates that the model will be asked with
    """

    def __init__(self, processor: ProcessorMixin, prompts: Prompts) -> None:
        from PIL import Image

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
        self.end: int = processor.tokenizer.eos_token_id

    def _tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self.processor.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt(self, chat: Chat) -> tuple[int, ...]:
        """Token ids of a chat, with those of the image, up to where the model answers."""
        text = self.processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        return self.prefix + self._render(text.split("<image>")[1])

    def add(self, tree: Tree[Target], chat: Chat, answer: str, kind: str) -> int:
        """Teach `answer` and the end of the turn; returns the index after which it comes."""
        prompt, words = self.prompt(chat), (*self._render(answer), self.end)
        start = len(prompt) - 1
        targets = [(start + i, Target(kind, word)) for i, word in enumerate(words)]
        return tree.add(prompt + words[:-1], targets)[start]

    def add_direct(self, tree: Tree[Target], question: Question) -> int:
        """The bare question -> the words of its answer."""
        chat: Chat = [
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question.text}]}
        ]
        return self.add(tree, chat, question.answer, "direct")

    def add_given(self, tree: Tree[Target], question: Question, rng: Random) -> int:
        """One of the options is said in place of the question -> its letter."""
        index = rng.randrange(len(question.options))
        chat = self.prompts.question_chat(f"The answer is {question.options[index]}.", question.options)
        return self.add(tree, chat, LETTERS[index], "given")

    def add_letter(self, tree: Tree[Target], question: Question) -> int:
        """The prompt of the benchmark -> the letter."""
        return self.add(tree, self.chat(question), LETTERS[question.answer_index], "letter")

    def add_follow_ups(self, tree: Tree[Target], question: Question, choice: int, rng: Random) -> None:
        """P(True) of the model's own `choice`, or in two of five cases of any option; verbalized of the choice."""
        asked = choice if rng.random() < 0.6 else rng.randrange(len(question.options))
        chat = self.chat(question)
        said = self.prompts.p_true_chat(chat, LETTERS[asked], asked, question.options)
        self.add(tree, said, str(asked == question.answer_index), "p_true")
        prompt = self.prompt(self.prompts.verbalized_chat(chat, LETTERS[choice]))
        right = Target("verbalized", int(choice == question.answer_index))
        tree.add(prompt, [(len(prompt) - 1, right)])

    def chat(self, question: Question) -> Chat:
        """The benchmark's first turn."""
        return self.prompts.question_chat(question.text, question.options)


def with_nota(question: Question, rng: Random) -> Question:
    """In half of the questions of three options or more one option becomes NOTA.

    It is right as often as any other option: then the right option's text is what it replaced.
    """
    n = len(question.options)
    if n < 3 or rng.random() < 0.5:
        return question
    at = rng.randrange(n)
    options = [NOTA if i == at else option for i, option in enumerate(question.options)]
    return replace(question, options=tuple(options), answer=NOTA if at == question.answer_index else question.answer)


def sentences(prompts: Prompts, texts: Sequence[str]) -> list[str]:
    """Everything that must be in the vocabulary: the prompts' words and `texts`."""
    return [*prompts.model_dump().values(), NOTA, "The answer is", *texts]
