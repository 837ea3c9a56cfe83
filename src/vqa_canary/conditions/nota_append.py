"""The condition `nota_append`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition, refuse_own_nota
from vqa_canary.rows import NOTA, Item


@condition
def nota_append(item: Item, rng: Random) -> Shown:
    """Add NOTA in the last place; the answer stays, so accuracy should too."""
    refuse_own_nota(item)
    return Shown((*item.options, NOTA), item.answer_index, nota_index=len(item.options))
