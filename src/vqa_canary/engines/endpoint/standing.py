"""What an endpoint was found to give before a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from vqa_canary.engines.endpoint.dialect import Dialect


@dataclass(frozen=True)
class Standing:
    """What the canary found about one prompt; later responses may list fewer tokens."""

    depth: int
    """Most tokens that were seen listed at one position; 0 where the endpoint gives no log-probs."""
    top_logprobs: int
    """How many likeliest tokens to ask for at each position; 0 asks for no log-probs."""
    sample_logprobs: bool
    """Whether samples come with log-probs of their tokens."""
    n_per_call: int
    """Number of samples that one request gives; at least 1."""
    follow_ups: bool
    """Whether the endpoint takes a chat with an earlier answer of the model in it."""
    dialect: Dialect = field(default_factory=Dialect)
    """How requests must be put so that the server takes them."""
    few_tokens: int = 2
    """Most tokens to ask for where only the first ones are read: two, as the first may be a space or a line end."""
    facts: dict[str, str] = field(default_factory=dict)
