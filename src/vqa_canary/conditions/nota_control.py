"""The condition `nota_control`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition, refuse_own_nota
from vqa_canary.rows import NOTA, Item


@condition
def nota_control(item: Item, rng: Random) -> Shown:
    """Replace one wrong option's text by NOTA; the answer stays where it was.

    Tells a hidden answer (`nota_replace`) from the mere presence of the words.
    """
    refuse_own_nota(item)
    at = rng.choice([index for index in range(len(item.options)) if index != item.answer_index])
    options = (*item.options[:at], NOTA, *item.options[at + 1 :])
    return Shown(options, answer_index=item.answer_index, nota_index=at)
