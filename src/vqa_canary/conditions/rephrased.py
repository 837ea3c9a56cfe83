"""The condition `rephrased`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import NotApplicable, Shown, condition
from vqa_canary.rows import Item


@condition
def rephrased(item: Item, rng: Random) -> Shown:
    """The dataset's own paraphrase of the question.

    Raises
    ------
    NotApplicable : the dataset has none
    """
    if not item.rephrased_question:
        raise NotApplicable("the dataset has no paraphrase of this question")
    return Shown(item.options, item.answer_index, question=item.rephrased_question)
