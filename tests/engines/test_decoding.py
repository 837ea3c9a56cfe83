"""Decoding: which tokens are drawn, and which answers go on together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from tests.engines.races import exponential, philox, race
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from vqa_canary.engines.local import sampler
from vqa_canary.engines.local.counted_numbers import exponentials
from vqa_canary.engines.local.counted_numbers import philox as fast_philox
from vqa_canary.engines.local.decoding import Request, decode
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.sampler import Distributions, Draw, Line, choose

NO_END: frozenset[int] = frozenset()
UNREAD: Any = None
"""A prompt: what follows it is made up here."""


@dataclass
class Constant:
    """The same distribution after whatever was read; remembers the ways it was asked along."""

    logits: np.ndarray
    asked: list[list[tuple[int, int]]] = field(default_factory=list)

    @property
    def first(self) -> Distributions:
        return Distributions(torch.from_numpy(self.logits)[None])

    def extend(self, ways: Any) -> Distributions:
        self.asked.append(list(ways))
        return Distributions(torch.from_numpy(np.stack([self.logits] * len(ways))))


def draw_many(logits: np.ndarray, n: int, settings: Race = Race(), position: int = 0) -> list[int]:  # noqa: B008
    lines = [Line(0, Draw.of(3, "an instance", at)) for at in range(n)]
    return [one.token for one in choose(Constant(logits).first, lines, position, settings)]


def test_numbers_are_those_of_the_published_generator() -> None:
    """Test vectors of Random123, which published Philox; and the slow version of the tests gives the same."""
    known = {
        ((0, 0, 0, 0), (0, 0)): "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2): "408f276d 41c83b0e a20bc7c6 6d5451fd",
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
        ): "d16cfe09 94fdcceb 5001e420 24126ea1",
    }
    for (counter, key), words in known.items():
        found = fast_philox(torch.tensor(counter)[:, None], torch.tensor(key)[:, None])[:, 0].tolist()
        assert [f"{word:08x}" for word in found] == words.split()
        assert philox(counter, key) == found
    keys = [7, 2**64 - 3]
    fast = exponentials(torch.tensor([[k % 2**32, k // 2**32] for k in keys]), 9, torch.tensor([0, 4]), 5)
    slow = [
        [exponential(key, 9, part, at) for at in range(5)] for key, part in zip(keys, (0, 4), strict=True)
    ]
    np.testing.assert_allclose(fast.numpy(), slow, rtol=1e-14)


@pytest.mark.parametrize("size", [5, 256, 700, 1024])
def test_the_race_is_the_one_described(size: int) -> None:
    rng = np.random.default_rng(size)
    logits = rng.normal(size=(3, size)) * 2
    logits[1, ::3] = -np.inf
    lines = [Line(at % 3, Draw(int(key))) for at, key in enumerate(rng.integers(2**63, size=40))]
    found = choose(Distributions(torch.from_numpy(logits)), lines, 6, Race(temperature=0.7))
    for line, choice in zip(lines, found, strict=True):
        odds = np.exp((logits[line.place] - logits[line.place].max()) / 0.7)
        assert line.draw
        assert choice.token == race(line.draw.key, 6, list(odds))
        whole = logits[line.place] - np.logaddexp.reduce(logits[line.place])
        assert choice.logprob == pytest.approx(whole[choice.token], abs=1e-12)
        assert choice.entropy is None


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_as_often_as_they_are_likely(temperature: float) -> None:
    """Over two blocks of tokens, so that both stages of the race matter."""
    logits = np.full(300, -np.inf)
    logits[[0, 100, 270, 299]] = np.log([0.5, 0.3, 0.15, 0.05])
    wanted = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
    counts = np.bincount(draw_many(logits, 4000, Race(temperature)), minlength=300)
    assert counts[wanted == 0].sum() == 0
    assert chisquare(counts[wanted > 0], 4000 * wanted[wanted > 0]).pvalue > 0.001
    assert chisquare(counts[wanted > 0], np.full(4, 1000)).pvalue < 1e-6


def test_what_cannot_follow_is_never_drawn_and_a_last_digit_changes_no_token() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=5000) * 2
    logits[::7] = -np.inf
    drawn = draw_many(logits, 500)
    assert np.isfinite(logits[drawn]).all()
    assert drawn == draw_many(logits + rng.normal(size=5000) * 1e-6, 500)
    assert drawn != draw_many(logits, 500, position=1)


def test_a_greedy_token_is_the_likeliest_and_has_its_entropy() -> None:
    logits = np.array([1.0, 3.0, -np.inf, 2.0])
    [choice] = choose(Constant(logits).first, [Line(0, None)], 0, Race())
    shares = np.exp(logits) / np.exp(logits).sum()
    assert choice.token == 1
    assert choice.logprob == pytest.approx(np.log(shares[1]), abs=1e-12)
    assert choice.entropy == pytest.approx(-sum(p * np.log(p) for p in shares if p), abs=1e-12)


def test_who_else_is_drawn_and_in_how_many_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = torch.from_numpy(np.random.default_rng(4).normal(size=(9, 600)) * 3)
    lines = [Line(at % 9, Draw.of(1, "x", at) if at % 4 else None) for at in range(30)]
    together = choose(Distributions(logits), lines, 2, Race())
    alone = [
        choose(Distributions(logits[one.place][None]), [Line(0, one.draw)], 2, Race())[0] for one in lines
    ]
    assert together == alone
    monkeypatch.setattr(sampler, "_FEWEST_PLACES", 1)
    monkeypatch.setattr(sampler, "_CHUNK_BYTES", {True: 2 * 8 * 600, False: 1})
    assert choose(Distributions(logits), lines, 2, Race()) == together


WARPERS = [
    (Race(top_k=5), TopKLogitsWarper(5)),
    (Race(top_k=9999), TopKLogitsWarper(600)),
    (Race(top_p=0.7), TopPLogitsWarper(0.7)),
    (Race(top_p=1e-9), TopPLogitsWarper(1e-9)),
    (Race(min_p=0.05), MinPLogitsWarper(0.05)),
]


@pytest.mark.parametrize(("settings", "warper"), WARPERS, ids=lambda one: str(one)[:30])
def test_limits_leave_the_tokens_that_the_library_leaves(settings: Race, warper: Any) -> None:
    logits = torch.from_numpy(np.random.default_rng(5).normal(size=(20, 600)) * 3)
    odds = settings.weights(logits, logits.softmax(-1), ())
    left = warper(None, logits) > -torch.inf
    assert ((odds > 0) == left).all()
    assert torch.allclose(odds[left], logits.softmax(-1)[left])
    drawn = draw_many(logits[0].numpy(), 200, settings)
    assert left[0, drawn].all()


def test_limits_follow_one_another_and_evidence_keeps_raw_log_probs() -> None:
    logits = np.log([0.4, 0.3, 0.2, 0.1])
    # Of three tokens the first has 4 / 9, so that two of them reach .75 of what is left, which they do not of all.
    assert set(draw_many(logits, 300, Race(top_k=3, top_p=0.75))) == {0, 1}
    assert set(draw_many(logits, 300, Race(top_p=0.75))) == {0, 1, 2}
    line = Line(0, Draw.of(0, "x", 0))
    [one] = choose(Constant(logits).first, [line], 0, Race(top_k=1, temperature=0.3))
    assert one.token == 0
    assert one.logprob == pytest.approx(np.log(0.4), abs=1e-12)


def test_what_was_said_is_penalised_as_the_library_does_it() -> None:
    logits = torch.from_numpy(np.random.default_rng(6).normal(size=(2, 50)))
    said = [[3, 7, 7], [1]]
    # An image's token may be none of those that have logits; the library fails on it.
    shown = [[50, *tokens, -1] for tokens in said]
    odds = Race(repetition_penalty=1.5).weights(logits, logits.softmax(-1), shown)
    for row, tokens in enumerate(said):
        scores = RepetitionPenaltyLogitsProcessor(1.5)(torch.tensor([tokens]), logits[row][None].clone())
        assert torch.allclose(odds[row] / odds[row].sum(), scores[0].softmax(-1))


def test_no_number_makes_a_token_and_no_error() -> None:
    """Which tokens come of NaN does not matter: the interview refuses the answer."""
    [greedy, drawn] = choose(
        Constant(np.full(300, np.nan)).first, [Line(0, None), Line(0, Draw(1))], 0, Race()
    )
    assert np.isnan([greedy.logprob, drawn.logprob]).all()
    assert 0 <= drawn.token < 300


def test_equal_answers_go_on_as_one_and_ended_ones_leave() -> None:
    likely = np.log([0.98, 0.01, 0.01])
    draws = [Draw.of(3, "an instance", at) for at in range(90)]
    branches = Constant(likely)
    request = Request(UNREAD, draws, max_new_tokens=3)
    [answers] = decode(branches, branches.first, [request], frozenset({1}), Race())
    assert all(len(answer.tokens) == 3 or answer.tokens[-1] == 1 for answer in answers)
    assert any(len(answer.tokens) < 3 for answer in answers)
    first = {answer.tokens[0] for answer in answers if answer.tokens[0] != 1}
    assert sorted(token for _, token in branches.asked[0]) == sorted(first)
    assert len(branches.asked) == 2
    request = Request(UNREAD, draws, max_new_tokens=3, endless=True)
    [answers] = decode(branches, branches.first, [request], frozenset({1}), Race())
    assert {len(answer.tokens) for answer in answers} == {3}


def test_samples_without_a_greedy_answer_are_those_beside_one() -> None:
    branches = Constant(np.log([0.5, 0.3, 0.2]))
    draws = [Draw.of(3, "an instance", at) for at in range(9)]
    both, alone = (Request(UNREAD, draws, max_new_tokens=3, greedy=greedy) for greedy in (True, False))
    [[greedy, *samples], [empty, *others]] = decode(
        branches, Distributions(branches.first.logits.repeat(2, 1)), [both, alone], frozenset({1}), Race()
    )
    assert others == samples
    assert (greedy.tokens, empty.tokens) == ([0, 0, 0], [])
