"""The condition `shuffled`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import NotApplicable, Shown, condition
from vqa_canary.rows import Item


@condition
def shuffled(item: Item, rng: Random) -> Shown:
    """The options in another order, every other order equally likely.

    Raises
    ------
    NotApplicable : fewer than two options have no other order
    """
    if len(item.options) < 2:
        raise NotApplicable("a single option has no other order")
    same = list(range(len(item.options)))
    order = same.copy()
    while order == same:
        rng.shuffle(order)
    return Shown(tuple(item.options[at] for at in order), answer_index=order.index(item.answer_index))
