"""From the files that datasets hold to the pictures that models are shown, and a record of what was done to them."""

from __future__ import annotations

import hashlib
import io
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.images.conversion import Converted, convert, is_plain
from vqa_canary.images.files import read_bytes
from vqa_canary.images.settings import ImageSettings
from vqa_canary.sources.images import CheckedImage, ImageRefused, write_whole
from vqa_canary.sources.refusals import commonest
from vqa_canary.sources.registration import SourceError, relative_to
from vqa_canary.tables import Attribute, Item, Refusal

RECORD_VERSION = 1
"""Of the layout of images.json."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Picture:
    """What became of one file."""

    file: str
    shown: CheckedImage | None = None
    """The converted picture; None where the file itself is shown, or was refused."""
    steps: tuple[str, ...] = ()
    header: Mapping[str, str] = field(default_factory=dict)
    identity: str | None = None
    refused: str | None = None


def show_images(
    items: Iterable[Item],
    settings: ImageSettings,
    frames: Mapping[str, int],
    root: Path,
    folder: Path,
) -> tuple[list[Item], list[Refusal], dict[str, Any]]:
    """Items whose images every model sees alike, those that have no such image, and what was done.

    An item whose file is a plain picture (8-bit grey or RGB, upright, opaque, one frame) stays as it is. Any other
    picture is converted once and written as a PNG file, and the item points to that one: its hash is the image's.

    Parameters
    ----------
    settings : `params:images`
    frames : dataset to the frame of its files that hold several
    root : where relative paths start
    folder : for the converted pictures, named by the first 16 hex digits of their hash

    Returns
    -------
    items, refusals, and the record: see docs/images.md
    """
    known: dict[tuple[str, int | None], _Picture] = {}
    kept: list[Item] = []
    refusals: list[Refusal] = []
    keys = Counter[str]()
    for item in items:
        frame = frames.get(item.dataset)
        about = item.image_path, frame
        picture = known.get(about)
        if picture is None:
            picture = known[about] = _picture_of(item, settings, frame, root, folder)
        if picture.refused is not None:
            key = f"{item.dataset}/{item.source_id}"
            keys[key] += 1  # a source may make several items of a record
            key = key if keys[key] == 1 else f"{key} {item.item_id}"
            row = {"question": item.question, "image": item.image_path}
            refusals.append(Refusal("sources", key, picture.refused, row))
        else:
            kept.append(_with_picture(item, picture, root))
    return kept, refusals, _record(known.values(), settings, frames, root)


def refuse_none(items: Iterable[Item], refusals: Iterable[Refusal]) -> None:
    """Stop a run whose every image was refused.

    Raises
    ------
    SourceError : there is no item; the message names the commonest reasons
    """
    if not list(items):
        told = commonest(one.reason for one in refusals)
        raise SourceError(f"parameters: datasets: not one image can be shown. {told}")


def warn_of_identity(record: Mapping[str, Any]) -> None:
    """Say how many pictures may show who the patient is; which ones stands in the record alone."""
    if n := len(record["may_show_identity"]):
        logger.warning(
            "%s: by its DICOM header, text on the picture may say who the patient is. `may_show_identity` in "
            "data/03_primary/<study>/images.json names each file and why. Look before you show the images to anybody.",
            counted(n, "image"),
        )


def _picture_of(item: Item, settings: ImageSettings, frame: int | None, root: Path, folder: Path) -> _Picture:
    path = item.image_path
    try:
        data = read_bytes(root / path, path)
        if hashlib.sha256(data).hexdigest() != item.image_sha256:
            raise ImageRefused(f"image {path!r}: changed while the items were made; make them again")
        if is_plain(data, path):
            return _Picture(path)
        converted = convert(data, path, settings, frame)
    except ImageRefused as error:
        return _Picture(path, refused=str(error))
    shown = write_whole(folder, _png(converted), ".png")
    return _Picture(path, shown, converted.steps, converted.header, converted.identity)


def _png(converted: Converted) -> bytes:
    """The pixels alone: no profile, no EXIF."""
    buffer, image = io.BytesIO(), converted.image.copy()
    image.info.clear()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _with_picture(item: Item, picture: _Picture, root: Path) -> Item:
    if picture.shown is None:
        return item
    digest = picture.shown.sha256
    own = item.attributes or ()
    named = {one.name for one in own}
    asked = [Attribute(name, value) for name, value in picture.header.items() if name not in named]
    return replace(
        item,
        image_id=digest[:16],
        image_path=relative_to(picture.shown.path, root),
        image_sha256=digest,
        attributes=(*own, *asked) or None,
    )


def _record(
    pictures: Iterable[_Picture], settings: ImageSettings, frames: Mapping[str, int], root: Path
) -> dict[str, Any]:
    done = sorted(pictures, key=lambda one: one.file)
    converted = [one for one in done if one.shown is not None]
    steps = Counter(step for one in converted for step in one.steps)
    return {
        "version": RECORD_VERSION,
        "settings": settings.model_dump(mode="json"),
        "frames": dict(frames),
        "plain": sum(one.shown is None and one.refused is None for one in done),
        "converted": len(converted),
        "refused": sum(one.refused is not None for one in done),
        "steps": [
            {"step": step, "images": n}
            for step, n in sorted(steps.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "images": [
            {
                "image_id": one.shown.sha256[:16],
                "shown": relative_to(one.shown.path, root),
                "file": one.file,
                "steps": list(one.steps),
            }
            for one in converted
            if one.shown
        ],
        "may_show_identity": [
            {"file": one.file, "image_id": one.shown.sha256[:16], "why": one.identity}
            for one in converted
            if one.identity and one.shown
        ],
    }
