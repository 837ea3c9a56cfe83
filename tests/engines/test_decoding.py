"""Drawing tokens by an exponential race."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from vqa_canary.engines.local.decoding import Draw, Request, decode
from vqa_canary.seeding import generator_for

NO_END: frozenset[int] = frozenset()
UNREAD: Any = None
"""A prompt: what follows it is made up here."""


@dataclass
class Constant:
    """The same distribution after whatever was read; remembers the ways it was asked along."""

    logprobs: np.ndarray
    asked: list[list[tuple[int, int]]] = field(default_factory=list)

    def extend(self, ways: Any) -> np.ndarray:
        self.asked.append(list(ways))
        return np.stack([self.logprobs] * len(ways))


def draw_many(logprobs: np.ndarray, n: int, temperature: float = 1.0) -> list[int]:
    draws: list[Draw] = [partial(generator_for, 3, "an instance", f"sample {at}") for at in range(n)]
    request = Request(UNREAD, draws, max_new_tokens=1)
    [[_, *samples]] = decode(Constant(logprobs), logprobs[None], [request], NO_END, temperature)
    return [answer.tokens[0] for answer in samples]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_as_often_as_they_are_likely(temperature: float) -> None:
    logprobs = np.log([0.5, 0.3, 0.15, 0.05])
    wanted = np.exp(logprobs / temperature) / np.exp(logprobs / temperature).sum()
    counts = np.bincount(draw_many(logprobs, 4000, temperature), minlength=4)
    assert chisquare(counts, 4000 * wanted).pvalue > 0.001
    uniform = chisquare(counts, np.full(4, 1000))
    assert uniform.pvalue < 1e-6


def test_what_cannot_follow_is_never_drawn_and_a_last_digit_changes_no_token() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=5000) * 2
    logits[::7] = -np.inf
    logprobs = logits - np.logaddexp.reduce(logits)
    drawn = draw_many(logprobs, 500)
    assert np.isfinite(logprobs[drawn]).all()
    assert drawn == draw_many(logprobs + rng.normal(size=5000) * 1e-6, 500)


def test_equal_answers_go_on_as_one_and_ended_ones_leave() -> None:
    likely = np.log([0.98, 0.01, 0.01])
    draws: list[Draw] = [partial(generator_for, 3, "an instance", f"sample {at}") for at in range(30)]
    request = Request(UNREAD, draws, max_new_tokens=3)
    branches = Constant(likely)
    [answers] = decode(branches, likely[None], [request], frozenset({1}), 1.0)
    assert all(len(answer.tokens) == 3 or answer.tokens[-1] == 1 for answer in answers)
    first = {answer.tokens[0] for answer in answers if answer.tokens[0] != 1}
    assert sorted(token for _, token in branches.asked[0]) == sorted(first)
    assert len(branches.asked) == 2
