"""The images that stand in for an item's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from vqa_canary.conditions.registration import NotApplicable
from vqa_canary.tables import Item


class ShownImage(NamedTuple):
    """An image file as `instances` names it."""

    image_id: str
    image_path: str
    image_sha256: str


def own(item: Item) -> ShownImage:
    """The item's own image."""
    return ShownImage(item.image_id, item.image_path, item.image_sha256)


class Gallery:
    """The images of a study's items, and blank ones.

    Parameters
    ----------
    items : whose images may stand in for each other's, within a dataset
    blank : gives a blank image of the size of an item's own
    """

    def __init__(self, items: Iterable[Item], blank: Callable[[Item], ShownImage]) -> None:
        self._blank = blank
        self._images: dict[tuple[str, str | None], dict[str, ShownImage]] = {}
        for item in sorted(items, key=lambda item: item.item_id):
            for region in {None, item.body_region}:
                self._images.setdefault((item.dataset, region), {})[item.image_id] = own(item)

    def blank(self, item: Item) -> ShownImage:
        """A blank image of the size of the item's own."""
        return self._blank(item)

    def other(self, item: Item, rng: Random) -> ShownImage:
        """Another image of the dataset, of the same body region where there is one.

        Raises
        ------
        NotApplicable : the dataset has no other image
        """
        for region in (item.body_region, None):
            images = self._images.get((item.dataset, region), {})
            if others := sorted(set(images) - {item.image_id}):
                return images[rng.choice(others)]
        raise NotApplicable("there is no other image in the dataset")
