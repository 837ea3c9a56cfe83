"""Engines that compute in another process: sent as they were made, and one at a time in each process."""

from __future__ import annotations

import gc
from typing import Any
from uuid import uuid4

from vqa_canary.engines.protocols import Engine, Movable
from vqa_canary.planned_shard import Needs


class Held:
    """An engine that all shards of a model are computed with.

    Each shard is sent to another process by itself, and brings the engine along. Equal ones become one object there,
    so that its model is loaded once; another one takes its place, so that no process holds two models.
    """

    def __init__(self, engine: Engine, token: str | None = None) -> None:
        self.engine = engine
        self._token = token or uuid4().hex

    @property
    def needs(self) -> Needs | None:
        """What computing with it in another process takes; None where it cannot be sent to one."""
        return self.engine.needs if isinstance(self.engine, Movable) else None

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (self.engine, self._token)


_here: dict[str, Held] = {}
"""The one engine that was sent to this process, by its token."""


def _arrived(engine: Engine, token: str) -> Held:
    if token not in _here:
        _here.clear()
        gc.collect()  # a model and its engine refer to one another, and the next one needs their room
        _here[token] = Held(engine, token)
    return _here[token]
