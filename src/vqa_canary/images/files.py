"""Image files that nobody has vouched for: bounded in bytes and in pixels, and decoded whole."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from vqa_canary.errors import BadInput
from vqa_canary.images.tiff_form import tiff_form

MAX_BYTES = 64 * 2**20
"""Most bytes of an image file; a larger one is not read."""
MAX_PIXELS = 50_000_000
"""Most pixels of an image that is decoded: 150 MB in RGB. Radiographs have up to some 20 million."""

_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")  # those that Pillow decodes without other programs


class ImageRefused(BadInput):
    """An image file that is not used; the message says why."""


def read_bytes(path: Path, name: str, max_bytes: int = MAX_BYTES) -> bytes:
    """All bytes of a file.

    Raises
    ------
    ImageRefused : there is no such file, it cannot be read, or it is larger; `name` stands in the message
    """
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            raise ImageRefused(f"image {name!r}: there is no such file")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise ImageRefused(f"image {name!r}: cannot be read ({first_line(error)})") from error
    if len(data) > max_bytes:
        raise ImageRefused(f"image {name!r}: larger than {max_bytes} bytes; make it smaller")
    return data


def decode(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The first frame in `data` as the file stores it, decoded whole.

    Raises
    ------
    ImageRefused : more than `max_pixels` pixels, or no image; `name` stands in the message
    """
    image = opened(data, name, max_pixels)
    with decoding(name, max_pixels):
        image.load()
    return image


def opened(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The image in `data` by its header alone: its pixels are decoded when they are asked for, inside `decoding`.

    Raises
    ------
    ImageRefused : more than `max_pixels` pixels, or no image; `name` stands in the message
    """
    with decoding(name, max_pixels):
        try:
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        except UnidentifiedImageError as error:
            if form := tiff_form(data):
                raise ImageRefused(
                    f"image {name!r}: a TIFF file of a form that is not read ({form}); save it as PNG of 8 or 16 "
                    "bits, or floats as TIFF of 32 bits"
                ) from error
            raise
        refuse_large(*image.size, max_pixels)
    return image


def refuse_large(width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Raise the error that `decoding` turns into a refusal, where an image has too many pixels."""
    if width * height > max_pixels:
        raise Image.DecompressionBombError(f"{width} x {height} pixels")


@contextmanager
def decoding(name: str, max_pixels: int = MAX_PIXELS) -> Iterator[None]:
    """Turn whatever Pillow raises, for it raises many kinds for broken files, into `ImageRefused`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # our own limit is lower than Pillow's, and metadata is not for the log
            yield
    except ImageRefused:
        raise
    except Image.DecompressionBombError as error:
        raise ImageRefused(
            f"image {name!r}: too large to decode, {error}; the limit is {max_pixels} pixels; make it smaller"
        ) from error
    except UnidentifiedImageError as error:
        raise ImageRefused(
            f"image {name!r}: not an image that can be decoded (cannot identify image file); what is read is "
            "JPEG, PNG, GIF, BMP, TIFF, WebP and DICOM"
        ) from error
    except Exception as error:
        raise ImageRefused(
            f"image {name!r}: not an image that can be decoded ({first_line(error)}); copy it anew, or leave it out"
        ) from error


def first_line(error: Exception) -> str:
    """The message of an error, without what differs from run to run."""
    return (
        (getattr(error, "strerror", None) or str(error) or type(error).__name__).split("\n")[0].split(" <")[0]
    )
