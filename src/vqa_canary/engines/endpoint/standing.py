"""What an endpoint was found to give."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Standing:
    """What the canary found; every later response is held against it."""

    depth: int
    """Tokens listed at each position; 0: the endpoint gives no log-probs."""
    top_logprobs: int
    """Tokens to ask for; 0: ask for no log-probs."""
    sample_logprobs: bool
    """Whether samples come with log-probs of their tokens."""
    n_per_call: int
    """Samples that one request gives; at least 1."""
    follow_ups: bool
    """Whether it takes a chat with an answer of its own in it."""
    facts: dict[str, str] = field(default_factory=dict)
