"""The condition `asked_again`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item


@condition
def asked_again(item: Item, rng: Random) -> Shown:
    """The item as it is, once more: an answer that changes then changes by itself."""
    return Shown(item.options, item.answer_index)
