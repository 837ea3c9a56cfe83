"""The images that stand in for an item's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from random import Random
from typing import NamedTuple

from vqa_canary.conditions.image_pairs import (
    Known,
    Shows,
    known_answers,
    pair_images,
    shown_by_item,
    swapped_answer,
)
from vqa_canary.conditions.registration import ImageChange, NotApplicable
from vqa_canary.rows import Item, ShownImage

Images = tuple[ShownImage, ...]
"""All images of one question, in order."""


class Swap(NamedTuple):
    """Other images for an item, and what is right of them."""

    images: Images
    right: str
    """The item's option that is right for these images."""


class Gallery:
    """The images of a study's items, and blank ones.

    Parameters
    ----------
    items : the items of a study; within a dataset, images of one may be shown with another
    blank : makes blank images of an item, each of the size of one of its own
    change : makes the changed images of an item by a function from image to image
    """

    def __init__(
        self,
        items: Iterable[Item],
        blank: Callable[[Item], Images],
        change: Callable[[Item, ImageChange], Images],
    ) -> None:
        self._blank, self._change = blank, change
        self._images: dict[tuple[str, str | None, int], dict[tuple[str, ...], Images]] = {}
        self._items = sorted(items, key=lambda item: item.item_id)
        self._paired: dict[int, dict[Shows, Shows]] = {}
        for item in self._items:
            for region in {None, item.body_region}:
                alike = self._images.setdefault((item.dataset, region, len(item.images)), {})
                alike[_ids(item.images)] = item.images

    def blank(self, item: Item) -> Images:
        """Blank images, each of the size of one of the item's own."""
        return self._blank(item)

    def changed(self, item: Item, change: ImageChange) -> Images:
        """What the function makes of each of the item's own images.

        Raises
        ------
        NotApplicable : an image stays as it is, as an even one does when it is blurred
        """
        images = self._change(item, change)
        if any(new.image_id == own.image_id for new, own in zip(images, item.images, strict=True)):
            raise NotApplicable("an image stays as it is")
        return images

    def other(self, item: Item, rng: Random) -> Images:
        """The images of another item of the dataset, of the same body region where there is one.

        They are as many as the item's own, and none of them is one of these.

        Raises
        ------
        NotApplicable : the dataset has no other image, or none of its items shows as many others
        """
        own = _ids(item.images)
        for region in (item.body_region, None):
            images = self._images.get((item.dataset, region, len(own)), {})
            if others := sorted(ids for ids in images if not set(ids) & set(own)):
                return images[rng.choice(others)]
        if len(own) > 1:
            raise NotApplicable(
                f"no other question of the dataset shows {len(own)} images, all of them others"
            )
        raise NotApplicable("there is no other image in the dataset")

    def swapped(self, item: Item, seed: int) -> Swap:
        """The images of the item's partner, and which of its options is right for them: see `image_pairs`.

        Raises
        ------
        NotApplicable : its image has no partner, or the partner's items do not answer its question
        """
        if seed not in self._paired:
            self._paired[seed] = pair_images(self._items, seed)
        partner = self._paired[seed].get(shown_by_item(item))
        at = None if partner is None else swapped_answer(item, self._known[partner])
        if partner is None or at is None:
            raise NotApplicable(
                "no other image is left that the same question is asked of with another right answer, where each "
                "answer is an option of both"
            )
        return Swap(self._shown[partner], item.options[at])

    @cached_property
    def _known(self) -> Known:
        return known_answers(self._items)

    @cached_property
    def _shown(self) -> dict[Shows, Images]:
        return {shown_by_item(item): item.images for item in self._items}


def _ids(images: Images) -> tuple[str, ...]:
    return tuple(image.image_id for image in images)
