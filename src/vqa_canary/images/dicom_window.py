"""From stored values of a grey DICOM image to 256 greys: rescaled, windowed, and inverted where the file says so."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vqa_canary.images.depth import DARK, FLAT, full_range, scale, to_eight_bits
from vqa_canary.images.files import ImageRefused
from vqa_canary.images.settings import ImageSettings, Window

_BLOCK = 2**22


def grey_picture(
    stored: NDArray[Any], header: Any, settings: ImageSettings, name: str
) -> tuple[Image.Image, list[str]]:
    """The picture as grey of 8 bits, and the rules that made it.

    Parameters
    ----------
    stored : shape [rows, columns]
    header : the elements that belong to this frame, see `dicom_header.per_frame`
    """
    kind = str(header.get("PhotometricInterpretation", "MONOCHROME2"))
    if kind == "PALETTE COLOR":
        return _palette(stored, header, name)
    if kind not in ("MONOCHROME1", "MONOCHROME2"):
        raise ImageRefused(
            f"image {name!r}: a DICOM file with colours that are not understood; save it as RGB"
        )
    bits, signed = int(header.BitsStored), bool(header.get("PixelRepresentation", 0))
    stored = _without_overlay_bits(stored, bits, signed)
    values, limits = _rescaled(stored, full_range(bits, signed), header, name)
    grey, rule = _shown(values, limits, bits, header, settings, name)
    if why := _inverted(kind, header, name):
        return Image.fromarray(255 - grey), [rule, f"{why}: inverted"]
    return Image.fromarray(grey), [rule]


def _inverted(kind: str, header: Any, name: str) -> str:
    """The part of the header that says low values are bright; empty where nothing does.

    INVERSE as Presentation LUT Shape inverts the values that are shown (PS3.3 C.11.6). Beside MONOCHROME1, where the
    standard asks for it (C.8.11.3), it is the same inversion said twice; beside MONOCHROME2 it is the only one.
    """
    if kind == "MONOCHROME1":
        return kind
    shape = str(header.get("PresentationLUTShape") or "IDENTITY").strip().upper()
    if shape not in ("IDENTITY", "INVERSE"):
        raise ImageRefused(
            f"image {name!r}: its PresentationLUTShape is neither IDENTITY nor INVERSE, so that bright may be black; "
            "save it with one of these"
        )
    return "PresentationLUTShape INVERSE" if shape == "INVERSE" else ""


def window(values: NDArray[Any], center: float, width: float, function: str) -> NDArray[np.uint8]:
    """Values through a window, to 0 (black) to 255 (white).

    Parameters
    ----------
    function : `LINEAR`, `LINEAR_EXACT` or `SIGMOID`

    References
    ----------
    DICOM PS3.3, C.11.2.1.2 and C.11.2.1.3
    """
    if function == "LINEAR":
        low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    else:
        low, high = center - width / 2, center + width / 2
    if function != "SIGMOID":
        return scale(values, low, high) if high > low else np.where(values > low, 255, 0).astype(np.uint8)
    flat = values.reshape(-1)
    grey = np.empty(flat.shape, np.uint8)
    for start in range(0, len(flat), _BLOCK):
        block = np.clip(-4 * (flat[start : start + _BLOCK].astype(np.float64) - center) / width, -700, 700)
        grey[start : start + _BLOCK] = np.rint(255 / (1 + np.exp(block)))
    return grey.reshape(values.shape)


def _shown(
    values: NDArray[Any],
    limits: tuple[float, float],
    bits: int,
    header: Any,
    settings: ImageSettings,
    name: str,
) -> tuple[NDArray[np.uint8], str]:
    if isinstance(settings.window, Window):
        center, width = settings.window.center, settings.window.width
        grey = window(values, center, width, "LINEAR")
        _refuse_empty(grey, values, "images.window", "set another", name)
        return grey, f"window of the settings {center:g}/{width:g}"
    if settings.window == "file":
        if header.get("WindowCenter") is not None and header.get("WindowWidth") is not None:
            grey = _by_own_window(values, limits, bits, header, name)
            _refuse_empty(grey, values, "the window in its DICOM header", "set images.window", name)
            return grey, "window of the file"
        if header.get("VOILUTSequence"):
            looked_up, depth = _looked_up(values, header.VOILUTSequence[0], header, name)
            _refuse_dark(looked_up, depth, "look-up table", name)
            return scale(looked_up, *full_range(depth, False)), "look-up table of the file"
    kind = f"{bits}-bit DICOM grey without a window"
    return to_eight_bits(
        values, limits, kind, settings, name, "set images.window, or images.grey to percentiles"
    )


def _refuse_empty(grey: NDArray[np.uint8], values: NDArray[Any], whose: str, remedy: str, name: str) -> None:
    """Raise `ImageRefused` where a window makes an even sheet of an image that is none, as one in other units does."""
    if values.min() < values.max() and int(grey.max()) - int(grey.min()) < 256 // FLAT:
        raise ImageRefused(
            f"image {name!r}: {whose} leaves nothing to see, for its values lie beyond it or hardly differ in it; "
            f"{remedy}"
        )


def _by_own_window(
    values: NDArray[Any], limits: tuple[float, float], bits: int, header: Any, name: str
) -> NDArray[np.uint8]:
    center, width = (_first(header.get(key)) for key in ("WindowCenter", "WindowWidth"))
    function = str(header.get("VOILUTFunction") or "LINEAR").upper()
    least = 1 if function == "LINEAR" else 0
    known = function in ("LINEAR", "LINEAR_EXACT", "SIGMOID")
    if center is None or width is None or not known or not (width > 0 and width >= least):
        raise ImageRefused(
            f"image {name!r}: the window in its DICOM header is not a valid one; set images.window"
        )
    grey = window(values, center, width, function)
    if int(grey.max()) - int(grey.min()) >= 256 // FLAT:  # else it is empty, see `_refuse_empty`
        _refuse_too_wide(grey, window(np.array(limits), center, width, function), name)
        if (
            bits > 8
            and abs(center - sum(limits) / 2) + (limits[1] - limits[0]) * (1 - 1 / FLAT) / 2 <= width / 2
        ):
            _refuse_dark_or_bright(grey, name)
    return grey


def _refuse_too_wide(grey: NDArray[np.uint8], ends: NDArray[np.uint8], name: str) -> None:
    """Raise `ImageRefused` where the window is so much wider than all that the bits can hold that no image could be
    seen well in it, as a window for 16 bits over values of 12.

    Parameters
    ----------
    ends : greys of the least and the largest value that the bits can hold
    """
    if abs(int(ends[1]) - int(ends[0])) < 256 // DARK:
        raise ImageRefused(
            f"image {name!r}: the window in its DICOM header shows all that its bits can hold in the greys "
            f"{int(ends.min())} to {int(ends.max())} of 255, and its values in {int(grey.min())} to {int(grey.max())}; "
            "set images.window"
        )


def _refuse_dark_or_bright(grey: NDArray[np.uint8], name: str) -> None:
    """Raise `ImageRefused` where a picture is nearly black or white in a window that tells no more than the bits do, as
    without a window (see `to_eight_bits`). In a narrower one it may be: a slice between the organs is dark."""
    if int(grey.max()) < 256 // DARK or int(grey.min()) >= 256 - 256 // DARK:
        raise ImageRefused(
            f"image {name!r}: the window in its DICOM header is the full range of its bits, in which its values are "
            f"the greys {int(grey.min())} to {int(grey.max())} of 255, nearly black or white; set images.window"
        )


def _first(value: Any) -> float | None:
    """The number itself, or the first one where a header gives several."""
    if not isinstance(value, str | int | float) and hasattr(value, "__getitem__"):
        value = value[0] if len(value) else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _without_overlay_bits(stored: NDArray[Any], bits: int, signed: bool) -> NDArray[Any]:
    """The values without the bits above those stored, which may hold an overlay in old files; a sign is spread over
    them."""
    spare = stored.dtype.itemsize * 8 - bits
    return (stored << spare) >> spare if spare > 0 and (signed == (stored.dtype.kind == "i")) else stored


def _rescaled(
    stored: NDArray[Any], limits: tuple[float, float], header: Any, name: str
) -> tuple[NDArray[Any], tuple[float, float]]:
    """Values in the unit of the modality, such as Hounsfield units, and the least and largest possible."""
    if header.get("ModalityLUTSequence"):
        looked_up, depth = _looked_up(stored, header.ModalityLUTSequence[0], header, name)
        return looked_up, full_range(depth, False)
    slope, intercept = _first(header.get("RescaleSlope")), _first(header.get("RescaleIntercept"))
    if slope is None or intercept is None or (slope, intercept) == (1, 0):
        return stored, limits
    low, high = sorted(slope * limit + intercept for limit in limits)
    return stored.astype(np.float64) * slope + intercept, (low, high)


def _looked_up(values: NDArray[Any], item: Any, header: Any, name: str) -> tuple[NDArray[Any], int]:
    """Values by a look-up table, and the bits of its entries (PS3.3 C.11.1.1); pydicom's own takes an index of more
    than 8 bits into a table of 8 for another."""
    n, first, depth = (int(part) for part in item.LUTDescriptor)
    table = _table(item.LUTData, n % 2**16 or 2**16, depth, little=header.original_encoding[1] is not False)
    if table is None or table.max() > full_range(depth, False)[1]:
        raise ImageRefused(
            f"image {name!r}: a look-up table in its DICOM header is not as its descriptor says; export it anew"
        )
    if values.min() < 0 and first > 32767:  # the descriptor counts as the pixels do
        first -= 65536
    index = np.clip(np.rint(values).astype(np.int64) - first, 0, len(table) - 1)
    return table[index], depth


def _table(data: Any, n: int, depth: int, *, little: bool) -> NDArray[np.uint16] | None:
    """The `n` entries of a look-up table, each a word, or a byte where it has at most 8 bits; None where there are
    more or fewer."""
    if not isinstance(data, bytes):
        table = np.atleast_1d(np.asarray(data, np.uint16))
    elif len(data) == 2 * n:
        table = np.frombuffer(data, "<u2" if little else ">u2")
    elif len(data) == n + n % 2 and depth <= 8 and little:
        table = np.frombuffer(data, np.uint8)[:n].astype(np.uint16)
    else:
        return None
    return table if len(table) == n else None


def _refuse_dark(looked_up: NDArray[Any], depth: int, what: str, name: str) -> None:
    """Refuse a table of values of 8 bits that is said to be of 16: it would give a nearly black picture."""
    high = full_range(depth, False)[1]
    if 0 < int(looked_up.max()) < high // DARK:
        raise ImageRefused(
            f"image {name!r}: the largest value by its {what} is {int(looked_up.max())} of {high}, nearly black; "
            "export it anew"
        )


def _palette(stored: NDArray[Any], header: Any, name: str) -> tuple[Image.Image, list[str]]:
    from pydicom.pixels.processing import apply_color_lut

    colours = apply_color_lut(stored, header)[..., :3]
    if colours.dtype != np.uint8:
        depth = int(header.RedPaletteColorLookupTableDescriptor[2])
        _refuse_dark(colours, depth, "palette", name)
        colours = scale(colours, *full_range(depth, False))
    return Image.fromarray(np.ascontiguousarray(colours)), ["palette: the colours that it names"]
