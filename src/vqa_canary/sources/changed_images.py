"""An image as a condition changes it, written as a file."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from vqa_canary.errors import BadInput
from vqa_canary.images.files import MAX_PIXELS
from vqa_canary.sources.images import CheckedImage, write_whole

MODES = ("L", "RGB")


def write_changed(
    folder: Path, image: Image.Image, change: Callable[[Image.Image], Image.Image]
) -> CheckedImage:
    """Write what `change` makes of the image as a PNG in `folder`, named by the first 16 hex digits of its hash.

    Parameters
    ----------
    image : as a model is shown it; `change` gets a copy of mode L or RGB

    Raises
    ------
    BadInput : `change` gives no image of mode L or RGB, or one of more pixels than an image may have
    """
    made = change(image.copy() if image.mode in MODES else image.convert("RGB"))
    told = f"the function {getattr(change, '__qualname__', 'of a condition')} that changes images gives"
    if not isinstance(made, Image.Image) or made.mode not in MODES:
        kind = f"an image of mode {made.mode}" if isinstance(made, Image.Image) else type(made).__name__
        raise BadInput(f"{told} {kind}; it must give a Pillow image of mode L or RGB")
    if made.width * made.height > MAX_PIXELS:
        raise BadInput(f"{told} an image of {made.width} x {made.height} pixels; the limit is {MAX_PIXELS}")
    buffer = io.BytesIO()
    made.save(buffer, "PNG")
    return write_whole(folder, buffer.getvalue(), ".png")
