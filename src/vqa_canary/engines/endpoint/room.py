"""How many bytes of images may be under way at one time, so that many requests about large images fit in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

log = logging.getLogger(__name__)

MOST_BYTES = 2**30
"""Most bytes of data URLs that all threads hold together. While a request goes out, each is there twice."""


class Room:
    """Lets threads wait until what the others hold leaves room for what they bring.

    Parameters
    ----------
    most : bytes that all may hold together; one alone is let in whatever it brings
    about : who is told of, should some have to wait
    """

    def __init__(self, most: int, about: str) -> None:
        self._most, self._about = most, about
        self._held, self._told, self._changed = 0, False, Condition()

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        """Hold so many bytes; wait for room first."""
        with self._changed:
            if self._held and self._held + size > self._most and not self._told:
                self._told = True
                log.warning(
                    "%s: images under way take %d MiB, so fewer requests are sent at one time than concurrency allows. "
                    "max_image_side makes images smaller.",
                    self._about,
                    self._most // 2**20,
                )
            self._changed.wait_for(lambda: not self._held or self._held + size <= self._most)
            self._held += size
        try:
            yield
        finally:
            with self._changed:
                self._held -= size
                self._changed.notify_all()
