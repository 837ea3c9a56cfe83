"""What a TIFF file that cannot be decoded holds, in words, so that its owner knows how to convert it."""

from __future__ import annotations

import io

from PIL import TiffImagePlugin

_WIDTH, _HEIGHT = 256, 257
_BITS, _COMPRESSION, _PHOTOMETRIC, _CHANNELS, _FORMAT = 258, 259, 262, 277, 339
_FORMATS = {
    1: "whole numbers",
    2: "whole numbers with a sign",
    3: "floating-point numbers",
    5: "complex numbers",
}
_COLOURS = {0: "grey whose white is zero", 1: "grey", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "LAB"}


def tiff_form(data: bytes) -> str | None:
    """Depth, number format, channels, colours, compression and byte order; None where it is no sound TIFF file."""
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return None
    try:
        directory = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
        file = io.BytesIO(data)
        file.seek(directory.next)
        directory.load(file)
        bits = {int(n) for n in directory.get(_BITS, (1,))}
        kind = int(directory.get(_FORMAT, (1,))[0])
        channels = int(directory.get(_CHANNELS, 1))
        colours, packing = int(directory.get(_PHOTOMETRIC, 1)), int(directory.get(_COMPRESSION, 1))
    except Exception:
        # The file could not be decoded, and this only words the refusal. Pillow raises whatever a broken directory
        # makes of it (struct.error, SyntaxError, TypeError, ...); then nothing more is known of it.
        return None
    if not {_WIDTH, _HEIGHT} <= set(directory):
        return None  # a broken file
    numbers = _FORMATS.get(kind, f"values of kind {kind}")
    said = f"{numbers} of {' and '.join(map(str, sorted(bits)))} bits, {channels} a pixel"
    order = "big-endian" if data[:2] == b"MM" else "little-endian"
    compressed = "uncompressed" if packing == 1 else f"compression {packing}"
    return f"{said}, {_COLOURS.get(colours, f'colours of kind {colours}')}, {order}, {compressed}"
