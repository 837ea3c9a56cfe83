"""Image files of kinds that Pillow reads and does not write, made by hand from arrays."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[Any]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels: Pixels, more: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """A PNG file of an array of 8 or 16 bits, [rows, columns] or [rows, columns, channels]; `more` chunks first."""
    rows, columns, *channels = pixels.shape
    kind = {0: 0, 1: 0, 2: 4, 3: 2, 4: 6}[channels[0] if channels else 0]
    depth = 8 * pixels.dtype.itemsize
    header = struct.pack(">IIBBBBB", columns, rows, depth, kind, 0, 0, 0)
    lines = b"".join(b"\0" + row.astype(pixels.dtype.newbyteorder(">")).tobytes() for row in pixels)
    body = [(b"IHDR", header), *more, (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in body)


def tiff(
    *pages: Pixels,
    order: Literal["<", ">"] = "<",
    tags: Mapping[int, int] | None = None,
    marks: Sequence[int] = (),
) -> bytes:
    """An uncompressed TIFF file of whole numbers or floats.

    Parameters
    ----------
    pages : shape [rows, columns] or [rows, columns, 3]
    order : of bytes
    tags : further or other entries of every page's directory
    marks : NewSubfileType of each page
    """
    body, places = bytearray(8), []
    for number, pixels in enumerate(pages):
        rows, columns, *channels = pixels.shape
        n, bits = channels[0] if channels else 1, 8 * pixels.dtype.itemsize
        at = len(body)
        body += pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        entries: dict[int, Any] = {254: marks[number]} if marks else {}
        entries |= {256: columns, 257: rows, 258: [bits] * n, 259: 1, 262: 2 if n > 1 else 1}
        entries |= {
            273: at,
            277: n,
            278: rows,
            279: pixels.nbytes,
            339: [{"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]] * n,
        }
        entries |= tags or {}
        body += bytes(len(body) % 2)
        lists = {}
        for tag, value in entries.items():
            if isinstance(value, list) and len(value) > 2:
                lists[tag] = len(body)
                body += struct.pack(f"{order}{len(value)}H", *value)
        places.append(len(body))
        body += struct.pack(f"{order}H", len(entries))
        for tag, value in sorted(entries.items()):
            if tag in lists:
                body += struct.pack(f"{order}HHII", tag, 3, len(value), lists[tag])
            elif isinstance(value, list):
                body += struct.pack(f"{order}HHI2H", tag, 3, len(value), *value, *[0] * (2 - len(value)))
            else:
                body += struct.pack(f"{order}HHII", tag, 4, 1, value)
        body += bytes(4)
    directories = [*places[1:], 0]
    for place, following in zip(places, directories, strict=True):
        n = struct.unpack_from(f"{order}H", body, place)[0]
        struct.pack_into(f"{order}I", body, place + 2 + 12 * n, following)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    body[:8] = mark + struct.pack(f"{order}I", places[0])
    return bytes(body)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """What Pillow writes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def ramp(low: int, high: int, dtype: Any, shape: tuple[int, int] = (16, 32)) -> Pixels:
    """Rising values from `low` to `high`, both included."""
    return np.linspace(low, high, shape[0] * shape[1]).round().astype(dtype).reshape(shape)


def picture(*, channels: int = 3, shape: tuple[int, int] = (12, 20)) -> Pixels:
    """An 8-bit picture without symmetry: every corner and channel differs."""
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (*shape, channels) if channels > 1 else shape, np.uint8)
