"""The condition `reworded`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item

FRAMES = (
    "Please answer the following question. {}",
    "Here is a question about what is shown. {}",
    "{} Choose the best option.",
    "A colleague asks: {}",
)
"""Words around a question that leave what it asks as it is."""


@condition
def reworded(item: Item, rng: Random) -> Shown:
    """The question with other words around it, one of four frames, each equally likely; its own words stay.

    It needs no paraphrase of the dataset's, so it can be shown of any question; `rephrased` is the stronger test.
    """
    return Shown(item.options, item.answer_index, question=rng.choice(FRAMES).format(item.question))
