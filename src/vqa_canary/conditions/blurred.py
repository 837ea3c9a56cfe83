"""The condition `blurred`."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from vqa_canary.conditions.registration import Shown, condition
from vqa_canary.rows import Item

if TYPE_CHECKING:
    from PIL.Image import Image


@condition
def blurred(item: Item, rng: Random) -> Shown:
    """The item's images out of focus: a Gaussian blur whose standard deviation is 2 % of the longer side."""

    def blur(image: Image) -> Image:
        from PIL import ImageFilter

        return image.filter(ImageFilter.GaussianBlur(0.02 * max(image.size)))

    return Shown(item.options, item.answer_index, image=blur)
