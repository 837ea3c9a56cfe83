"""An instance on its way through the turns, a prompt about it, and what a model said to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vqa_canary.engines.answer_words import Named, find_truth, token_at
from vqa_canary.engines.answers import read_cut
from vqa_canary.engines.local.decoding import Answer
from vqa_canary.engines.local.rendering import Prompt
from vqa_canary.engines.local.sampler import Draw
from vqa_canary.engines.prompts import Chat, is_begun
from vqa_canary.reading import OptionRead, answer_part, read_option, read_truth
from vqa_canary.rows import Evidence, Gap, Instance


@dataclass
class Asked:
    """An instance on its way through the turns."""

    instance: Instance
    chat: Chat
    prompt: Prompt
    evidence: Evidence
    prompt_tokens: list[int] = field(default_factory=list)
    tokens_read: list[int] = field(default_factory=list)
    said: str = ""
    """The model's whole greedy answer, the beginning that was written for it included."""

    def begin(self) -> None:
        """Forget what was found, so that it can be asked anew."""
        self.evidence = Evidence(self.evidence.model, self.evidence.instance_id)
        self.prompt_tokens, self.tokens_read = [], []

    def fail(self, error: str) -> None:
        """Leave no evidence but the reason why there is none."""
        self.begin()
        self.evidence = replace(self.evidence, status="failed", error=error)

    def lack(self, name: str, reason: str) -> None:
        """Say why a field of the evidence stays null."""
        self.evidence = replace(self.evidence, gaps=(*(self.evidence.gaps or ()), Gap(name, reason)))

    @property
    def row(self) -> tuple[str, str]:
        """The dataset and the item, whose conditions may share all of their prompts but the options."""
        return self.instance.dataset, self.instance.item_id

    @property
    def prefix(self) -> str:
        """The beginning of the model's answer that was written for it; empty where there is none."""
        return str(self.chat[-1]["content"][0]["text"]) if is_begun(self.chat) else ""


@dataclass(frozen=True)
class Turn:
    """One prompt about an instance, and what is wanted after it."""

    asked: Asked
    prompt: Prompt
    words: tuple[str, ...] = ()
    forms: Sequence[str] = ()
    draws: Sequence[Draw] = ()
    max_new_tokens: int = 0
    brief: bool = False
    """Whether no answer is wanted where the words can be read right after the prompt."""


@dataclass(frozen=True)
class Said:
    """What a model said, as text and as tokens.

    Tokens that only mark, such as those that end a turn, are left out of the text, unless they set apart thinking
    that is no part of the answer.
    """

    text: str
    answer: Answer
    tokenizer: Any
    marks: bool

    @classmethod
    def of(cls, answer: Answer, tokenizer: Any, special: frozenset[int]) -> Said:
        """The answer with its tokens read as text; `special` are the tokens that only mark."""
        plain = _decoded(tokenizer, answer.tokens, False)
        if special.isdisjoint(answer.tokens[:-1]):
            return cls(plain, answer, tokenizer, False)
        whole = _decoded(tokenizer, answer.tokens, True)
        own, (begin, stop) = plain[slice(*answer_part(plain))], answer_part(whole)
        if begin == stop == len(whole):  # thinking that was not ended
            return cls(whole, answer, tokenizer, True)
        shorter = whole[begin:stop]
        if begin and shorter and shorter != own and own.endswith(shorter):
            return cls(whole[:stop], answer, tokenizer, True)
        return cls(plain, answer, tokenizer, False)

    def option(self, prefix: str, options: tuple[str, ...]) -> OptionRead:
        """The option that the answer names; what was written for the model stands before it."""
        return read_option(prefix + self.text, options)

    def before_the_cut(self, read: OptionRead, prefix: str) -> OptionRead:
        """What is left of the reading of an answer that was cut at the token limit (see `read_cut`)."""
        return read_cut(read, prefix + self.text, len(prefix))

    def named_letter(self, read: OptionRead, prefix: str) -> Named | None:
        """The letter by which the option is named, where the model itself wrote it."""
        if not read.letter or read.choice is None or read.start is None or read.start < len(prefix):
            return None
        return Named(read.choice, (prefix + self.text)[read.start : read.end], read.start - len(prefix))

    def named_truth(self) -> Named | None:
        """The word True or False where it is what the reply says."""
        truth = read_truth(self.text)
        return None if truth is None else find_truth(self.text, truth, *answer_part(self.text))

    def token_of(self, named: Named) -> int:
        """Index of the token in which a word begins."""

        def decode(tokens: Sequence[int]) -> str:
            return _decoded(self.tokenizer, tokens, self.marks)

        return token_at(decode, self.answer.tokens, self.text, named.start)

    def is_cut(self, limit: int, end_ids: frozenset[int]) -> bool:
        """Whether the answer ended because it had its most tokens, not by itself."""
        return len(self.answer.tokens) >= limit and self.answer.tokens[-1] not in end_ids


def _decoded(tokenizer: Any, tokens: Sequence[int], marks: bool) -> str:
    text: str = tokenizer.decode(tokens, skip_special_tokens=not marks)
    return text
