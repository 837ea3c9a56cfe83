"""The condition `wrong_image`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item


@condition
def wrong_image(item: Item, rng: Random) -> Shown:
    """Another item's image, of the same body region where there is one; question and answer stay.

    The answer may happen to be right for that image too: accuracy here is what guesses and
    common findings are worth.
    """
    return Shown(item.options, item.answer_index, image="other")
