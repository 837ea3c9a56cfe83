"""The settings of a study for images that are no plain 8-bit pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
)


def _rising(pair: tuple[float, float]) -> tuple[float, float]:
    if not pair[0] < pair[1]:
        raise ValueError("the first number must be below the second")
    return pair


def _of_a_hundred(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] < 0 or pair[1] > 100:
        raise ValueError("both numbers must lie between 0 and 100")
    return pair


Pair = Annotated[tuple[FiniteFloat, FiniteFloat], AfterValidator(_rising)]


class Window(BaseModel):
    """A window over the values of DICOM files, by DICOM's function LINEAR."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    center: FiniteFloat
    width: FiniteFloat = Field(gt=1)


def _one_of_three(window: object) -> object:
    if window in ("file", "none"):
        return window
    try:
        return Window.model_validate(window)
    except ValidationError:
        raise ValueError(
            "write file, none, or a centre and a width above 1: {center: 40, width: 400}"
        ) from None


class ImageSettings(BaseModel):
    """How an image becomes one of 8 bits, for a whole study: `params:images`; see docs/images.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grey: Literal["full_range", "percentiles"] = "full_range"
    """What is black and what is white in images of more than 8 bits a value: the ends of the range that the file's
    bits allow, or two percentiles of each image."""
    percentiles: Annotated[Pair, AfterValidator(_of_a_hundred)] = (0.5, 99.5)
    """The two percentiles that are shown black and white with `grey: percentiles`; values beyond them are clipped."""
    range: Pair | None = None
    """The two values that are shown black and white with `grey: full_range`, in place of what the file's bits allow:
    `[0, 4095]` for values of 12 bits in files of 16, `[0, 1]` for floating-point numbers. A file with values beyond
    them is refused."""
    ground: Literal["black", "white"] = "black"
    """The colour that lies behind transparent pixels."""
    window: Annotated[Literal["file", "none"] | Window, BeforeValidator(_one_of_three)] = "file"
    """The window of grey values of DICOM files: the file's own, none (then `grey` decides), or a centre and a width."""
    attributes: tuple[str, ...] = ()
    """Keywords of DICOM headers, such as `Manufacturer`, whose values become attributes of the items."""
