"""A warning, given once while the run still goes on, of many failures one after the other."""

from __future__ import annotations

import logging

from vqa_canary.lasting_failures import kind_of, told
from vqa_canary.rows import Evidence

log = logging.getLogger(__name__)

LONG = 10
"""Number of failures of one kind in a row after which the log tells of them."""


class Streak:
    """Watches the evidence of the configured model `name` as it comes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kind, self._length = "", 0
        self._told: set[str] = set()

    def count(self, row: Evidence) -> None:
        """Take note of one instance; the tenth failure of a kind in a row is a warning, the first time it happens."""
        if row.status == "ok":
            self._kind, self._length = "", 0
            return
        kind = kind_of(row.error or "")
        self._length = self._length + 1 if kind == self._kind else 1
        self._kind = kind
        if self._length >= LONG and kind not in self._told:
            self._told.add(kind)
            log.warning(
                "models.%s: %d instances in a row failed in one way: %s. The run goes on; Ctrl-C ends it, and what is "
                "answered is kept.",
                self._name,
                self._length,
                told(row.error or ""),
            )
