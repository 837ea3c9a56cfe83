"""DICOM files, against the standard's formulas and pydicom's own; nothing of a header leaves it unasked."""

from __future__ import annotations

import logging
import sys
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_modality_lut, apply_windowing
from pydicom.uid import ExplicitVRBigEndian, JPEGLSLossless
from tests.images.made import Pixels, picture, ramp
from tests.images.made_dicom import CT, SECRET, header_of, written
from tests.images.page import told_rules, without_numbers

from vqa_canary.errors import BadInput
from vqa_canary.images.conversion import check, convert, is_dicom, is_plain
from vqa_canary.images.dicom_header import check_keywords
from vqa_canary.images.files import ImageRefused
from vqa_canary.images.settings import ImageSettings, Window

DONE: set[str] = set()
"""Every rule that a test has seen applied."""


def shown(header: Dataset, frame: int | None = None, **settings: Any) -> Pixels:
    converted = convert(written(header), "x.dcm", ImageSettings(**settings), frame)
    DONE.update(converted.steps)
    return np.asarray(converted.image)


SCALED = {"RescaleSlope": 1, "RescaleIntercept": -1024}
WINDOWED = {"WindowCenter": 40, "WindowWidth": 400}


@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("pixels", [CT, ramp(-2048, 2047, np.int16)])
def test_the_files_window_is_applied_as_pydicom_does(pixels: Pixels, function: str | None) -> None:
    header = header_of(pixels, 12, **SCALED, **WINDOWED)
    if function:
        header.VOILUTFunction = function
    units = apply_modality_lut(pixels, header)
    low, high = (
        2048 * (pixels.dtype.kind == "i") * -1 - 1024,
        4095 - 2048 * (pixels.dtype.kind == "i") - 1024,
    )
    theirs = (apply_windowing(units, header) - low) / (high - low) * 255
    assert np.abs(shown(header) - theirs).max() <= 0.5001


def test_the_first_window_counts_and_the_settings_have_the_last_word() -> None:
    header = header_of(CT, 12, **SCALED, WindowCenter=[40, 500], WindowWidth=[400, 2000])
    units = CT.astype(float) - 1024

    def window(center: float, width: float) -> Pixels:
        """PS3.3 C.11.2.1.2.1, value by value."""
        x = (units - (center - 0.5)) / (width - 1) + 0.5
        return np.rint(np.clip(x, 0, 1) * 255)

    assert (shown(header) == window(40, 400)).all()
    assert (shown(header, window=Window(center=500, width=2000)) == window(500, 2000)).all()
    assert (shown(header, window="none") == np.rint(CT * (255 / 4095))).all()


def test_monochrome1_is_inverted_with_and_without_a_window() -> None:
    for elements in (WINDOWED, {}):
        plain = shown(header_of(CT, 12, **elements))
        turned = shown(header_of(CT, 12, **elements, PhotometricInterpretation="MONOCHROME1"))
        assert (turned == 255 - plain).all()
        assert plain[-1, -1] == 255


@pytest.mark.parametrize("elements", [WINDOWED, {}])
@pytest.mark.parametrize(
    ("kind", "shape", "inverted"),
    [
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME1", "IDENTITY", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME2", "", False),
    ],
)
def test_the_presentation_look_up_table_inverts_once(
    kind: str, shape: str, inverted: bool, elements: dict[str, Any]
) -> None:
    plain = shown(header_of(CT, 12, **elements))
    own = {"PhotometricInterpretation": kind, "PresentationLUTShape": shape}
    assert (shown(header_of(CT, 12, **elements, **own)) == (255 - plain if inverted else plain)).all()


def test_a_presentation_of_optical_density_is_refused() -> None:
    with pytest.raises(ImageRefused, match="neither IDENTITY nor INVERSE"):
        shown(header_of(CT, 12, PresentationLUTShape="LIN OD"))


def test_without_a_window_the_bits_stored_are_the_range() -> None:
    assert (shown(header_of(CT, 12)) == np.rint(CT * (255 / 4095))).all()
    signed = ramp(-2048, 2047, np.int16)
    assert (shown(header_of(signed, 12)) == np.rint((signed + 2048.0) * (255 / 4095))).all()
    falling = header_of(CT, 12, RescaleSlope=-1, RescaleIntercept=0)
    assert (shown(falling) == np.rint((4095.0 - CT) * (255 / 4095))).all()
    with pytest.raises(
        ImageRefused, match=r"4095 of 65535, nearly black; set images\.window, or images\.grey to"
    ):
        shown(header_of(CT, 16))
    assert shown(header_of(CT, 16), grey="percentiles").max() == 255


@pytest.mark.parametrize("slope", [10, 1, 0.01, 1e-4, 1e-7])
def test_a_slope_does_not_hide_that_an_image_is_nearly_black(slope: float) -> None:
    """The image is the same in every unit, also where all its values lie below 1."""
    with pytest.raises(ImageRefused, match=r"nearly black; set images\.window"):
        shown(header_of(CT, 16, RescaleSlope=slope, RescaleIntercept=0))
    assert (
        shown(header_of(CT, 14, RescaleSlope=slope, RescaleIntercept=0)) == shown(header_of(CT, 14))
    ).all()


@pytest.mark.parametrize(
    ("bits", "elements", "greys"),
    [
        (12, {}, "0 to 16"),
        (12, {"RescaleSlope": -1, "RescaleIntercept": 65535}, "239 to 255"),
        (12, {"WindowCenter": 0}, "128 to 143"),
        (16, {}, "0 to 16"),
        (16, {"RescaleSlope": -1, "RescaleIntercept": 65535}, "239 to 255"),
    ],
)
def test_a_window_for_other_bits_than_the_values_have_is_refused(
    bits: int, elements: dict[str, Any], greys: str
) -> None:
    header = header_of(CT, bits, **{"WindowCenter": 32768, "WindowWidth": 65536, **elements})
    with pytest.raises(ImageRefused, match=rf"header .*{greys} of 255.*; set images\.window"):
        shown(header)
    as_asked = shown(header, window=Window(center=32768, width=65536))  # by the user, who may want it
    assert int(as_asked.max()) - int(as_asked.min()) == 16


def test_an_image_may_be_dark_in_a_window_of_its_own() -> None:
    dark = header_of(ramp(0, 900, np.uint16), 16, WindowCenter=2000, WindowWidth=4000)
    assert shown(dark).max() == 57
    bright = header_of(ramp(60000, 65535, np.uint16), 16, WindowCenter=32768, WindowWidth=60000)
    assert shown(bright).min() > 191
    middle = header_of(ramp(20000, 30000, np.uint16), 16, WindowCenter=32768, WindowWidth=65536)
    assert shown(middle).min() < 80 < 110 < shown(middle).max()


@pytest.mark.parametrize("center", [-5000, 50000])
def test_a_window_beyond_the_values_is_refused(center: float) -> None:
    """A window in other units than the values makes a black or white sheet."""
    header = header_of(CT, 12, WindowCenter=center, WindowWidth=100)
    with pytest.raises(ImageRefused, match=r"header leaves nothing to see.*; set images\.window"):
        shown(header)
    with pytest.raises(ImageRefused, match=r"images\.window leaves nothing to see.*; set another"):
        shown(header_of(CT, 12), window=Window(center=center, width=100))
    assert (shown(header, window="none") == shown(header_of(CT, 12))).all()
    even = header_of(np.full_like(CT, 7), 12, WindowCenter=center, WindowWidth=100)
    assert len(np.unique(shown(even))) == 1


def test_bits_above_those_stored_are_no_part_of_a_value() -> None:
    overlaid = CT | np.where(CT % 2 == 0, 0x8000, 0).astype(np.uint16)
    assert (shown(header_of(overlaid, 12)) == shown(header_of(CT, 12))).all()


def test_a_look_up_table_of_the_file_counts_where_it_has_no_window() -> None:
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [4096, 0, 8], list(np.arange(4096) // 16)[::-1]
    item["LUTDescriptor"].VR, item["LUTData"].VR = "US", "US"
    assert (shown(header_of(CT, 12, VOILUTSequence=[item])) == (4095 - CT) // 16).all()


def table_of(n: int, depth: int, data: bytes) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [n, 0, depth])
    item.add_new("LUTData", "OW", data)
    return item


def test_entries_of_8_bits_and_of_either_byte_order_are_read() -> None:
    values = ramp(0, 255, np.uint8)
    packed = table_of(256, 8, bytes(range(255, -1, -1)))
    assert (shown(header_of(values, 8, VOILUTSequence=[packed])) == 255 - values).all()
    wide = np.arange(4095, -1, -1)
    little = header_of(CT, 12, VOILUTSequence=[table_of(4096, 12, wide.astype("<u2").tobytes())])
    big = header_of(CT.astype(">u2"), 12, VOILUTSequence=[table_of(4096, 12, wide.astype(">u2").tobytes())])
    big.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    assert (shown(little) == np.rint((4095 - CT) / 4095 * 255)).all()
    assert (shown(big) == shown(little)).all()


@pytest.mark.parametrize(
    ("item", "order", "reason"),
    [
        (table_of(256, 16, bytes(256)), "<", "not as its descriptor says"),
        (table_of(256, 8, bytes(300)), "<", "not as its descriptor says"),
        (table_of(256, 8, bytes(range(256))), ">", "not as its descriptor says"),
        (table_of(256, 8, np.full(256, 256, "<u2").tobytes()), "<", "not as its descriptor says"),
        (table_of(256, 16, np.arange(256).astype("<u2").tobytes()), "<", "255 of 65535, nearly black"),
    ],
)
def test_a_look_up_table_unlike_its_descriptor_is_refused(item: Dataset, order: str, reason: str) -> None:
    header = header_of(ramp(0, 255, np.uint8), 8, VOILUTSequence=[item])
    if order == ">":
        header.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    with pytest.raises(ImageRefused, match=reason):
        shown(header)


@pytest.mark.parametrize("pixels", [CT << 4, np.dstack([CT << 4] * 3)])
def test_values_that_do_not_end_at_the_lowest_bit_are_refused(pixels: Pixels) -> None:
    with pytest.raises(ImageRefused, match="HighBit is not BitsStored - 1"):
        shown(header_of(pixels, 12, HighBit=15))


@pytest.mark.parametrize("kind", ["YBR_PARTIAL_420", "YBR_PARTIAL_422", "YBR_RCT", "YBR_ICT"])
def test_colours_that_nobody_turns_to_rgb_are_refused(kind: str) -> None:
    with pytest.raises(ImageRefused, match="colours that are not understood"):
        shown(header_of(picture(shape=(16, 16)), 8, PhotometricInterpretation=kind))


def test_a_palette_of_8_bits_said_to_be_of_16_is_refused() -> None:
    tables: dict[str, Any] = {}
    for name in ("Red", "Green", "Blue"):
        tables[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tables[f"{name}PaletteColorLookupTableData"] = np.arange(256).astype("<u2").tobytes()
    header = header_of(ramp(0, 255, np.uint8), 8, PhotometricInterpretation="PALETTE COLOR", **tables)
    with pytest.raises(ImageRefused, match="255 of 65535, nearly black"):
        shown(header)


def test_a_frame_is_asked_for_and_shown_through_its_own_window() -> None:
    stack = np.stack([CT, CT[::-1]])
    data = written(header_of(stack, 12))
    with pytest.raises(ImageRefused, match="holds several frames; name one by the dataset's option frame"):
        convert(data, "x.dcm")
    with pytest.raises(ImageRefused, match="holds no frame 2; the first is 0"):
        convert(data, "x.dcm", frame=2)
    groups = []
    for center in (100, 3000):
        lut, group = Dataset(), Dataset()
        lut.WindowCenter, lut.WindowWidth = center, 200
        group.FrameVOILUTSequence = [lut]
        groups.append(group)
    second = shown(header_of(stack, 12, PerFrameFunctionalGroupsSequence=groups), 1)
    assert (second == shown(header_of(CT[::-1], 12, WindowCenter=3000, WindowWidth=200))).all()


def test_colours_are_those_stored() -> None:
    colours = picture(shape=(16, 16))
    assert (shown(header_of(colours, 8)) == colours).all()
    ybr = np.asarray(Image.fromarray(colours).convert("YCbCr"))
    found = shown(header_of(ybr, 8, PhotometricInterpretation="YBR_FULL"))
    assert np.abs(found.astype(int) - colours).max() <= 3
    indices = picture(channels=1, shape=(16, 16))
    tables = {
        f"{name}PaletteColorLookupTable{part}": value
        for at, name in enumerate(("Red", "Green", "Blue"))
        for part, value in (
            ("Descriptor", [256, 0, 16]),
            ("Data", ((np.arange(256) + at) % 256 * 257).astype("<u2").tobytes()),
        )
    }
    palette = shown(header_of(indices, 8, PhotometricInterpretation="PALETTE COLOR", **tables))
    assert (palette == (indices[..., None].astype(int) + np.arange(3)) % 256).all()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PixelData": None}, "holds no picture"),
        ({"Rows": 60000, "Columns": 60000}, "too large to decode, 60000 x 60000 pixels"),
        ({"Rows": 999}, "cannot be read"),
        ({"PhotometricInterpretation": "CMYK"}, "colours that are not understood"),
        (
            {**WINDOWED, "WindowWidth": 0},
            "the window in its DICOM header is not a valid one; set images.window",
        ),
        ({**WINDOWED, "VOILUTFunction": "CUBIC"}, "the window in its DICOM header is not a valid one"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words_of_our_own(changes: dict[str, Any], reason: str) -> None:
    header = header_of(CT, 12, **{name: value for name, value in changes.items() if value is not None})
    for name, value in changes.items():
        if value is None:
            delattr(header, name)
    with pytest.raises(ImageRefused, match=reason) as error:
        shown(header)
    assert "Mustermann" not in str(error.value)


def test_a_compression_that_needs_a_further_package_is_named() -> None:
    header = header_of(CT, 12)
    header.file_meta.TransferSyntaxUID = JPEGLSLossless
    header.PixelData = encapsulate([b"\xff\xd8\xff\xf7" + bytes(60)])
    with pytest.raises(
        ImageRefused, match=r"compression \(JPEG-LS Lossless Image Compression\) cannot be decoded here"
    ):
        shown(header)
    data = written(header_of(CT, 12)).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99", 1)
    with pytest.raises(ImageRefused, match="a deflated DICOM file, whose size is not bounded"):
        check(data, "x.dcm", 10**6)


def test_without_pydicom_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(header_of(CT, 12))
    monkeypatch.setitem(sys.modules, "pydicom", None)
    for use in (lambda: check(data, "a.dcm"), lambda: convert(data, "a.dcm")):
        with pytest.raises(
            ImageRefused, match=r"image 'a\.dcm': a DICOM file, .* pip install vqa-canary\[dicom\]"
        ):
            use()


def test_a_file_is_known_by_its_mark_whatever_its_name() -> None:
    data = written(header_of(CT, 12))
    assert is_dicom(data, "scan.png")
    assert check(data, "scan.png") == ".dcm"
    assert not is_plain(data, "scan.png")
    bare = data[data.index(b"\x08\0\x16\0UI") :]
    assert is_dicom(bare, "old.dcm")
    assert (np.asarray(convert(bare, "old.dcm").image) == np.asarray(convert(data, "scan.png").image)).all()


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        ({}, None),
        ({"BurnedInAnnotation": "YES"}, "BurnedInAnnotation is YES"),
        (
            {"BurnedInAnnotation": "NO", "RecognizableVisualFeatures": "YES"},
            "RecognizableVisualFeatures is YES",
        ),
        ({"Modality": "US"}, "BurnedInAnnotation is missing"),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, None),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "BurnedInAnnotation is missing"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1"}, "BurnedInAnnotation is missing"),
        (
            {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1", "BurnedInAnnotation": "YES "},
            "BurnedInAnnotation is YES",
        ),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1", "BurnedInAnnotation": "NO"}, None),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "BurnedInAnnotation is missing"),
    ],
)
def test_a_header_that_lets_one_fear_for_identity_is_reported(
    elements: dict[str, Any], why: str | None
) -> None:
    found = convert(written(header_of(CT, 12, **elements)), "x").identity
    assert found == why if why is None else str(found).startswith(why)


def test_no_value_of_a_header_is_told_unless_it_is_asked_for(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    caplog.set_level(logging.DEBUG)
    header = header_of(CT, 12, Manufacturer="ACME", PatientSex="F", PatientBirthDate="19700101")
    header.SpecificCharacterSet = "ISO_IR " + SECRET  # pydicom would warn and quote it
    header.add_new(0x00081030, "LO", SECRET * 9)
    header["SeriesNumber"] = pydicom.DataElement(0x00200011, "SH", SECRET)
    data = written(header).replace(b"\x20\0\x11\0SH", b"\x20\0\x11\0IS")
    caplog.clear()  # what was told by making the file
    recwarn.clear()
    capsys.readouterr()
    silent = convert(data, "x")
    asked = convert(data, "x", ImageSettings(attributes=("Manufacturer", "PatientSex", "BodyPartExamined")))
    with pytest.raises(ImageRefused) as error:
        convert(data[:-9000], "x")
    assert silent.header == {}
    assert asked.header == {"Manufacturer": "ACME", "PatientSex": "F"}
    told = [caplog.text, *capsys.readouterr(), *(str(one.message) for one in recwarn), str(error.value)]
    assert "Mustermann" not in " ".join(told)
    assert "Mustermann" not in repr((silent, asked))


@pytest.mark.parametrize(
    ("keyword", "reason"),
    [
        ("Manufacturers", "DICOM has no keyword 'Manufacturers'. Did you mean 'Manufacturer'"),
        ("PatientName", "may say who the patient is"),
        ("PatientID", "may say who the patient is"),
        ("PatientBirthDate", "may say who the patient is"),
        ("AccessionNumber", "may say who the patient is"),
        ("OperatorsName", "may say who the patient is"),
        ("StudyDate", "may say who the patient is"),
        ("StudyInstanceUID", "may say who the patient is"),
    ],
)
def test_keywords_that_name_somebody_are_refused(keyword: str, reason: str) -> None:
    check_keywords(("Manufacturer", "PatientSex", "KVP"))
    with pytest.raises(BadInput) as error:
        check_keywords(("Manufacturer", keyword))
    assert reason in str(error.value)


def test_the_page_tells_every_rule_in_the_words_of_the_record() -> None:
    pairs: tuple[tuple[Dataset, dict[str, Any]], ...] = (
        (header_of(CT, 12, **WINDOWED), {}),
        (header_of(CT, 12, PhotometricInterpretation="MONOCHROME1"), {}),
        (header_of(CT, 12), {"window": Window(center=40, width=400)}),
        (header_of(picture(shape=(4, 4)), 8), {}),
    )
    for header, settings in pairs:
        shown(header, **settings)
    assert without_numbers(DONE) - told_rules() <= {
        "N-bit DICOM grey without a window: percentiles N to N of each image"
    }
