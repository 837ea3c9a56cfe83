"""Small copies of the images for the explorer, where a study lets the page hold images."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SIDE = 128
LARGEST = 1_500_000
"""Characters of all images together; those beyond it are left out, in order of their id."""


def thumbnails(instances: pd.DataFrame, root: Path, largest: int = LARGEST) -> dict[str, str]:
    """Image id to a data URI.

    Raises
    ------
    OSError : an image cannot be read
    """
    from PIL import Image

    found: dict[str, str] = {}
    room = largest
    images = instances.drop_duplicates("image_id").sort_values("image_id")
    for name, path in zip(images["image_id"], images["image_path"], strict=True):
        with Image.open(root / path) as image:
            small = image.convert("RGB")
            small.thumbnail((SIDE, SIDE))
        file = io.BytesIO()
        small.save(file, "JPEG", quality=70)
        uri = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
        room -= len(uri)
        if room < 0:
            break
        found[name] = uri
    return found
