"""The condition `nota_last`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition, refuse_own_nota
from vqa_canary.rows import NOTA, Item


@condition
def nota_last(item: Item, rng: Random) -> Shown:
    """Drop the right option and put NOTA, which is right now, in the last place.

    Where examinations put it; the others keep their order.
    """
    refuse_own_nota(item)
    at = item.answer_index
    options = (*item.options[:at], *item.options[at + 1 :], NOTA)
    return Shown(options, answer_index=len(options) - 1, nota_index=len(options) - 1)
