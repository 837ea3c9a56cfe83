"""One statement about an option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vqa_canary.reading.phrases import Phrase

Kind = Literal["asserts", "may assert", "denies", "problem"]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one place of an answer says."""

    at: int
    kind: Kind
    phrase: Phrase | None
    how: str
    """How the statement names the option, or which problem there is with it."""

    @property
    def choice(self) -> int | None:
        return self.phrase.choice if self.phrase else None
