"""The condition `clean`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item


@condition
def clean(item: Item, rng: Random) -> Shown:
    """The item as it is: what every other condition is compared with."""
    return Shown(item.options, item.answer_index)
