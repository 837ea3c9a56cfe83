"""Small copies of the images for the explorer, where a study lets the page hold images."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from vqa_canary.images.conversion import in_rgb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PIL.Image import Image

    from vqa_canary.rows import Showing

SIDE = 256
LARGEST = 1_500_000
"""Characters of all images together; those beyond it are left out, in order of their id."""


def thumbnails(
    instances: Iterable[Showing],
    open_image: Callable[[Showing], Image],
    largest: int = LARGEST,
    side: int = SIDE,
) -> dict[str, str]:
    """Image id to a data URI, of all images of all instances.

    Parameters
    ----------
    open_image : gives the decoded image of an instance that shows one; what it raises is raised
    side : most pixels of either side of a copy
    """
    from vqa_canary.rows import each_image

    uris: dict[str, str] = {}
    room = largest
    alone = {str(part.image_id): part for instance in instances for part in each_image(instance)}
    for name, shown in sorted(alone.items()):
        small = in_rgb(open_image(shown))
        small.thumbnail((side, side))
        file = io.BytesIO()
        small.save(file, "JPEG", quality=70)
        uri = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
        room -= len(uri)
        if room < 0:
            break
        uris[name] = uri
    return uris
