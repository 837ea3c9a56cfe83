"""Images told apart by what they show, and prepared by a processor once for all prompts about them."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

if TYPE_CHECKING:
    from PIL.Image import Image

PIXEL_BYTES = 2**28
"""Most bytes of prepared images that are kept for further prompts about them."""


def images_key(images: Sequence[Image]) -> str:
    """Digest that tells several images in their order from others; of one image its own."""
    keys = [image_key(image) for image in images]
    return keys[0] if len(keys) == 1 else hashlib.sha256(" ".join(keys).encode()).hexdigest()


_keys: LRUCache[int, tuple[Image, str]] = LRUCache(256)


def image_key(image: Image) -> str:
    """A digest of mode, size, palette and pixels; kept for the last images, which stand beside it so that their
    ids stay theirs."""
    if id(image) not in _keys:
        colours = image.getpalette(), image.info.get("transparency")
        content = f"{image.mode} {image.size} {colours}".encode() + image.tobytes()
        _keys[id(image)] = (image, hashlib.sha256(content).hexdigest())
    return _keys[id(image)][1]


def prepare_once(image_processor: Any) -> None:
    """Make an image processor remember what it made of the last images, by identity of the objects."""
    prepare = image_processor.preprocess
    # The images stand in the value, so that no other object can get their ids.
    known: LRUCache[Any, tuple[Any, list[Any]]] = LRUCache(PIXEL_BYTES, getsizeof=_n_bytes)

    def preprocess(images: Any, *args: Any, **kwargs: Any) -> Any:
        leaves = list(_flat(images))
        key = (tuple(map(id, leaves)), repr((args, kwargs)))
        if key not in known:
            made = prepare(images, *args, **kwargs)
            if _n_bytes((made, leaves)) > PIXEL_BYTES:
                return made
            known[key] = (made, leaves)
        return copy.copy(known[key][0])  # a processor may take keys out of it

    image_processor.preprocess = preprocess


def _flat(images: Any) -> Iterator[Any]:
    if isinstance(images, list | tuple):
        for one in images:
            yield from _flat(one)
    else:
        yield images


def _n_bytes(entry: Any) -> int:
    """Bytes of what a processor made of images, and of the images, whatever they are kept in."""
    if isinstance(entry, Mapping):
        return _n_bytes(list(entry.values()))
    if isinstance(entry, list | tuple):
        return sum(map(_n_bytes, entry))
    if hasattr(entry, "getbands"):  # an image that is not an array
        return 3 * int(entry.width * entry.height)
    return int(getattr(entry, "nbytes", 0))
