"""The condition `answer_removed`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import NotApplicable, Shown, condition, refuse_own_nota
from vqa_canary.rows import Item


@condition
def answer_removed(item: Item, rng: Random) -> Shown:
    """Drop the right option, so that nothing is right: uncertainty should rise.

    Raises
    ------
    NotApplicable : fewer than two options would be left, or one of them says that none is right
    """
    refuse_own_nota(item)
    if len(item.options) < 3:
        raise NotApplicable(f"only {len(item.options) - 1} option would be left")
    at = item.answer_index
    return Shown((*item.options[:at], *item.options[at + 1 :]), answer_index=None)
