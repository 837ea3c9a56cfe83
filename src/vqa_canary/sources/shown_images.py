"""From the files that datasets hold to the pictures that models are shown, and a record of what was done to them."""

from __future__ import annotations

import hashlib
import io
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.images.conversion import Converted, convert, is_plain
from vqa_canary.images.files import read_bytes
from vqa_canary.images.settings import ImageSettings
from vqa_canary.rows import Attribute, Item, Refusal, ShownImage, with_images
from vqa_canary.sources.images import CheckedImage, ImageRefused, write_whole
from vqa_canary.sources.refusals import commonest
from vqa_canary.sources.registration import SourceError, relative_to

RECORD_VERSION = 1
"""Version of the layout of images.json, which lists the pictures that were made for the models."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Picture:
    """What became of one image file of a dataset."""

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
    refuse_identity: Callable[[str, str], str] | None = None,
) -> tuple[list[Item], list[Refusal], dict[str, Any]]:
    """Items whose images every model sees alike, those that have no such image, and what was done.

    An item whose files are plain pictures (8-bit grey or RGB, upright, opaque, one frame) stays as it is. Any other
    picture is converted once and written as a PNG file, and the item points to that one: its hash is the image's.
    An item of several images is refused where one of them is.

    Parameters
    ----------
    settings : `params:images`
    frames : dataset to the frame of its files that hold several
    root : where relative paths start
    folder : for the converted pictures, named by the first 16 hex digits of their hash
    refuse_identity : gives the reason to refuse a file (its path, and why it may show who the patient is), where
        images leave the site; None where they do not, and such files are shown

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
        pictures = []
        for image in item.images:
            # One file may be shown by many questions, and is converted once for each frame that is asked for.
            about = image.image_path, frame
            if about not in known:
                known[about] = _picture_of(image, settings, frame, root, folder, refuse_identity)
            pictures.append(known[about])
        refused = _first_refusal(pictures)
        if refused is not None:
            key = f"{item.dataset}/{item.source_id}"
            keys[key] += 1  # a source may make several items of a record
            key = key if keys[key] == 1 else f"{key} {item.item_id}"
            paths = [image.image_path for image in item.images]
            shown = paths if item.more_images else item.image_path
            row = {"item_id": item.item_id, "question": item.question, "image": shown}
            refusals.append(Refusal("sources", key, refused, row))
        else:
            kept.append(_with_pictures(item, pictures, root))
    return kept, refusals, _record(known.values(), settings, frames, root)


def refuse_none(items: Iterable[Item], refusals: Iterable[Refusal]) -> None:
    """Stop a run whose every image was refused.

    Raises
    ------
    SourceError : there is no item; the message names the commonest reasons
    """
    if not list(items):
        told = commonest(refusal.reason for refusal in refusals)
        raise SourceError(f"parameters: datasets: not one image can be shown. {told}")


def warn_of_identity(record: Mapping[str, Any]) -> None:
    """Say how many pictures may show who the patient is; which ones stands in the record alone."""
    if n := len(record["may_show_identity"]):
        logger.warning(
            "%s: by its DICOM header, text on the picture may say who the patient is. `may_show_identity` in "
            "data/03_primary/<study>/images.json names each file and why. Look before you show the images to anybody.",
            counted(n, "image"),
        )


def _first_refusal(pictures: Sequence[_Picture]) -> str | None:
    """Why one of an item's images cannot be shown, and which one; None where all can."""
    for at, picture in enumerate(pictures, start=1):
        if picture.refused is not None:
            return (
                picture.refused if len(pictures) == 1 else f"image {at} of {len(pictures)}: {picture.refused}"
            )
    return None


def _picture_of(
    image: ShownImage,
    settings: ImageSettings,
    frame: int | None,
    root: Path,
    folder: Path,
    refuse_identity: Callable[[str, str], str] | None,
) -> _Picture:
    path = image.image_path
    try:
        data = read_bytes(root / path, path)
        if hashlib.sha256(data).hexdigest() != image.image_sha256:
            raise ImageRefused(f"image {path!r}: changed while the items were made; make them again")
        if is_plain(data, path):
            return _Picture(path)
        converted = convert(data, path, settings, frame)
    except ImageRefused as error:
        return _Picture(path, refused=str(error))
    if converted.identity and refuse_identity:
        return _Picture(path, refused=refuse_identity(path, converted.identity))
    shown = write_whole(folder, _png(converted), ".png")
    return _Picture(path, shown, converted.steps, converted.header, converted.identity)


def _png(converted: Converted) -> bytes:
    """The picture as a PNG of its pixels alone: without profile and without EXIF."""
    buffer, image = io.BytesIO(), converted.image.copy()
    # What else the file says, such as a comment, would be written along and could name a patient.
    image.info.clear()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _with_pictures(item: Item, pictures: Sequence[_Picture], root: Path) -> Item:
    """The item with what is shown in place of its files, and with the headers' attributes that were asked for.

    Where several images give an attribute different values, all of them are named, in the images' order.
    """
    if all(picture.shown is None for picture in pictures):
        return item
    own = item.attributes or ()
    named = {attribute.name for attribute in own}
    values: dict[str, dict[str, None]] = {}
    for picture in pictures:
        for name, value in picture.header.items():
            values.setdefault(name, {})[value] = None
    asked = [Attribute(name, " + ".join(found)) for name, found in values.items() if name not in named]
    images = [_shown(image, picture, root) for image, picture in zip(item.images, pictures, strict=True)]
    return replace(with_images(item, images), attributes=(*own, *asked) or None)


def _shown(image: ShownImage, picture: _Picture, root: Path) -> ShownImage:
    if picture.shown is None:
        return image
    digest = picture.shown.sha256
    return ShownImage(digest[:16], relative_to(picture.shown.path, root), digest)


def _record(
    pictures: Iterable[_Picture], settings: ImageSettings, frames: Mapping[str, int], root: Path
) -> dict[str, Any]:
    done = sorted(pictures, key=lambda picture: picture.file)
    converted = [picture for picture in done if picture.shown is not None]
    steps = Counter(step for picture in converted for step in picture.steps)
    return {
        "version": RECORD_VERSION,
        "settings": settings.model_dump(mode="json"),
        "frames": dict(frames),
        "plain": sum(picture.shown is None and picture.refused is None for picture in done),
        "converted": len(converted),
        "refused": sum(picture.refused is not None for picture in done),
        "steps": [
            {"step": step, "images": n}
            for step, n in sorted(steps.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "images": [
            {
                "image_id": picture.shown.sha256[:16],
                "shown": relative_to(picture.shown.path, root),
                "file": picture.file,
                "steps": list(picture.steps),
            }
            for picture in converted
            if picture.shown
        ],
        "may_show_identity": [
            {"file": picture.file, "image_id": picture.shown.sha256[:16], "why": picture.identity}
            for picture in converted
            if picture.identity and picture.shown
        ],
    }
