"""From values of any depth to the 256 greys of an 8-bit image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vqa_canary.images.files import ImageRefused
from vqa_canary.images.settings import ImageSettings

Values = NDArray[Any]
DARK, FLAT = 4, 64
"""An image is refused if its largest value is below this share (1 / `DARK`) of what its bits allow, as 12-bit values in
a 16-bit file are, or if its values differ by less than 1 / `FLAT` of the range, which leaves four greys."""
_BLOCK = 2**22


def full_range(bits: int, signed: bool) -> tuple[int, int]:
    """Least and largest value that whole numbers of so many bits can have."""
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)


def to_eight_bits(
    values: Values,
    stored: tuple[float, float] | None,
    kind: str,
    settings: ImageSettings,
    name: str,
    remedy: str = "set images.range, or images.grey to percentiles",
) -> tuple[NDArray[np.uint8], str]:
    """Values mapped to 0 (black) to 255 (white) by a straight line, and the rule in words.

    Parameters
    ----------
    values : any shape
    stored : what the file's bits allow; None for floating-point numbers, which have no such range
    kind : what the values are, for the rule: `16-bit grey`
    remedy : stands in messages

    Raises
    ------
    ImageRefused : a value is not finite; the range is unknown, does not hold every value, or is so much wider than the
        values that the image would be nearly black; `name` stands in the message
    """
    least, largest = values.min(), values.max()
    if not (np.isfinite(least) and np.isfinite(largest)):
        raise ImageRefused(
            f"image {name!r}: holds values that are not finite; save it with numbers in their place, or leave it out"
        )
    if settings.grey == "percentiles":
        low, high = (float(value) for value in np.percentile(values, settings.percentiles))
        if not low < high:
            raise ImageRefused(
                f"image {name!r}: its percentiles are all {low:g}, so there is nothing to see; set others, or leave it "
                "out"
            )
        first, last = settings.percentiles
        return scale(values, low, high), f"{kind}: percentiles {first:g} to {last:g} of each image"
    if settings.range is not None:
        low, high = settings.range
        if least < low or largest > high:
            raise ImageRefused(
                f"image {name!r}: its values go from {least:g} to {largest:g}, beyond images.range "
                f"{low:g} to {high:g}; set a range that holds them"
            )
        rule = f"{kind}: the range {low:g} to {high:g} of the settings"
    elif stored is None:
        raise ImageRefused(
            f"image {name!r}: floating-point values have no range of their own; {remedy} "
            f"(its values go from {least:g} to {largest:g})"
        )
    else:
        low, high = stored
        furthest = max(-least.item(), largest.item())
        if 0 < furthest < _dark(high):
            raise ImageRefused(
                f"image {name!r}: its largest value is {_told(furthest)} of {_told(high)}, nearly black; {remedy}"
            )
        rule = f"{kind}: full range {low:g} to {high:g}"
    if least < largest and float(largest) - float(least) < (high - low) / FLAT:
        raise ImageRefused(
            f"image {name!r}: its values, {least:g} to {largest:g}, differ too little to be seen in the range "
            f"{low:g} to {high:g}; {remedy}"
        )
    return scale(values, low, high), rule


def _dark(high: float) -> float:
    """The value that an image's largest must reach so that the image is not too dark; all values of a rescaled image
    may lie below 1.

    Values of two bits fewer end just below a quarter, and reach it.
    """
    return high // DARK if isinstance(high, int) else high / DARK * (1 - 1 / FLAT)


def _told(number: float) -> str:
    """A number as messages say it: whole ones in full, others with the digits that tell them apart."""
    return str(int(number)) if float(number).is_integer() else f"{number:g}"


def scale(values: Values, low: float, high: float) -> NDArray[np.uint8]:
    """`values` by a straight line, `low` to 0 and `high` to 255, rounded; what lies beyond is clipped."""
    flat = values.reshape(-1)
    scaled = np.empty(flat.shape, np.uint8)
    for start in range(0, len(flat), _BLOCK):  # a whole radiograph in 64 bits would be half a gigabyte
        block = flat[start : start + _BLOCK].astype(np.float64)
        scaled[start : start + _BLOCK] = np.rint(np.clip((block - low) / (high - low), 0, 1) * 255)
    return scaled.reshape(values.shape)
