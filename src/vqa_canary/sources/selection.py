"""Which items a study asks about."""

from __future__ import annotations

from collections.abc import Iterable

from vqa_canary.errors import BadInput
from vqa_canary.rows import Item
from vqa_canary.seeding import derive_seed


def select(items: Iterable[Item], split: str, max_images: int | None, seed: int) -> list[Item]:
    """Items of a split; at most `max_images` images of each dataset, with all their questions.

    Which images is drawn by (seed, image_id), so that more rows or another order of rows never
    swap one chosen image for another. Images that are shown together count as one.

    Raises
    ------
    BadInput : the split has no item
    """
    rows = list(items)
    found = [item for item in rows if item.split == split]
    if not found:
        splits = ", ".join(sorted({item.split for item in rows})) or "none"
        raise BadInput(f"parameters: selection.split: no item is in split {split!r}; there are: {splits}")
    if max_images is None:
        return found
    images = {(item.dataset, _ids(item)) for item in found}
    ranked = sorted(images, key=lambda image: (image[0], derive_seed(seed, image[1], "selection")))
    kept: dict[str, list[str]] = {}
    for dataset, image_id in ranked:
        kept.setdefault(dataset, []).append(image_id)
    chosen = {(dataset, image) for dataset, ids in kept.items() for image in ids[:max_images]}
    return [item for item in found if (item.dataset, _ids(item)) in chosen]


def _ids(item: Item) -> str:
    """Ids of all images that an item shows, in order."""
    return " ".join(image.image_id for image in item.images)
