"""The condition `text_only`."""

from __future__ import annotations

from random import Random

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item


@condition
def text_only(item: Item, rng: Random) -> Shown:
    """No image at all: question and options alone are in the prompt, as they are in one to a model without eyes.

    Under `no_image` there is a blank image, which a model may take for a dark scan; here there is nothing to take.
    """
    return Shown(item.options, item.answer_index, image="none")
