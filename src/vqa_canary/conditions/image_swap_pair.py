"""The condition `image_swap_pair`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item


@condition
def image_swap_pair(item: Item, rng: Random) -> Shown:
    """The image of an item with the same question and another right answer, which is the right one now.

    Both answers are among the options of both items, so the data themselves say that the swap makes the old answer
    wrong and which one it makes right. Images are exchanged in pairs: see `image_pairs`. After the swaps of DualRead
    (arXiv:2609.06419), which ask whether confidence falls with them.
    """
    return Shown(item.options, item.answer_index, image="swap")
