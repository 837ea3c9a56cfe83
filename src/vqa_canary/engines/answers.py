"""An option or a confidence in a model's free text: the reader of `vqa_canary.reading`, in few words."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.reading import read_confidence, read_option


def parse_choice(text: str, options: Sequence[str]) -> int | None:
    """Index of the option that `text` names, or None (see `read_option`)."""
    return read_option(text, options).choice


def parse_confidence(text: str) -> float | None:
    """A stated confidence as a share, where 100 stands for certain, or None (see `read_confidence`)."""
    return read_confidence(text)
