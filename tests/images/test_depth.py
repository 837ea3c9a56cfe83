"""Values of any depth become greys by the rule that is told, or are refused; never clipped in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.images.depth import DARK, FLAT, full_range, to_eight_bits
from vqa_canary.images.files import ImageRefused
from vqa_canary.images.settings import ImageSettings

DEFAULT = ImageSettings()


@pytest.mark.parametrize(("bits", "signed"), [(10, False), (12, False), (16, False), (16, True), (32, False)])
def test_the_full_range_is_a_straight_line_that_never_falls(bits: int, signed: bool) -> None:
    low, high = full_range(bits, signed)
    values = np.unique(np.linspace(low, high, 5000).round().astype(np.int64))
    grey, rule = to_eight_bits(values, (low, high), f"{bits}-bit grey", DEFAULT, "x")
    wanted = [
        (2 * 255 * (int(v) - low) + (high - low)) // (2 * (high - low)) for v in values
    ]  # in whole numbers
    assert np.abs(grey.astype(int) - wanted).max() <= (0 if bits < 32 else 1)
    assert (np.diff(grey.astype(int)) >= 0).all()
    assert (grey[0], grey[-1]) == (0, 255)
    assert rule == f"{bits}-bit grey: full range {low:g} to {high:g}"


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=60))
def test_of_any_values_the_order_is_kept_or_they_are_refused(listed: list[int]) -> None:
    values = np.array(listed, np.uint16)
    try:
        grey, _ = to_eight_bits(values, (0, 65535), "16-bit grey", DEFAULT, "x")
    except ImageRefused:
        dark = values.max() < 65536 // DARK
        flat = int(values.max()) - int(values.min()) < 65535 / FLAT
        assert dark or flat
        return
    order = np.argsort(values, kind="stable")
    assert (np.diff(grey[order].astype(int)) >= 0).all()


def test_percentiles_are_those_of_the_image_and_said() -> None:
    values = np.arange(1000, dtype=np.uint16).reshape(20, 50)
    settings = ImageSettings(grey="percentiles", percentiles=(10, 90))
    grey, rule = to_eight_bits(values, (0, 65535), "16-bit grey", settings, "x")
    low, high = np.percentile(values, 10), np.percentile(values, 90)
    assert (grey == np.rint(np.clip((values - low) / (high - low), 0, 1) * 255)).all()
    assert rule == "16-bit grey: percentiles 10 to 90 of each image"


@pytest.mark.parametrize(
    ("values", "stored", "settings", "reason"),
    [
        (np.arange(4096), (0, 65535), {}, "largest value is 4095 of 65535, nearly black; set images.range"),
        (np.arange(-900, 900), (-32768, 32767), {}, "largest value is 900 of 32767, nearly black"),
        (np.arange(40000, 40500), (0, 65535), {}, "differ too little to be seen in the range 0 to 65535"),
        (
            np.arange(4097),
            (0, 65535),
            {"range": (0, 4095)},
            "go from 0 to 4096, beyond images.range 0 to 4095",
        ),
        (np.array([-0.1, 1]), None, {"range": (0, 1)}, "go from -0.1 to 1, beyond images.range 0 to 1"),
        (np.array([0, 0.5, 1]), None, {}, "floating-point values have no range of their own"),
        (np.array([0, np.nan, 1]), None, {"range": (0, 1)}, "not finite; save it with numbers"),
        (np.array([0, np.inf, 1]), None, {"grey": "percentiles"}, "not finite"),
        (np.full(9, 7), (0, 65535), {"grey": "percentiles"}, "percentiles are all 7"),
        (np.array([0.0, 1.0]), None, {"range": (0, 4095)}, "differ too little"),
    ],
)
def test_what_cannot_be_shown_rightly_is_refused(
    values: Any, stored: Any, settings: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ImageRefused, match=reason):
        to_eight_bits(values, stored, "k", ImageSettings(**settings), "x")


def test_a_stated_range_is_taken_at_its_word() -> None:
    grey, rule = to_eight_bits(
        np.array([0, 2048, 4095]), (0, 65535), "k", ImageSettings(range=(0, 4095)), "x"
    )
    assert grey.tolist() == [0, 128, 255]
    assert rule == "k: the range 0 to 4095 of the settings"
    dark, _ = to_eight_bits(np.array([0, 4095]), (0, 65535), "k", ImageSettings(range=(0, 65535)), "x")
    assert dark.tolist() == [0, 16]  # somebody who knows that 16 bits are right


def test_one_value_everywhere_is_no_fault_of_the_range() -> None:
    assert to_eight_bits(np.zeros(4, int), (0, 65535), "k", DEFAULT, "x")[0].tolist() == [0] * 4
    assert to_eight_bits(np.full(4, 65535), (0, 65535), "k", DEFAULT, "x")[0].tolist() == [255] * 4
