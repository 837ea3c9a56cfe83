"""The condition `low_contrast`."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item

if TYPE_CHECKING:
    from PIL.Image import Image


@condition
def low_contrast(item: Item, rng: Random) -> Shown:
    """The item's images with a fifth of their contrast: every value comes nearer to the mean grey by four fifths."""

    def flatten(image: Image) -> Image:
        from PIL import ImageEnhance

        return ImageEnhance.Contrast(image).enhance(0.2)

    return Shown(item.options, item.answer_index, image=flatten)
