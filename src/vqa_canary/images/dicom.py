"""DICOM files: from the stored values to the picture that a viewer would show, by way of pydicom.

No value of a header is ever part of a message, and pydicom's own warnings, which quote them, are kept from the log.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from PIL import Image

from vqa_canary.images.conversion import Converted
from vqa_canary.images.dicom_header import identity_concern, per_frame, values_of
from vqa_canary.images.dicom_window import grey_picture
from vqa_canary.images.files import ImageRefused, decoding, refuse_large
from vqa_canary.images.settings import ImageSettings

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_JPEG_2000 = ("1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.20")
"""Beginnings of the transfer syntaxes whose decoders undo the colour transforms `YBR_ICT` and `YBR_RCT` themselves."""
_CONVERTED = ("YBR_FULL", "YBR_FULL_422")
"""Kinds of colours that pydicom turns into RGB."""
_MOST_RLE_BYTES = 2**24
"""Most bytes of an image in run lengths: pydicom unpacks these, up to 64 times their size, before it compares them with
the image's size."""


def convert_dicom(
    data: bytes, name: str, settings: ImageSettings, frame: int | None, max_pixels: int
) -> Converted:
    """As `conversion.convert`, for a DICOM file.

    Raises
    ------
    ImageRefused : pydicom is missing, or does not decode this; the file holds no picture, several frames, or one that
        the settings do not show
    """
    with _reading(name, max_pixels):
        header = _read(data, name, max_pixels)
        index, steps = _frame(header, frame, name)
        values = _decoded(header, index, name)
        if values.ndim == 2:
            shown, rules = grey_picture(values, per_frame(header, index), settings, name)
        else:
            shown, rules = _colour_picture(values, header, name)
        return Converted(
            shown,
            ("DICOM", *steps, *rules),
            values_of(header, settings.attributes),
            identity_concern(header),
        )


def check_dicom(data: bytes, name: str, max_pixels: int) -> None:
    """Find out whether a DICOM file holds a picture of a bounded size; its pixels are not decoded.

    Raises
    ------
    ImageRefused : it does not, or pydicom is missing
    """
    with _reading(name, max_pixels):
        _read(data, name, max_pixels)


def require_pydicom(name: str) -> None:
    """Raise `ImageRefused` where pydicom is not installed."""
    if find_spec("pydicom") is None:
        raise ImageRefused(
            f"image {name!r}: a DICOM file, which needs the package pydicom: pip install vqa-canary[dicom]"
        )


def _read(data: bytes, name: str, max_pixels: int) -> FileDataset:
    require_pydicom(name)
    from pydicom import dcmread

    if data[128:132] == b"DICM" and _DEFLATED in data[:1024]:
        raise ImageRefused(
            f"image {name!r}: a deflated DICOM file, whose size is not bounded; save it uncompressed"
        )
    header = dcmread(io.BytesIO(data), force=True)
    if not ("PixelData" in header and header.get("Rows") and header.get("Columns")):
        raise ImageRefused(f"image {name!r}: a DICOM file that holds no picture; leave it out")
    refuse_large(int(header.Columns), int(header.Rows), max_pixels)
    return header


def _frame(header: FileDataset, frame: int | None, name: str) -> tuple[int, list[str]]:
    try:
        n = int(header.get("NumberOfFrames") or 1)
    except (TypeError, ValueError):
        n = 1
    if n == 1:
        return 0, []
    if frame is None:
        raise ImageRefused(
            f"image {name!r}: holds several frames; name one by the dataset's option frame, the first is 0"
        )
    if frame >= n:
        raise ImageRefused(f"image {name!r}: holds no frame {frame}; the first is 0")
    return frame, [f"frame {frame}"]


def _decoded(header: FileDataset, index: int, name: str) -> Any:
    """The stored values of one frame, [rows, columns] or [rows, columns, channels]; colours as RGB."""
    from pydicom.pixels.utils import pixel_array
    from pydicom.uid import UID, RLELossless

    syntax = header.file_meta.get("TransferSyntaxUID")
    if syntax is None:
        implicit, little = header.original_encoding
        syntax = (
            "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1" if little else "1.2.840.10008.1.2.2"
        )
        header.file_meta.TransferSyntaxUID = UID(syntax)
    if syntax == RLELossless and len(header.PixelData) > _MOST_RLE_BYTES:
        raise ImageRefused(
            f"image {name!r}: more than {_MOST_RLE_BYTES} bytes of run lengths; save it uncompressed"
        )
    if header.get("HighBit") is not None and int(header.HighBit) != int(header.BitsStored) - 1:
        raise ImageRefused(
            f"image {name!r}: its values do not end at the lowest bit (HighBit is not BitsStored - 1); save it anew"
        )
    kind = str(header.get("PhotometricInterpretation", ""))
    if (
        kind.startswith("YBR")
        and kind not in _CONVERTED
        and not (kind in ("YBR_ICT", "YBR_RCT") and str(syntax).startswith(_JPEG_2000))
    ):
        raise ImageRefused(
            f"image {name!r}: a DICOM file with colours that are not understood; save it as RGB"
        )
    try:
        return pixel_array(header, index=index)
    except RuntimeError as error:
        # pydicom's word that no decoder is there; NotImplementedError is one of its kinds.
        known = UID(syntax).name  # of the standard; what else a file may have written there is not repeated
        raise ImageRefused(
            f"image {name!r}: its compression ({'unknown' if known == syntax else known}) cannot be decoded here; "
            "save it uncompressed, or install a decoder of pydicom such as pylibjpeg"
        ) from error


def _colour_picture(values: Any, header: FileDataset, name: str) -> tuple[Image.Image, list[str]]:
    import numpy as np

    from vqa_canary.images.depth import full_range, scale

    kind = str(header.get("PhotometricInterpretation", ""))
    if values.shape[-1] != 3 or not (kind == "RGB" or kind.startswith("YBR")):
        raise ImageRefused(
            f"image {name!r}: a DICOM file with colours that are not understood; save it as RGB"
        )
    if values.dtype == np.uint8:
        return Image.fromarray(np.ascontiguousarray(values)), ["colours as stored"]
    bits = int(header.BitsStored)
    return Image.fromarray(scale(values, *full_range(bits, False))), [f"{bits}-bit colour: full range"]


@contextmanager
def _reading(name: str, max_pixels: int) -> Iterator[None]:
    """Turn what pydicom raises into `ImageRefused` without its text, and hush what it would tell the log."""
    logger = logging.getLogger("pydicom")
    before, logger.disabled = logger.disabled, True
    try:
        with decoding(name, max_pixels):
            try:
                yield
            except (ImageRefused, Image.DecompressionBombError):
                raise
            except Exception as error:
                raise ImageRefused(
                    f"image {name!r}: a DICOM file that cannot be read ({type(error).__name__}); "
                    "copy it anew, or leave it out"
                ) from None
    finally:
        logger.disabled = before
