"""Each kind of image file, against what its pixels are by definition; see docs/images.md."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image, ImageCms
from tests.images.made import Pixels, picture, png, ramp, saved, tiff
from tests.images.page import told_rules, without_numbers

from vqa_canary.images.conversion import check, convert, in_rgb, is_plain
from vqa_canary.images.files import ImageRefused
from vqa_canary.images.settings import ImageSettings

RGB, GREY = picture(), picture(channels=1)
DEEP, DEEP_RGB = ramp(0, 65535, np.uint16), ramp(0, 65535, np.uint16, (16, 24)).reshape(16, 8, 3)
SIGNED = ramp(-32768, 32767, np.int16)
FLOATS = np.linspace(0, 1, 512, dtype=np.float32).reshape(16, 32)


def linear(values: Pixels, low: float, high: float) -> Pixels:
    """The definition: black at `low`, white at `high`, a straight line in between."""
    return np.rint((values.astype(np.float64) - low) * 255 / (high - low)).astype(np.uint8)


def over(colours: Pixels, alpha: Pixels, ground: int) -> Pixels:
    """Colours over a ground, in real numbers."""
    share = alpha[..., None] / 255
    return colours * share + ground * (1 - share)


@dataclass(frozen=True)
class Kind:
    """A kind of file, what is shown, and in which words."""

    name: str
    data: bytes
    shown: Pixels
    steps: tuple[str, ...] = ()
    settings: ImageSettings = field(default_factory=ImageSettings)
    frame: int | None = None
    near: int = 0
    """Largest difference, of 255, that is no fault."""


def with_alpha(alpha: Pixels) -> Image.Image:
    return Image.fromarray(np.dstack([RGB, alpha]))


ALPHA = picture(channels=1, shape=RGB.shape[:2])
HOLED = np.where(np.arange(RGB.shape[1]) < 8, 0, 255).astype(np.uint8) * np.ones((RGB.shape[0], 1), np.uint8)
PALETTE = Image.fromarray(RGB).quantize(64)
INKS = picture(channels=4)
STACK = [picture(shape=(9, 9)) for _ in range(2)] + [picture(shape=(9, 11))]
TRANSPARENT_RGB = np.where(HOLED[..., None] == 0, np.uint8(9), RGB)
SEVERAL = [Image.fromarray(one) for one in (RGB, 255 - RGB, RGB // 2)]


def kinds() -> list[Kind]:
    percentiles = ImageSettings(grey="percentiles", percentiles=(1, 99))
    low, high = np.percentile(DEEP, 1), np.percentile(DEEP, 99)
    return [
        Kind("8-bit grey PNG", png(GREY), GREY),
        Kind("8-bit RGB PNG", png(RGB), RGB),
        Kind("8-bit RGB BMP", saved(Image.fromarray(RGB), "BMP"), RGB),
        Kind("8-bit RGB TIFF", tiff(RGB), RGB),
        Kind("8-bit grey TIFF, white is zero", tiff(GREY, tags={262: 0}), 255 - GREY),
        Kind("16-bit grey PNG", png(DEEP), linear(DEEP, 0, 65535), ("16-bit grey: full range 0 to 65535",)),
        Kind("16-bit grey TIFF", tiff(DEEP), linear(DEEP, 0, 65535), ("16-bit grey: full range 0 to 65535",)),
        Kind(
            "16-bit grey TIFF, big-endian",
            tiff(DEEP, order=">"),
            linear(DEEP, 0, 65535),
            ("16-bit grey: full range 0 to 65535",),
        ),
        Kind(
            "16-bit grey TIFF, white is zero",
            tiff(DEEP, tags={262: 0}),
            linear(65535 - DEEP.astype(int), 0, 65535),
            ("16-bit grey: full range 0 to 65535",),
        ),
        Kind(
            "signed 16-bit TIFF",
            tiff(SIGNED),
            linear(SIGNED, -32768, 32767),
            ("16-bit grey: full range -32768 to 32767",),
        ),
        Kind(
            "signed 8-bit TIFF",
            tiff((GREY.astype(int) - 128).astype(np.int8)),
            GREY,
            ("8-bit grey: full range -128 to 127",),
        ),
        Kind(
            "32-bit TIFF",
            tiff(DEEP.astype(np.uint32) * 65537),
            linear(DEEP, 0, 65535),
            ("32-bit grey: full range 0 to 4.29497e+09",),
        ),
        Kind(
            "16-bit grey PNG by percentiles",
            png(DEEP),
            np.rint(np.clip((DEEP - low) / (high - low), 0, 1) * 255).astype(np.uint8),
            ("16-bit grey: percentiles 1 to 99 of each image",),
            percentiles,
        ),
        Kind(
            "12-bit values in a 16-bit PNG",
            png(ramp(0, 4095, np.uint16)),
            linear(ramp(0, 4095, np.uint16), 0, 4095),
            ("16-bit grey: the range 0 to 4095 of the settings",),
            ImageSettings(range=(0, 4095)),
        ),
        Kind(
            "floating-point TIFF",
            tiff(FLOATS),
            linear(FLOATS, 0, 1),
            ("floating-point grey: the range 0 to 1 of the settings",),
            ImageSettings(range=(0, 1)),
        ),
        Kind(
            "16-bit RGB PNG",
            png(DEEP_RGB),
            linear(DEEP_RGB, 0, 65535),
            ("16-bit colour: full range 0 to 65535",),
        ),
        Kind(
            "16-bit RGB TIFF",
            tiff(DEEP_RGB),
            linear(DEEP_RGB, 0, 65535),
            ("16-bit colour: full range 0 to 65535",),
        ),
        Kind(
            "16-bit RGB TIFF, big-endian",
            tiff(DEEP_RGB, order=">"),
            linear(DEEP_RGB, 0, 65535),
            ("16-bit colour: full range 0 to 65535",),
        ),
        Kind(
            "1-bit PNG",
            saved(Image.fromarray(GREY > 100), "PNG"),
            np.where(GREY > 100, 255, 0).astype(np.uint8),
            ("1-bit: black and white",),
        ),
        Kind(
            "palette PNG",
            saved(PALETTE, "PNG"),
            np.array(PALETTE.getpalette(), np.uint8).reshape(-1, 3)[np.asarray(PALETTE)],
            ("palette: the colours that it names",),
        ),
        Kind(
            "GIF of one frame",
            saved(PALETTE, "GIF"),
            np.array(PALETTE.getpalette(), np.uint8).reshape(-1, 3)[np.asarray(PALETTE)],
            ("palette: the colours that it names",),
        ),
        Kind(
            "RGB with alpha",
            saved(with_alpha(ALPHA), "PNG"),
            over(RGB, ALPHA, 0),
            ("transparency: laid on black",),
            near=1,
        ),
        Kind(
            "RGB with alpha, on white",
            saved(with_alpha(ALPHA), "PNG"),
            over(RGB, ALPHA, 255),
            ("transparency: laid on white",),
            ImageSettings(ground="white"),
            near=1,
        ),
        Kind(
            "RGB with an alpha that hides nothing",
            saved(with_alpha(np.full_like(ALPHA, 255)), "PNG"),
            RGB,
            ("alpha: opaque everywhere, left out",),
        ),
        Kind(
            "grey with alpha",
            png(np.dstack([GREY, HOLED])),
            np.where(HOLED == 0, 0, GREY),
            ("transparency: laid on black",),
        ),
        Kind(
            "grey TIFF, multiplied by its alpha",
            tiff(np.dstack([np.where(HOLED == 0, 0, GREY), HOLED]), tags={338: 1, 262: 1}),
            np.where(HOLED == 0, 0, GREY),
            ("transparency: laid on black",),
        ),
        Kind(
            "RGB with one transparent colour",
            png(TRANSPARENT_RGB, [(b"tRNS", b"\0\x09" * 3)]),
            np.where(HOLED[..., None] == 0, 0, RGB),
            ("transparency: laid on black",),
        ),
        Kind(
            "16-bit grey with one transparent value",
            png(DEEP, [(b"tRNS", b"\xff\xff")]),
            np.where(DEEP == 65535, 0, linear(DEEP, 0, 65535)),
            ("16-bit grey: full range 0 to 65535", "transparency: laid on black"),
        ),
        Kind(
            "16-bit RGB with alpha",
            png(np.dstack([DEEP_RGB, np.full(DEEP_RGB.shape[:2], 65535 // 2, np.uint16)])),
            over(linear(DEEP_RGB, 0, 65535), np.full(DEEP_RGB.shape[:2], 127), 0),
            ("16-bit colour: full range 0 to 65535", "transparency: laid on black"),
            near=1,
        ),
        Kind(
            "CMYK TIFF",
            saved(Image.fromarray(INKS, "CMYK"), "TIFF"),
            (255 - INKS[..., :3].astype(float)) * (255 - INKS[..., 3:].astype(float)) / 255,
            ("CMYK: by the simple formula (1 - ink) x (1 - black)",),
            near=1,
        ),
        Kind(
            "frame of a TIFF stack", tiff(*STACK), STACK[2], ("frame 2",), frame=2
        ),
        Kind(
            "frame of an animated GIF",
            saved(PALETTE, "GIF", save_all=True, append_images=[PALETTE.rotate(180)]),
            np.array(PALETTE.getpalette(), np.uint8).reshape(-1, 3)[np.asarray(PALETTE)][::-1, ::-1],
            ("frame 1",),
            frame=1,
        ),
        Kind(
            "frame of an animated PNG",
            saved(SEVERAL[0], "PNG", save_all=True, append_images=SEVERAL[1:]),
            255 - RGB,
            ("frame 1",),
            frame=1,
        ),
        Kind("TIFF with a preview behind it", tiff(STACK[0], STACK[2], marks=[0, 1]), STACK[0]),
        Kind(
            "TIFF with a preview before it",
            tiff(STACK[0], STACK[2], marks=[1, 0]),
            STACK[2],
            ("page 1, the only one that is no preview",),
        ),
    ]  # fmt: skip


KINDS = {one.name: one for one in kinds()}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_shown_as_it_is_defined(name: str) -> None:
    kind = KINDS[name]
    converted = convert(kind.data, name, kind.settings, kind.frame)
    shown = np.asarray(converted.image).astype(float)
    assert converted.image.mode in ("L", "RGB")
    assert shown.shape == kind.shown.shape
    assert np.abs(shown - kind.shown).max() <= kind.near
    assert converted.steps == kind.steps
    assert is_plain(kind.data, name) == (not kind.steps)


SHEETS = {
    "16-bit": png(ramp(0, 4095, np.uint16)),
    "floating-point": tiff(FLOATS),
    "16-bit RGB": png(DEEP_RGB // 16),
    "animated GIF": saved(PALETTE, "GIF", save_all=True, append_images=[PALETTE.rotate(180)]),
    "animated PNG": saved(SEVERAL[0], "PNG", save_all=True, append_images=SEVERAL[1:]),
    "animated WebP": saved(SEVERAL[0], "WEBP", save_all=True, append_images=SEVERAL[1:], lossless=True),
    "TIFF stack": tiff(*STACK),
    "black lines on nothing": saved(
        Image.merge("RGBA", [*Image.new("RGB", (20, 12)).split(), Image.fromarray(HOLED)]), "PNG"
    ),
    "floats, white is zero": tiff(FLOATS, tags={262: 0}),
    "LAB": saved(Image.new("LAB", (9, 9)), "TIFF"),
}
REASONS = {
    "16-bit": "nearly black; set images.range, or images.grey to percentiles",
    "floating-point": "floating-point values have no range of their own; set images.range",
    "16-bit RGB": "nearly black; set images.range",
    "animated GIF": "holds several frames; name one by the dataset's option frame",
    "animated PNG": "holds several frames",
    "animated WebP": "holds several frames",
    "TIFF stack": "holds several frames",
    "black lines on nothing": "nothing to see; set images.ground to white",
    "floats, white is zero": "floating-point values whose white is zero; save it with black as zero",
    "LAB": "colours of the kind LAB are not understood; save it as RGB",
}


@pytest.mark.parametrize("name", SHEETS)
def test_what_would_be_shown_wrongly_is_refused_with_a_remedy(name: str) -> None:
    assert not is_plain(SHEETS[name], name)
    with pytest.raises(ImageRefused, match=re.escape(f"image {name!r}: ")) as error:
        convert(SHEETS[name], name)
    assert REASONS[name] in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (
            tiff(FLOATS.astype(np.float64)),
            "floating-point numbers of 64 bits, 1 a pixel, grey, little-endian",
        ),
        (tiff(DEEP, order=">", tags={262: 0}), "of 16 bits, 1 a pixel, grey whose white is zero, big-endian"),
        (tiff(DEEP.astype(np.uint32), order=">"), "whole numbers of 32 bits, 1 a pixel, grey, big-endian"),
        (
            tiff(DEEP, tags={259: 34712}),
            "whole numbers of 16 bits, 1 a pixel, grey, little-endian, compression 34712",
        ),
    ],
)
def test_a_tiff_of_another_form_is_told_for_what_it_is(data: bytes, form: str) -> None:
    with pytest.raises(
        ImageRefused, match=rf"a TIFF file of a form that is not read \(.*{form}.*\); save it as PNG"
    ):
        convert(data, "x")
    for broken in (data[:6], data[:4] + b"\xff" * 4):
        with pytest.raises(ImageRefused, match="cannot identify image file"):
            convert(broken, "x")


def test_a_frame_that_is_not_there_is_refused_and_one_picture_needs_none() -> None:
    with pytest.raises(ImageRefused, match="holds no frame 3; the first is 0"):
        convert(tiff(*STACK), "x", frame=3)
    assert (np.asarray(convert(png(RGB), "x", frame=3).image) == RGB).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_undone(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(Image.fromarray(RGB), kind, exif=exif, **options)
    upright = {
        1: RGB,
        2: RGB[:, ::-1],
        3: RGB[::-1, ::-1],
        4: RGB[::-1],
        5: RGB.swapaxes(0, 1),
        6: RGB[::-1].swapaxes(0, 1),
        7: RGB[::-1, ::-1].swapaxes(0, 1),
        8: RGB.swapaxes(0, 1)[::-1],
    }[orientation]
    converted = convert(data, "x")
    assert (np.asarray(converted.image) == upright).all()
    assert converted.steps == (() if orientation == 1 else ("turned upright by its EXIF orientation",))
    assert is_plain(data, "x") == (orientation == 1)


def test_adobe_stores_inks_the_other_way_round() -> None:
    inks = np.repeat(np.repeat(picture(channels=4, shape=(2, 3)), 16, 0), 16, 1)  # JPEG keeps even patches
    data = saved(Image.fromarray(inks, "CMYK"), "JPEG", quality=100, subsampling=0)
    assert b"Adobe" in data
    wanted = (255 - inks[..., :3].astype(float)) * (255 - inks[..., 3:].astype(float)) / 255
    assert np.abs(np.asarray(convert(data, "x").image) - wanted).max() <= 4


def test_a_colour_profile_that_is_none_for_inks_is_told_apart() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for broken in (profile, b"no profile"):
        data = saved(Image.fromarray(INKS, "CMYK"), "TIFF", icc_profile=broken)
        assert convert(data, "x").steps == ("CMYK: by the simple formula (1 - ink) x (1 - black)",)


def mpo(kinds: list[int]) -> bytes:
    """An MPO file whose pictures are said to be of these kinds."""
    data = saved(Image.fromarray(RGB), "MPO", save_all=True, append_images=[Image.fromarray(255 - RGB)])
    at = data.index(b"0100", data.index(b"MPF")) - 6
    entries = data.index((0x030000).to_bytes(4, "little"), at)
    changed = bytearray(data)
    for number, kind in enumerate(kinds):
        changed[entries + 16 * number : entries + 16 * number + 4] = kind.to_bytes(4, "little")
    return bytes(changed)


def test_the_main_picture_of_a_phone_is_shown_and_a_stereo_pair_refused() -> None:
    phone, stereo = mpo([0x030000, 0x010001]), mpo([0x020002, 0x020002])
    first = Image.open(io.BytesIO(phone))
    assert (first.format, first.n_frames) == ("MPO", 2)  # type: ignore[attr-defined]  # of files of several pictures alone
    assert is_plain(phone, "x")
    assert (np.asarray(convert(phone, "x").image) == np.asarray(first)).all()
    assert check(phone, "x") == ".jpg"
    with pytest.raises(ImageRefused, match="holds several frames"):
        convert(stereo, "x")
    assert convert(stereo, "x", frame=1).steps == ("frame 1",)


def test_only_converted_pictures_become_rgb() -> None:
    assert (np.asarray(in_rgb(Image.fromarray(GREY))) == GREY[..., None]).all()
    with pytest.raises(ValueError, match="has not been converted"):
        in_rgb(with_alpha(ALPHA))


@pytest.mark.parametrize("name", KINDS)
def test_bounds_hold_for_every_kind(name: str) -> None:
    with pytest.raises(ImageRefused, match="too large to decode"):
        convert(KINDS[name].data, name, KINDS[name].settings, KINDS[name].frame, max_pixels=60)


def test_the_page_tells_every_rule_in_the_words_of_the_record() -> None:
    applied = without_numbers(step for kind in KINDS.values() for step in kind.steps)
    assert applied - told_rules() == set()
