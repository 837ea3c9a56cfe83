"""Which picture is meant, of a file that may hold several."""

from __future__ import annotations

from typing import Any

from PIL import Image

from vqa_canary.images.files import ImageRefused, refuse_large

_REDUCED_OR_MASK, _OLD_REDUCED = 1 | 4, 2
"""Bits of TIFF's NewSubfileType (tag 254), and the value of SubfileType (255), of pages that are no pictures."""
_MOST_PAGES = 1000


def choose_frame(image: Image.Image, frame: int | None, name: str, max_pixels: int) -> str | None:
    """Turn an opened image to the picture that is meant, and say which; None where it holds one alone.

    Previews do not count: those of an MPO file whose first picture is marked as its main one, and pages of a TIFF file
    that are marked as reduced copies or as masks.

    Raises
    ------
    ImageRefused : it holds several pictures and `frame` is None, or fewer than `frame` says
    """
    if not _holds_several(image):
        at = image.tell()
        return f"page {at}, the only one that is no preview" if at else None
    if frame is None:
        raise ImageRefused(
            f"image {name!r}: holds several frames; name one by the dataset's option frame, the first is 0"
        )
    try:
        image.seek(frame)
    except (EOFError, IndexError) as error:
        raise ImageRefused(f"image {name!r}: holds no frame {frame}; the first is 0") from error
    refuse_large(*image.size, max_pixels)
    return f"frame {frame}"


def _holds_several(image: Any) -> bool:
    if image.format == "MPO":
        return not _has_main_picture(image)
    if image.format == "TIFF":
        return _has_two_pictures(image)
    return bool(getattr(image, "is_animated", False))


def _has_main_picture(image: Any) -> bool:
    """Whether the first picture is the file's main one, and the others no views of their own (panorama, stereo)."""
    kinds = [entry["Attribute"] for entry in image.mpinfo[0xB002]]
    views = any(str(kind["MPType"]).startswith("Multi-Frame") for kind in kinds)
    return kinds[0]["MPType"] == "Baseline MP Primary Image" and not views


def _has_two_pictures(image: Any) -> bool:
    """Whether the file holds a second picture; where it holds one alone, the image is left at that."""
    pictures: list[int] = []
    for page in range(_MOST_PAGES + 1):
        try:
            image.seek(page)
        except EOFError:
            break
        subfile = int(image.tag_v2.get(254, 0)) & _REDUCED_OR_MASK
        if not subfile and image.tag_v2.get(255) != _OLD_REDUCED:
            pictures.append(page)
        if len(pictures) > 1 or page == _MOST_PAGES:
            return True
    image.seek(pictures[0] if pictures else 0)
    return False
