"""What a model is asked: one question turn, then two follow-ups about its own answer."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from vqa_canary.rows import content_id

Chat = list[dict[str, Any]]
"""Messages for a processor's chat template; the images, if there are any, stand first in the first user turn, in order.
Where the last turn is the assistant's, the model goes on with it."""

LETTERS = ascii_uppercase

AnswerStyle = Literal["letter", "letter and text", "reasoned"]

ASKED: Mapping[AnswerStyle, str] = {
    "letter": "Answer with the letter of the right option.",
    "letter and text": 'Answer with the letter and the text of the right option, in the form "letter) text".',
    "reasoned": "Think step by step. Then end with a line of the form "
    '"Answer: X", where X is the letter of the right option.',
}
"""The last line of the question, for each style of answer."""
TOKENS: Mapping[AnswerStyle, int] = {"letter": 0, "letter and text": 64, "reasoned": 512}
"""Fewest tokens that an answer of each style may take where no setting says how many; 0 stands for as many as other
answers."""


class Prompts(BaseModel):
    """Templates of every turn: `params:prompts`. Changing one changes the fingerprint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = "{question}\n{options}\n" + ASKED["letter"]
    """The question turn, with the fields `question` and `options` (the option lines). Where it is not given, its last
    line is that of the answer style."""
    option: str = "{letter}) {text}"
    """The line of one option, with the fields `letter` and `text`."""
    p_true: str = "Is {letter}) {text} the right answer? Answer True or False."
    """The follow-up that asks whether the greedy choice is right, with its `letter` and `text` as fields; after
    Kadavath et al. (2022), section 4."""
    verbalized: str = "How sure are you that your answer is right? Answer with a number from 0 to 100."
    """The follow-up that asks for a confidence in a second turn; after Tian et al. (2023), "Verb. 2S top-1"."""
    answer_style: AnswerStyle = "letter"
    """How an answer is asked for: with a letter, with a letter and its text, or with reasons before the letter."""
    answer_tokens: int | None = Field(default=None, ge=1, le=100_000)
    """Most tokens of a greedy or sampled answer to the question. Where it is not given: `sampling.max_new_tokens`, and
    at least 64 for `letter and text` and 512 for `reasoned`."""
    system: str = ""
    """The system turn before the question; empty where there is none."""
    answer_prefix: str = ""
    """The beginning of the model's answer, written for it; empty where it begins by itself."""

    @model_validator(mode="before")
    @classmethod
    def _asks_in_its_style(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and "question" not in given and given.get("answer_style") in ASKED:
            return {**given, "question": _question_of(given["answer_style"])}
        return given

    @model_serializer(mode="wrap")
    def _set_ones(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The settings without later ones that are not set, so that prompts which say the same keep their
        fingerprint."""
        whole: dict[str, Any] = handler(self)
        return {
            name: value
            for name, value in whole.items()
            if name not in LATER or value != type(self).model_fields[name].default
        }

    @property
    def fingerprint(self) -> str:
        """Digest of all wordings; it changes when any of them changes."""
        return content_id(self.model_dump())

    def with_settings(self, changed: Mapping[str, Any]) -> Prompts:
        """These prompts for a model that has settings of its own, by name."""
        own = dict(changed)
        if self.question == _question_of(self.answer_style) and "answer_style" in own:
            own["question"] = _question_of(own["answer_style"])
        return self.model_copy(update=own)

    def answer_limit(self, max_new_tokens: int) -> int:
        """Most tokens of an answer to the question; answers to follow-ups may have `max_new_tokens`."""
        return self.answer_tokens or max(max_new_tokens, TOKENS[self.answer_style])

    def question_chat(self, question: str, options: tuple[str, ...], n_images: int = 1) -> Chat:
        """The images, of which there may be none, and the question with its options; a system turn before and an answer
        begun where they are set.

        Raises
        ------
        ValueError : more options than letters
        """
        if len(options) > len(LETTERS):
            raise ValueError(f"{len(options)} options, but only {len(LETTERS)} letters")
        lines = "\n".join(
            self.option.format(letter=letter, text=text)
            for letter, text in zip(LETTERS, options, strict=False)
        )
        text = self.question.format(question=question, options=lines)
        images = [{"type": "image"} for _ in range(n_images)]
        chat: Chat = [{"role": "user", "content": [*images, _text(text)]}]
        if self.system:
            chat = [{"role": "system", "content": [_text(self.system)]}, *chat]
        if self.answer_prefix:
            chat = [*chat, {"role": "assistant", "content": [_text(self.answer_prefix)]}]
        return chat

    def p_true_chat(self, chat: Chat, answer: str, choice: int, options: tuple[str, ...]) -> Chat:
        """The chat that asks whether option `choice`, which `answer` named, is right."""
        asked = self.p_true.format(letter=LETTERS[choice], text=options[choice])
        return _follow_up(chat, answer, asked)

    def verbalized_chat(self, chat: Chat, answer: str) -> Chat:
        """The chat that asks how sure the model is of `answer`."""
        return _follow_up(chat, answer, self.verbalized)


LATER = frozenset({"answer_style", "answer_tokens", "system", "answer_prefix"})
"""Settings that came later than others and are left out of a fingerprint where they are not set, so that older ones
stay."""


def cut_answer(style: AnswerStyle, choice: int | None, limit: int) -> str | None:
    """Why an answer that was cut at its most tokens is none, or None where it stands.

    Where the answer may be a letter alone, words that name no option were the model's way to answer. A letter with its
    text, and reasons before a letter, were just not there yet.
    """
    if style == "letter" or (style == "letter and text" and choice is not None):
        return None
    return f"the answer was cut at {limit} tokens before it ended; raise `answer_tokens` of the model or of prompts"


def is_begun(chat: Chat) -> bool:
    """Whether the model is to go on with an answer whose beginning was written for it."""
    return bool(chat[-1]["role"] == "assistant")


def _question_of(style: AnswerStyle) -> str:
    return "{question}\n{options}\n" + ASKED[style]


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _follow_up(chat: Chat, answer: str, asked: str) -> Chat:
    """The question with its whole answer, one that was begun for the model included."""
    asked_before = chat[:-1] if is_begun(chat) else chat
    return [
        *asked_before,
        {"role": "assistant", "content": [_text(answer)]},
        {"role": "user", "content": [_text(asked)]},
    ]
