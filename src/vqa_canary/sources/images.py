"""Image files of datasets: inside their folder, bounded, decoded whole, and the same ones when they are shown."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from PIL import Image

from vqa_canary.images.conversion import check, in_rgb, is_plain
from vqa_canary.images.files import MAX_BYTES, MAX_PIXELS, ImageRefused, decode, read_bytes
from vqa_canary.rows import Instance, Item
from vqa_canary.sources.cells import shown
from vqa_canary.spelling import same_text
from vqa_canary.unfinished import remove_abandoned_in, write_file

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "CheckedImage",
    "ImageRefused",
    "decode",
    "decoded_bytes",
    "image_opener",
    "is_file_in",
    "read_image",
    "write_blank",
    "write_decoded",
    "write_whole",
]

CACHE_BYTES = 512 * 2**20
"""Most memory that an opener of images holds for images that are shown again."""

_LONGEST_NAME, _LONGEST_PATH = 255, 4000
"""Most bytes of a file name, and of a path, on all common file systems."""


class CheckedImage(NamedTuple):
    """An image file that was decoded whole."""

    path: Path
    """Path of the file: `folder` as it was given, joined with the relative path."""
    sha256: str
    """SHA-256 of the file's bytes, in hex."""


def read_image(
    folder: Path, relative: str, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> CheckedImage:
    """Check the image at `relative` in `folder`; its bytes are read once, hashed and decoded.

    Raises
    ------
    ImageRefused : it is missing, lies outside the folder (`..`, an absolute path, a link), is too
        large in bytes or pixels, or is no image that can be decoded to its last pixel
    """
    if "\\" in relative and not is_file_in(folder, relative):
        relative = relative.replace("\\", "/")  # a path as Windows writes it
    path = folder / relative
    if _too_long(relative):
        raise ImageRefused(f"image {shown(relative)!r}: the path is longer than a file system allows")
    # Links first: resolving a circle would raise an error that says nothing of links.
    if "\0" not in relative and _is_circle(path):
        raise ImageRefused(
            f"image {relative!r}: symbolic links that lead to one another, and to no file; put the file in their place"
        )
    if "\0" in relative or not _inside(path, folder):
        raise ImageRefused(f"image {shown(relative)!r}: the path leaves the dataset's folder")
    if Path(relative).is_absolute():
        raise ImageRefused(f"image {relative!r}: the path is absolute; give it from the dataset's folder on")
    # Where the case differs, one system opens the file and another does not: a study must run on both.
    if not path.exists() and (near := _alike_in(path.parent, path.name)) not in (None, path.name):
        raise ImageRefused(
            f"image {relative!r}: there is no such file; {near!r} differs from it by case or Unicode form alone: "
            "write the name as the folder has it, or rename the file"
        )
    data = read_bytes(path, relative, max_bytes)
    check(data, relative, max_pixels)
    return CheckedImage(path, hashlib.sha256(data).hexdigest())


def _alike_in(folder: Path, name: str) -> str | None:
    """A file of the folder that a reader would take for the one of this name."""
    return _by_likeness(folder).get(same_text(name).casefold())


@lru_cache(64)  # one listing for all the missing files of a folder
def _by_likeness(folder: Path) -> dict[str, str]:
    try:
        return {same_text(name).casefold(): name for name in sorted(os.listdir(folder))}
    except OSError:
        return {}


def is_file_in(folder: Path, text: str) -> bool:
    """Whether a text is the path of a file below the folder, as it stands."""
    try:
        return len(text) <= _LONGEST_PATH and os.path.isfile(folder / text)
    except (OSError, ValueError):  # a name that no file system takes
        return False


@dataclass(frozen=True)
class _Opener:
    """See `image_opener`. Sent to another process, it is made anew there, once for all that is computed there."""

    root: Path
    keep: int
    only: Callable[[Item | Instance], Image.Image]

    def __call__(self, shown: Item | Instance) -> Image.Image:
        return self.only(shown)

    def __reduce__(self) -> tuple[Any, ...]:
        return _last_opener, (self.root, self.keep)


def image_opener(root: Path, keep: int = CACHE_BYTES) -> Callable[[Item | Instance], Image.Image]:
    """A function that gives the image of an item or instance in RGB, and keeps the last ones.

    Of several images it opens none: `each_image` makes of such a row one for each, so that nobody takes the first for
    all of them.

    Grey is repeated in three channels here, since not every processor of a model does that by itself.

    It raises `ImageRefused` where there are several images or none, and where the file is no longer the one that the
    items were made from, or has not been converted (see `shown_images`): what a model would see of it would be a matter
    of chance.

    Parameters
    ----------
    root : where relative image paths start
    keep : most bytes that the decoded images which are kept take together; one that is larger is not kept
    """
    from cachetools import LRUCache, cached

    cache: LRUCache[Any, Image.Image] = LRUCache(keep, getsizeof=decoded_bytes)

    @cached(cache, lock=RLock())
    def opened(image_path: str, sha256: str) -> Image.Image:
        data = read_bytes(root / image_path, image_path)
        # The items promise this very file; a changed one would put answers to another picture under its name.
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ImageRefused(f"image {image_path!r}: changed since the items were made; make them again")
        if not is_plain(data, image_path):
            raise ImageRefused(f"image {image_path!r}: has not been converted; make the items again")
        return in_rgb(decode(data, image_path))

    def only(shown: Item | Instance) -> Image.Image:
        if shown.more_images:
            raise ImageRefused(
                f"the question shows {len(shown.images)} images, and what asks about it shows one alone"
            )
        if shown.image_path is None or shown.image_sha256 is None:
            raise ImageRefused("the question is asked without an image, and what asks about it shows one")
        return opened(shown.image_path, shown.image_sha256)

    return _Opener(root, keep, only)


@lru_cache(1)
def _last_opener(root: Path, keep: int) -> Callable[[Item | Instance], Image.Image]:
    return image_opener(root, keep)


def decoded_bytes(image: Image.Image) -> int:
    """Memory that an image's pixels take: Pillow takes 4 bytes for one of several bands, and at most 4 for one of a
    single band."""
    n_bytes = 1 if image.mode in ("1", "L", "P") else 4
    return image.width * image.height * n_bytes


def write_blank(folder: Path, size: tuple[int, int]) -> CheckedImage:
    """A mid-grey PNG of `size` (width, height) in `folder`, named by the first 16 hex digits of its hash."""
    buffer = io.BytesIO()
    Image.new("L", size, 127).save(buffer, "PNG")
    return write_whole(folder, buffer.getvalue(), ".png")


def write_decoded(folder: Path, data: bytes, name: str) -> CheckedImage:
    """Check an image that is no file yet, and write its bytes as they are; see `write_whole`.

    Raises
    ------
    ImageRefused : too large in bytes or pixels, or no image; `name` stands in the message
    """
    if len(data) > MAX_BYTES:
        raise ImageRefused(f"image {name!r}: larger than {MAX_BYTES} bytes; make it smaller")
    return write_whole(folder, data, check(data, name))


def write_whole(folder: Path, data: bytes, suffix: str) -> CheckedImage:
    """Write an image file under the first 16 hex digits of its SHA-256, unless it is there already."""
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest[:16]}{suffix}"
    if not (path.exists() and path.read_bytes() == data):
        _tidy(folder)
        write_file(path, data, durable=False)  # its name is its hash, and that is checked before it is used
    return CheckedImage(path, digest)


@cache
def _tidy(folder: Path) -> None:
    """Clear away files that were never finished, once a process: to look through a folder of many images for each of
    them would take long."""
    remove_abandoned_in(folder)


def _too_long(relative: str) -> bool:
    sizes = [len(part.encode(errors="replace")) for part in Path(relative).parts]
    return max(sizes, default=0) > _LONGEST_NAME or sum(sizes) + len(sizes) > _LONGEST_PATH


def _is_circle(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError) as error:
        return getattr(error, "errno", None) == errno.ELOOP
    return False


def _inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a circle of links, a path too long, or no Unicode
        return False
