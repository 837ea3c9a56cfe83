"""One prefill of equally long prompts, then their greedy and sampled answers over its cache.

Prompts of one length need no padding, so positions and masks are the model's own defaults: the
arithmetic of a lone prompt, for any architecture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

Draw = Sequence[float]
"""One uniform number in [0, 1) a token: the randomness of one sampled answer."""


@dataclass
class Answer:
    """Tokens of one answer, the ending token included, with natural log-probs and nats."""

    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Continuation:
    """What followed one prompt."""

    next_logprobs: NDArray[np.float64]
    """Shape (vocabulary,): log-probs of the token after the prompt."""
    opened: dict[int, NDArray[np.float64]]
    """The same after the prompt and one more given token."""
    greedy: Answer
    samples: list[Answer]


@dataclass(frozen=True)
class _Row:
    """One sequence being decoded: `answer` grows; `draw` is None for the greedy one."""

    prompt: int
    answer: Answer
    draw: Draw | None


def continue_prompts(
    model: Any,
    inputs: dict[str, torch.Tensor],
    draws: Sequence[Sequence[Draw]],
    openings: Sequence[int],
    end_ids: frozenset[int],
    max_new_tokens: int,
    temperature: float,
) -> list[Continuation]:
    """Answers of a batch of equally long prompts.

    Parameters
    ----------
    inputs : the model's arguments; `input_ids` has shape (prompts, length)
    draws : per prompt, one `Draw` of at least `max_new_tokens` numbers for each sample
    openings : token ids after which the next distribution is wanted too
    """
    import torch

    with torch.no_grad():
        output = model(**inputs, use_cache=True, logits_to_keep=1)
        first = _log_softmax(output.logits[:, -1])
        state = _State(model, output.past_key_values, inputs["input_ids"])
        rows = [_Row(prompt, Answer(), draw) for prompt, own in enumerate(draws) for draw in (None, *own)]
        opened = _open(state.copy() if openings else state, first, openings)
        _decode(state, first, rows, end_ids, max_new_tokens, temperature)
    by_prompt: list[list[Answer]] = [[] for _ in draws]
    for row in rows:
        by_prompt[row.prompt].append(row.answer)
    return [
        Continuation(first[prompt], opened[prompt], answers[0], answers[1:])
        for prompt, answers in enumerate(by_prompt)
    ]


class _State:
    """A cache and the positions that go with its rows."""

    def __init__(self, model: Any, cache: Any, ids: torch.Tensor) -> None:
        self.model, self.cache, self.device = model, cache, ids.device
        self.length = ids.shape[1]
        deltas = getattr(getattr(model, "model", None), "rope_deltas", None)
        self.deltas = None if deltas is None else deltas.reshape(-1, 1).expand(len(ids), 1).clone()

    def copy(self) -> _State:
        import copy

        twin = copy.copy(self)
        twin.cache = copy.deepcopy(self.cache)
        return twin

    def select(self, rows: Sequence[int]) -> None:
        """Keep, repeat or drop rows."""
        import torch

        index = torch.as_tensor(rows, dtype=torch.long, device=self.device)
        self.cache.reorder_cache(index)
        if self.deltas is not None:
            self.deltas = self.deltas[index]

    def step(self, tokens: Sequence[int]) -> NDArray[np.float64]:
        """Log-probs after one more token a row."""
        import torch

        ids = torch.as_tensor(tokens, dtype=torch.long, device=self.device)[:, None]
        positions = {} if self.deltas is None else {"position_ids": self.deltas + self.length}
        output = self.model(input_ids=ids, past_key_values=self.cache, use_cache=True, **positions)
        self.cache, self.length = output.past_key_values, self.length + 1
        return _log_softmax(output.logits[:, -1])


def _decode(
    state: _State,
    logprobs: NDArray[np.float64],
    rows: list[_Row],
    end_ids: frozenset[int],
    max_new_tokens: int,
    temperature: float,
) -> None:
    """Grow every row's answer until it ends; `logprobs` has one row a prompt."""
    alive, source = rows, [row.prompt for row in rows]
    for position in range(max_new_tokens):
        entropies = -np.sum(np.exp(logprobs) * np.where(np.isneginf(logprobs), 0.0, logprobs), axis=1)
        for row, at in zip(alive, source, strict=True):
            token = _choose(logprobs[at], row.draw, position, temperature)
            row.answer.tokens.append(token)
            row.answer.logprobs.append(float(logprobs[at, token]))
            row.answer.entropies.append(float(entropies[at]))
        going = [i for i, row in enumerate(alive) if row.answer.tokens[-1] not in end_ids]
        if not going or position + 1 == max_new_tokens:
            return
        ways = [(source[i], alive[i].answer.tokens[-1]) for i in going]
        distinct = list(dict.fromkeys(ways))  # equal answers so far go on as one
        state.select([at for at, _ in distinct])
        logprobs = state.step([token for _, token in distinct])
        alive = [alive[i] for i in going]
        source = [distinct.index(way) for way in ways]


def _open(
    state: _State, first: NDArray[np.float64], openings: Sequence[int]
) -> list[dict[int, NDArray[np.float64]]]:
    prompts = range(len(first))
    if not openings:
        return [{} for _ in prompts]
    state.select([prompt for prompt in prompts for _ in openings])
    after = state.step([token for _ in prompts for token in openings])
    return [
        {token: after[prompt * len(openings) + at] for at, token in enumerate(openings)} for prompt in prompts
    ]


def _choose(logprobs: NDArray[np.float64], draw: Draw | None, position: int, temperature: float) -> int:
    """The likeliest token, or the one at which the cumulated probability passes the drawn number."""
    if draw is None:
        return int(np.argmax(logprobs))
    weights = np.cumsum(np.exp((logprobs - logprobs.max()) / temperature))
    token = int(np.searchsorted(weights, draw[position] * weights[-1], side="right"))
    return min(token, len(weights) - 1)  # beyond the last only where the weights are NaN


def _log_softmax(logits: torch.Tensor) -> NDArray[np.float64]:
    result: NDArray[np.float64] = logits.double().log_softmax(-1).cpu().numpy()
    return result
