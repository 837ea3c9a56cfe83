"""Answers whose listed tokens do not spell their text: asked again, as long as that is of any use."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from vqa_canary.engines.endpoint.responses import Reply

AGAIN = 2
"""How often such an answer is asked for once more."""
IN_VAIN = 3
"""Answers in a row for which that was in vain, after which it is left: the server writes tokens in a way of its own."""


class Doubts:
    """Remembers for all threads of a run whether asking again has been of use."""

    def __init__(self) -> None:
        self._lock, self._in_vain = Lock(), 0

    def settled(self, ask: Callable[[], Reply]) -> Reply:
        """A reply whose tokens spell its text, if the server gives one within a few requests; else the last one, which
        has no log-probs."""
        reply = ask()
        if not reply.misspelt or self._in_vain >= IN_VAIN:
            return reply
        for _ in range(AGAIN):
            reply = ask()
            if not reply.misspelt:
                break
        with self._lock:
            self._in_vain = self._in_vain + 1 if reply.misspelt else 0
        return reply
