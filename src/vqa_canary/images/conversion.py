"""From the bytes of an image file to the picture that a model is shown, and what was done on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from vqa_canary.images.colour import (
    DEEP_COLOURS,
    deep_colour,
    deep_grey,
    eight_bits,
    is_deep,
    low_bytes_rawmode,
)
from vqa_canary.images.files import MAX_PIXELS, decode, decoding, opened
from vqa_canary.images.frames import choose_frame
from vqa_canary.images.settings import ImageSettings

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""For each value of EXIF's orientation the turn that undoes it."""


@dataclass(frozen=True)
class Converted:
    """A picture of 8 bits, and how it came about."""

    image: Image.Image
    """The picture to be shown, in Pillow's mode `L` (grey) or `RGB`."""
    steps: tuple[str, ...] = ()
    """What was done to the file's pixels, in words; empty where the file holds these very pixels."""
    header: dict[str, str] = field(default_factory=dict)
    """Values of a DICOM header that the settings ask for, by keyword."""
    identity: str | None = None
    """Why a DICOM header lets one fear that the picture shows who the patient is; None where it does not."""


def convert(
    data: bytes,
    name: str,
    settings: ImageSettings | None = None,
    frame: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Converted:
    """The picture in an image file, as every model, page and hash sees it.

    Parameters
    ----------
    name : stands in messages
    frame : which picture of a file that holds several, the first is 0

    Raises
    ------
    ImageRefused : it cannot be decoded, is too large, or cannot be shown rightly by these settings
    """
    settings = settings or ImageSettings()
    if is_dicom(data, name):
        from vqa_canary.images.dicom import convert_dicom

        return convert_dicom(data, name, settings, frame, max_pixels)
    image = opened(data, name, max_pixels)
    with decoding(name, max_pixels):
        chosen = choose_frame(image, frame, name, max_pixels)
        turn = _orientation(image, data)
        bits = _bits(image, data)
        deep_colours = bits > 8 and image.mode in DEEP_COLOURS
        low_bytes = _low_bytes(image, data) if deep_colours else None
        image.load()
        if is_deep(image):
            shown, steps = deep_grey(image, bits, settings, name)
        elif deep_colours:
            shown, steps = deep_colour(image, low_bytes, settings, name)
        else:
            shown, steps = eight_bits(_rescaled_transparency(image, bits), settings, name)
        if turn in _TURNS:
            steps = [*steps, "turned upright by its EXIF orientation"]
            if image.format != "TIFF":  # Pillow has turned that itself
                shown = shown.transpose(_TURNS[turn])
    return Converted(shown, tuple(filter(None, [chosen, *steps])))


def is_plain(data: bytes, name: str) -> bool:
    """Whether the file's first frame is what `convert` gives: 8-bit grey or RGB, upright, opaque and alone.

    Only the header is read.

    Raises
    ------
    ImageRefused : it is no image or too large
    """
    if is_dicom(data, name):
        return False
    image = opened(data, name)
    with decoding(name):
        if image.mode not in ("L", "RGB") or is_deep(image) or "transparency" in image.info:
            return False
        alone = choose_frame(image, 0, name, MAX_PIXELS) is None
        return alone and _bits(image, data) <= 8 and _orientation(image, data) not in _TURNS


def in_rgb(image: Image.Image) -> Image.Image:
    """A converted picture in three channels: grey is repeated, colours stay.

    Raises
    ------
    ValueError : it is no converted picture, so that its colours would be a matter of chance
    """
    if image.mode not in ("L", "RGB"):
        raise ValueError(f"a picture of mode {image.mode} has not been converted")
    return image.convert("RGB")


def is_dicom(data: bytes, name: str) -> bool:
    """Whether this is a DICOM file: by its mark, or by its name where it has no preamble."""
    return data[128:132] == b"DICM" or (
        name.lower().endswith((".dcm", ".dicom")) and data[:2] in _NO_PREAMBLE
    )


_NO_PREAMBLE = (b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08")
"""Group numbers with which a DICOM file begins that has no preamble."""


def check(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> str:
    """Find out whether a file holds an image that can be decoded whole, and return the suffix of its name for it.

    Raises
    ------
    ImageRefused : too many pixels, or no image; `name` stands in the message
    """
    if is_dicom(data, name):
        from vqa_canary.images.dicom import check_dicom

        check_dicom(data, name, max_pixels)
        return ".dcm"
    kind = str(decode(data, name, max_pixels).format)
    return {"JPEG": ".jpg", "MPO": ".jpg", "TIFF": ".tif"}.get(kind, f".{kind.lower()}")


def _orientation(image: Any, data: bytes) -> int:
    if image.format == "PNG" and not any(
        kind == b"eXIf" or text.startswith(b"Raw profile type exif") for kind, text in _png_chunks(data)
    ):
        return 1  # Pillow would decode the whole image to look behind it
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # EXIF in a file that somebody else wrote may be any bytes, and Pillow lets through what its parser trips over
        # (struct.error, SyntaxError, KeyError, ...). Only the orientation is lost: the picture stays as it is stored.
        return 1


def _bits(image: Any, data: bytes) -> int:
    """Number of bits that the file stores for each value of a pixel."""
    if image.format == "PNG":
        return data[24]
    return max(image.tag_v2.get(258, (1,))) if image.format == "TIFF" else 8


def _rescaled_transparency(image: Image.Image, bits: int) -> Image.Image:
    """The grey that a PNG file calls transparent, brought to 0 to 255 as Pillow brings greys of 2 and 4 bits but not
    this one."""
    transparent = image.info.get("transparency")
    if image.mode == "L" and image.format == "PNG" and isinstance(transparent, int) and bits < 8:
        image.info["transparency"] = transparent * 255 // (2**bits - 1)
    return image


def _low_bytes(image: Image.Image, data: bytes) -> Image.Image | None:
    """The low bytes of 16-bit colours, as an image like that which holds the high ones; None where there is no way."""
    other: Any = opened(data, "")
    if image.tell():
        other.seek(image.tell())
    tiles = []
    for tile in other.tile:
        several = isinstance(tile.args, tuple)
        rawmode = low_bytes_rawmode(tile.args[0] if several else str(tile.args))
        if rawmode is None:
            return None
        tiles.append(tile._replace(args=(rawmode, *tile.args[1:]) if several else rawmode))
    other.tile = tiles
    other.load()
    return other if other.mode == image.mode else None


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and first bytes of each chunk of a PNG file."""
    at = 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 40]
        at += 12 + size
