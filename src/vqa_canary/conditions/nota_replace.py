"""The condition `nota_replace`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition, refuse_own_nota
from vqa_canary.rows import NOTA, Item


@condition
def nota_replace(item: Item, rng: Random) -> Shown:
    """Replace the right option's text by NOTA, which is right now; every place stays.

    The change that Bedi et al. (JAMA Netw Open 2025) made to medical questions.
    """
    refuse_own_nota(item)
    at = item.answer_index
    options = (*item.options[:at], NOTA, *item.options[at + 1 :])
    return Shown(options, answer_index=at, nota_index=at)
