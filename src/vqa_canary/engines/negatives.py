"""Images that look different from given ones, for finding out whether they are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.images.conversion import in_rgb

if TYPE_CHECKING:
    from PIL.Image import Image

FAR = 64
"""Least difference in grey value, of 255, that a negative must have from its image somewhere."""


def another(image: Image) -> Image:
    """An image of the same size that looks different: the negative, or a white one where all is about mid-grey."""
    from PIL import Image as Pictures
    from PIL import ImageOps

    shown = in_rgb(image)
    low, high = shown.convert("L").getextrema()
    if max(abs(255 - 2 * float(value)) for value in (low, high) if not isinstance(value, tuple)) < FAR:
        return Pictures.new("RGB", shown.size, "white")
    return ImageOps.invert(shown)
