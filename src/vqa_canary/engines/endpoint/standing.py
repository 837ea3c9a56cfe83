"""What an endpoint was found to give."""

from __future__ import annotations

from dataclasses import dataclass, field

from vqa_canary.engines.endpoint.dialect import Dialect


@dataclass(frozen=True)
class Standing:
    """What the canary found about one prompt; later responses may list fewer tokens."""

    depth: int
    """Most tokens seen listed at a position; 0: the endpoint gives no log-probs."""
    top_logprobs: int
    """Tokens to ask for; 0: ask for no log-probs."""
    sample_logprobs: bool
    """Whether samples come with log-probs of their tokens."""
    n_per_call: int
    """Samples that one request gives; at least 1."""
    follow_ups: bool
    """Whether it takes a chat with an answer of its own in it."""
    dialect: Dialect = field(default_factory=Dialect)
    """How requests are put."""
    few_tokens: int = 2
    """Tokens to ask for where only the first ones are read: two, as the first may be a space or a line end."""
    facts: dict[str, str] = field(default_factory=dict)
