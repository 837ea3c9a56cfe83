"""Models that say what a test wants them to: only their greedy tokens are made up, all probabilities are theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from vqa_canary.engines.local.asked import Turn
from vqa_canary.engines.local.decoding import Answer
from vqa_canary.engines.local.interview import LocalInterview

Say = Callable[[Turn], str | None]
"""What a model says to a question; None: what it would say anyway."""


def speak(patch: pytest.MonkeyPatch, say: Say, ends: bool = True) -> None:
    """Put words into every model's mouth; `ends`: and the token that ends an answer behind them."""
    ask = LocalInterview._ask

    def spoken(self: Any, session: Any, questions: Sequence[Turn]) -> Iterator[Any]:
        for question, (found, readout) in zip(questions, ask(self, session, questions), strict=True):
            text = say(question) if question.max_new_tokens else None
            if text is not None:
                tokens = tokens_of(self._loaded, text) + [min(self._loaded.end_ids)] * ends
                greedy = Answer(tokens, [-0.1] * len(tokens), [0.0] * len(tokens))
                found = replace(found, greedy=greedy)
            yield found, readout

    patch.setattr(LocalInterview, "_ask", spoken)


def tokens_of(loaded: Any, text: str) -> list[int]:
    """The tokens of a text that stands alone."""
    return list(loaded.tokenizer(text, add_special_tokens=False)["input_ids"])
