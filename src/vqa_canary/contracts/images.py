"""Rules about image files, shared by `items` and `instances`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from vqa_canary.project import project_root

More = Sequence[Mapping[str, str]] | None
"""A value of the column `more_images`: the images after the first, or None."""

FileState = tuple[Path, int, int]
"""Path of a file, its size in bytes, and the nanosecond of its last change; both are -1 where there is no file."""


def file_state(image_path: str) -> FileState:
    """The state of an image file, which is another one once the file has been changed."""
    path = _resolve(image_path)
    if not path.is_file():
        return path, -1, -1
    stat = path.stat()
    return path, stat.st_size, stat.st_mtime_ns


def image_exists(image_path: str | None) -> bool:
    """image_path is a file; a relative path starts at the project"""
    return image_path is None or _resolve(image_path).is_file()


def image_matches_hash(image_path: str | None, image_sha256: str | None) -> bool:
    """image_sha256 is the SHA-256 of the file at image_path"""
    if image_path is None:
        return True  # where a row may show no image, a rule of its own says what is null then
    state = file_state(image_path)
    if state[1] < 0:
        return True  # `image_exists` tells of it
    return _sha256(*state) == image_sha256


def image_id_is_start_of_hash(image_id: str | None, image_sha256: str | None) -> bool:
    """image_id is the first 16 hex digits of image_sha256"""
    return image_id == (image_sha256 and image_sha256[:16])


def more_images_are_like_the_first(more_images: More) -> bool:
    """more_images is null or lists images that exist, match their hashes and are named by these"""
    if more_images is None:
        return True
    return len(more_images) > 0 and all(
        None not in image.values()
        and image_exists(image["image_path"])
        and image_matches_hash(image["image_path"], image["image_sha256"])
        and image_id_is_start_of_hash(image["image_id"], image["image_sha256"])
        for image in more_images
    )


def _resolve(image_path: str) -> Path:
    return project_root() / image_path


@cache
def _sha256(path: Path, size: int, mtime_ns: int) -> str:  # size and time: a changed file is read anew
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
