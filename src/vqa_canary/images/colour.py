"""From any of Pillow's modes to 8-bit grey or RGB."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vqa_canary.images.depth import full_range, scale, to_eight_bits
from vqa_canary.images.files import ImageRefused
from vqa_canary.images.settings import ImageSettings

_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B"}
_LOW_BYTES |= {"RGBX;16B": "RGBX;16L", "RGBX;16L": "RGBX;16B"}
"""How Pillow unpacks the high bytes of 16-bit colours, and the way that gives their low bytes instead."""
_ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")
_CLEAR = 16
"""Least difference, of 255, between the brightest and the darkest pixel of a picture that can be seen."""


def is_deep(image: Any) -> bool:
    """Whether this is grey whose values Pillow does not bring to 0 to 255."""
    return image.mode in _DEEP or (image.mode == "L" and _is_signed(image))


def deep_values(image: Any, bits: int) -> tuple[NDArray[Any], tuple[int, int] | None, str]:
    """Values of a loaded grey image, their range by the file, and what they are in words."""
    values = np.asarray(image)
    if image.mode == "F":
        return values, None, "floating-point grey"
    signed = _is_signed(image)
    if image.mode == "L":
        values = values.view(np.int8)
    elif image.mode == "I" and not signed:
        values = values.view(np.uint32)  # Pillow keeps them as if they were signed
    low, high = full_range(bits, signed)
    if (
        getattr(image, "tag_v2", {}).get(262) == 0
    ):  # white is zero, which Pillow minds in images of 8 bits alone
        values = values.dtype.type(low + high) - values
    return values, (low, high), f"{bits}-bit grey"


def _is_signed(image: Any) -> bool:
    formats = getattr(image, "tag_v2", {}).get(339, (1,))
    return bool(formats[0] == 2)


def deep_grey(
    image: Image.Image, bits: int, settings: ImageSettings, name: str
) -> tuple[Image.Image, list[str]]:
    """A loaded image of `is_deep` as 8-bit grey, and what was done.

    Parameters
    ----------
    bits : that the file stores for each value
    """
    if image.mode == "F" and getattr(image, "tag_v2", {}).get(262) == 0:
        raise ImageRefused(
            f"image {name!r}: floating-point values whose white is zero; save it with black as zero"
        )
    values, stored, kind = deep_values(image, bits)
    grey, rule = to_eight_bits(values, stored, kind, settings, name)
    shown = Image.fromarray(grey)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        opaque = Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))
        return _on_ground(Image.merge("LA", (shown, opaque)), settings, name, [rule])
    return shown, [rule]


def deep_colour(
    image: Image.Image, low_bytes: Image.Image | None, settings: ImageSettings, name: str
) -> tuple[Image.Image, list[str]]:
    """A loaded image whose file has 16 bits a channel, of which Pillow keeps the high byte.

    Parameters
    ----------
    low_bytes : the same image made of the low bytes; None where Pillow cannot give them, and then they count as equal
        to the high ones, which is exact for black and white and off by at most one grey in between
    """
    high = np.asarray(image)
    low = high if low_bytes is None else np.asarray(low_bytes)
    values = high.astype(np.uint16) << 8 | low
    has_alpha = image.mode in ("RGBA", "LA")
    colours = values[..., :-1] if has_alpha else values
    mapped, rule = to_eight_bits(colours, full_range(16, False), "16-bit colour", settings, name)
    transparent = image.info.get("transparency")
    if has_alpha:
        alpha = scale(values[..., -1:], 0, 65535)
    elif transparent is not None:
        alpha = np.where((values == transparent).all(axis=-1, keepdims=True), 0, 255).astype(np.uint8)
    else:
        return Image.fromarray(mapped), [rule]
    return _on_ground(Image.fromarray(np.concatenate([mapped, alpha], axis=-1)), settings, name, [rule])


def low_bytes_rawmode(rawmode: str) -> str | None:
    """Pillow's raw mode for the low bytes of 16-bit colours; None where there is none."""
    if rawmode.endswith(";16N"):
        rawmode = rawmode.removesuffix("N") + ("L" if sys.byteorder == "little" else "B")
    return _LOW_BYTES.get(rawmode)


DEEP_COLOURS = ("RGB", "RGBA", "LA")
"""Modes of Pillow's images that `deep_colour` takes."""


def eight_bits(image: Image.Image, settings: ImageSettings, name: str) -> tuple[Image.Image, list[str]]:
    """A loaded image of at most 8 bits a channel as `L` or `RGB`, and what was done to it; nothing is done to one that
    is so already.

    Raises
    ------
    ImageRefused : its mode is none that is understood, or transparency hides all that it shows
    """
    if image.mode in _ALPHA or (image.mode in ("1", "L", "P", "RGB") and "transparency" in image.info):
        return _on_ground(image, settings, name, [])
    if image.mode in ("L", "RGB"):
        return image, []
    if image.mode == "1":
        return image.convert("L"), ["1-bit: black and white"]
    if image.mode == "P":
        return image.convert("RGB"), ["palette: the colours that it names"]
    if image.mode == "CMYK":
        return _from_cmyk(image)
    if image.mode == "YCbCr":
        return image.convert("RGB"), ["YCbCr: converted to RGB"]
    raise ImageRefused(f"image {name!r}: colours of the kind {image.mode} are not understood; save it as RGB")


def _on_ground(
    image: Image.Image, settings: ImageSettings, name: str, steps: list[str]
) -> tuple[Image.Image, list[str]]:
    whole = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    grey = image.mode in ("1", "L", "LA", "La")
    alpha = np.asarray(whole.getchannel("A"))
    if alpha.min() == 255:
        shown = whole.convert("RGB")
        steps = [*steps, "alpha: opaque everywhere, left out"]
    else:
        ground = Image.new("RGBA", whole.size, settings.ground)
        shown = Image.alpha_composite(ground, whole).convert("RGB")
        _refuse_hidden(whole, shown, settings, name)
        steps = [*steps, f"transparency: laid on {settings.ground}"]
    return (shown.convert("L") if grey else shown), steps


def _refuse_hidden(whole: Image.Image, shown: Image.Image, settings: ImageSettings, name: str) -> None:
    """Refuse a picture that its ground would hide: black lines on a transparent ground would be a black sheet on a
    black one."""
    if _contrast(shown) >= _CLEAR:
        return
    other = "black" if settings.ground == "white" else "white"
    on_other = Image.alpha_composite(Image.new("RGBA", whole.size, other), whole).convert("RGB")
    if _contrast(on_other) >= _CLEAR:
        raise ImageRefused(
            f"image {name!r}: on a {settings.ground} ground its transparent parts leave nothing to see; "
            f"set images.ground to {other}"
        )


def _contrast(image: Image.Image) -> int:
    """The widest range of values in any band."""
    return int(np.ptp(np.asarray(image), axis=(0, 1)).max())


def _from_cmyk(image: Image.Image) -> tuple[Image.Image, list[str]]:
    profile = image.info.get("icc_profile")
    if profile:
        from PIL import ImageCms

        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if source.profile.xcolor_space.strip() == "CMYK":
                target = ImageCms.createProfile("sRGB")
                made = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
                if made is not None:
                    return made, ["CMYK: by the file's colour profile"]
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass  # a broken profile says nothing; the rule says what was done instead
    return image.convert("RGB"), ["CMYK: by the simple formula (1 - ink) x (1 - black)"]
