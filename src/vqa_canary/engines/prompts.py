"""What a model is asked: one question turn, then two follow-ups about its own answer."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

from pydantic import BaseModel, ConfigDict

from vqa_canary.tables import content_id

Chat = list[dict[str, Any]]
"""Messages for a processor's chat template; the image stands first in the first turn."""

LETTERS = ascii_uppercase


class Prompts(BaseModel):
    """`params:prompts`: templates of every turn. Changing one changes the fingerprint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = "{question}\n{options}\nAnswer with the letter of the right option."
    """Fields: `question`, `options` (the option lines)."""
    option: str = "{letter}) {text}"
    """One option line."""
    p_true: str = "Is {letter}) {text} the right answer? Answer True or False."
    """Fields: `letter` and `text` of the greedy choice. After Kadavath et al. (2022), section 4."""
    verbalized: str = "How sure are you that your answer is right? Answer with a number from 0 to 100."
    """After Tian et al. (2023), "Verb. 2S top-1": confidence asked in a second turn."""

    @property
    def fingerprint(self) -> str:
        """Changes when any wording changes."""
        return content_id(self.model_dump())

    def question_chat(self, question: str, options: tuple[str, ...]) -> Chat:
        """The image and the question with its options.

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
        return [{"role": "user", "content": [{"type": "image"}, _text(text)]}]

    def p_true_chat(self, chat: Chat, answer: str, choice: int, options: tuple[str, ...]) -> Chat:
        """Asks whether option `choice`, which `answer` named, is right."""
        asked = self.p_true.format(letter=LETTERS[choice], text=options[choice])
        return _follow_up(chat, answer, asked)

    def verbalized_chat(self, chat: Chat, answer: str) -> Chat:
        """Asks how sure the model is of `answer`."""
        return _follow_up(chat, answer, self.verbalized)


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _follow_up(chat: Chat, answer: str, asked: str) -> Chat:
    return [
        *chat,
        {"role": "assistant", "content": [_text(answer)]},
        {"role": "user", "content": [_text(asked)]},
    ]
