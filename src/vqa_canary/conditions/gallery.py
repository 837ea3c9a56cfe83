"""The images that stand in for an item's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from vqa_canary.conditions.registration import ImageChange, NotApplicable
from vqa_canary.rows import Item, ShownImage

Images = tuple[ShownImage, ...]
"""All images of one question, in order."""


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
        for item in sorted(items, key=lambda item: item.item_id):
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


def _ids(images: Images) -> tuple[str, ...]:
    return tuple(image.image_id for image in images)
