"""Records that become no item although nothing is wrong with them: nobody asked for them, or they are repeats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

from vqa_canary.sources.images import CheckedImage
from vqa_canary.spelling import same_text


class LeftOut(Enum):
    """Why a row that nobody asked for becomes neither an item nor a refusal; the value ends the log's sentence."""

    SPLIT = "of splits that are not asked for"
    LANGUAGE = "in another language"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A record that says what an earlier one says, or has its id."""

    first: str
    """Key of the earlier record."""
    told: str
    """What the two records have in common, in words."""
    remedy: str
    """What the user can do about it, in words."""

    def reason(self, *, first_refused: bool) -> str:
        """Why the record is refused, and what became of the earlier one if that is in no item either."""
        return f"{self.told}{', which is refused, too' if first_refused else ''}; {self.remedy}"


class Clash(NamedTuple):
    """What a record has in common with an earlier one, though only one of the two may have it."""

    kind: Literal["content", "id", "split"]
    """`split`: the two show the same image, but belong to different splits."""
    first: str
    """Key of the earlier record; for `split` the name of the earlier record's split."""


class Seen:
    """The contents, ids and images of the records that were read so far, whichever table they come from."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], str] = {}

    def add(
        self, key: str, split: str, *, content: str, own_id: str, images: Iterable[CheckedImage]
    ) -> Clash | None:
        """How a record clashes with an earlier one; None where it does not, and only then it is remembered."""
        said, named = ("content", content), ("id", same_text(own_id))
        if first := self._first.get(said):
            return Clash("content", first)
        if first := self._first.get(named):
            return Clash("id", first)
        shown = [("image", image.sha256) for image in images]
        for other in (self._first.get(image, split) for image in shown):
            if other != split:
                return Clash("split", other)
        self._first |= dict.fromkeys(shown, split) | {said: key, named: key}
        return None
