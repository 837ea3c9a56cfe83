"""The condition `no_image`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item


@condition
def no_image(item: Item, rng: Random) -> Shown:
    """A blank image of the same size: what is answered rightly now was not seen."""
    return Shown(item.options, item.answer_index, image="blank")
