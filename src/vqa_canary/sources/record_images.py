"""All images of one record, in order, and what its texts say of their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from vqa_canary.sources.cells import Refused
from vqa_canary.sources.image_cells import MOST_IMAGES, image_members, is_empty
from vqa_canary.sources.images import CheckedImage, ImageRefused

ReadOne = Callable[[Any, str], CheckedImage]
"""Reads one member of a cell as a checked image, given the field that messages name; raises `Refused` or
`ImageRefused`."""

_NUMBERED = r"\s{0,3}(?:image|img)[\s_-]{0,3}(\d{0,2})\s{0,3}"
_UNNUMBERED = r"image[\s_-]?(?:here|pad|placeholder|token|soft_token)|img_context"
_BEGINS, _ENDS = (
    r"(?:<\|?(?:vision_start|(?:begin|start)_of_image)\|?>\s{0,3})?",
    r"(?:\s{0,3}(?:<\|?(?:vision_end|end_of_image)\|?>|</(?:image|img)>))?",
)
_MARK = re.compile(
    rf"{_BEGINS}(?:<\|?{_NUMBERED}\|?/?>|[\[{{]{{1,2}}{_NUMBERED}[\]}}]{{1,2}}|<\|?(?:{_UNNUMBERED})\|?>|<img\s[^<>]{{0,300}}>)"
    rf"{_ENDS}|<\|?start_of_image\|?>|!\[[^\[\]]{{0,99}}\]\([^()]{{0,300}}\)",
    re.IGNORECASE,
)
"""Fits a mark that stands for an image in a text: `<image 1>`, `<image>`, `[image 1]`, `{image}`, `<|image_1|>`, what
models put in a prompt for it, and how HTML and Markdown show one."""


class RecordImages(NamedTuple):
    """The images of a record, and their places among its cells."""

    images: tuple[CheckedImage, ...]
    """The record's images in order, one or several; an image that is given twice stands twice."""
    places: tuple[int, ...]
    """For each image its place among the record's cells for images, counted from 1: a cell that is empty has none."""


def images_in_cells(
    cells: Iterable[tuple[str, Any]], read: ReadOne, is_file: Callable[[str], bool]
) -> RecordImages:
    """All images of a record's cells.

    Parameters
    ----------
    cells : the fields for images, in order, each with what stands in it
    is_file : as of `image_members`

    Raises
    ------
    Refused : there is none, there are more than `MOST_IMAGES`, or one is unfit; of several, the message says which
    ImageRefused : the only one is unfit
    """
    members = [(field, member) for field, value in cells for member in image_members(value, field, is_file)]
    filled = [(place, *member) for place, member in enumerate(members, start=1) if not is_empty(member[1])]
    if len(filled) > MOST_IMAGES:
        raise Refused(
            f"image: {len(filled)} images, and at most {MOST_IMAGES} are shown with one question; leave the record "
            "out, or join images into one file"
        )
    # A single image is read without a number in the message: there is no other to confuse it with.
    if len(filled) < 2:
        place, field, member = filled[0] if filled else (1, *members[0])
        return RecordImages((read(member, field),), (place,))
    images = tuple(
        _read(read, member, field, at, len(filled)) for at, (_, field, member) in enumerate(filled, 1)
    )
    return RecordImages(images, tuple(place for place, _, _ in filled))


def _read(read: ReadOne, member: Any, field: str, at: int, n: int) -> CheckedImage:
    try:
        return read(member, field)
    except (Refused, ImageRefused) as error:
        raise Refused(f"image {at} of {n}: {error}") from error


def places_in_words(text: str, shown: RecordImages, field: str, *, all_images: bool = False) -> str:
    """The text, in which marks such as `<image 1>` stand as words: `image 1`.

    A model is shown the images before the text. Left as it is, a mark could be taken for one of the model's own, and
    stand for an image that is not there. Marks without a number at the very beginning or end of a question say no more
    than that images are shown, and are left out.

    Parameters
    ----------
    all_images : whether marks without a number, if there are as many as images, stand for these in order

    Raises
    ------
    Refused : a mark of an image that the record does not have, or one that may stand for any of several
    """
    marks = [_number(found) for found in _MARK.finditer(text)]
    if not marks:
        return text
    n = len(shown.images)
    unnumbered = marks.count("")
    # Nothing says which of several images a mark without a number stands for, unless there is one mark for each.
    if unnumbered and n > 1 and not (all_images and unnumbered == n):
        raise Refused(
            f"{field}: `<image>` stands there {unnumbered} times, and the record has {n} images; number the marks, as "
            "in `<image 1>`"
        )
    if all_images and unnumbered == len(marks) and (rest := _without_outer_lines(text)) is not None:
        return rest
    in_order = iter(range(1, n + 1))
    return _MARK.sub(lambda found: _apart(found, f"image {_which(found, shown, in_order, field)}"), text)


def _number(mark: re.Match[str]) -> str:
    return mark[1] or mark[2] or ""


def _apart(mark: re.Match[str], words: str) -> str:
    """The words that stand for a mark, with a space where it touches a word or another mark."""
    before, behind = mark.string[: mark.start()][-1:], mark.string[mark.end() :][:1]
    touches = before.isalnum() or before in tuple(">]})")
    return f"{' ' if touches else ''}{words}{' ' if behind.isalnum() else ''}"


def _which(mark: re.Match[str], shown: RecordImages, in_order: Iterator[int], field: str) -> int:
    number = _number(mark)
    if not number:
        return next(in_order) if len(shown.images) > 1 else 1
    if int(number) not in shown.places:
        n = len(shown.images)
        has = "one image" if n == 1 else f"{n} images"
        raise Refused(
            f"{field}: speaks of `{mark[0].strip()}`, and the record has {has}; add the image, or change the number"
        )
    # A mark counts cells, empty ones included; the text must count the images that are shown.
    return shown.places.index(int(number)) + 1


def _without_outer_lines(text: str) -> str | None:
    """The text without lines of nothing but marks before and after it; None where marks stand elsewhere, too."""
    lines = text.split("\n")
    while lines and _is_of_marks(lines[0]):
        del lines[0]
    while lines and _is_of_marks(lines[-1]):
        del lines[-1]
    rest = "\n".join(lines).strip()
    return rest if rest and not _MARK.search(rest) else None


def _is_of_marks(line: str) -> bool:
    return bool(_MARK.search(line)) and not _MARK.sub("", line).strip()
