"""The condition `underexposed`."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from vqa_canary.plugins import Item, Shown, condition

if TYPE_CHECKING:
    from PIL.Image import Image


@condition
def underexposed(item: Item, rng: Random) -> Shown:
    """The item's images at a quarter of their brightness, as if they had got too little light."""

    def darken(image: Image) -> Image:
        return image.point(lambda grey: grey // 4)

    return Shown(item.options, item.answer_index, image=darken)
