"""What a study may set about images, and what is said of what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from vqa_canary.errors import BadInput
from vqa_canary.images.settings import ImageSettings
from vqa_canary.pipelines.sections import check_sections

AROUND: dict[str, Any] = {"scoring": {"methods": []}}


def test_yaml_gives_every_setting() -> None:
    settings = {
        "grey": "percentiles",
        "percentiles": [1, 99],
        "range": [0, 4095],
        "ground": "white",
        "window": {"center": 40, "width": 400},
        "attributes": ["Modality"],
    }
    check_sections({"images": settings, **AROUND})
    assert ImageSettings.model_validate(settings).model_dump(mode="json") == settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gray": "full_range"}, "images.gray: there is no such setting. Did you mean 'grey'?"),
        ({"grey": "auto"}, "images.grey: 'auto' does not fit. Input should be 'full_range' or 'percentiles'"),
        ({"range": [3, 1]}, "images.range: [3, 1] does not fit. Value error, the first number must be below"),
        ({"range": [0, float("inf")]}, "images.range.1: inf does not fit"),
        (
            {"percentiles": [-1, 50]},
            "images.percentiles: [-1, 50] does not fit. Value error, both numbers must",
        ),
        (
            {"window": "off"},
            "images.window: 'off' does not fit. Value error, write file, none, or a centre and",
        ),
        (
            {"window": {"center": 1}},
            "images.window: {'center': 1} does not fit. Value error, write file, none, or",
        ),
        ({"window": {"center": 1, "width": 0}}, "and a width above 1: {center: 40, width: 400}"),
    ],
)
def test_what_does_not_fit_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as error:
        check_sections({"images": settings, **AROUND})
    assert message in str(error.value)
