"""Which items a study asks about."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from vqa_canary.errors import BadInput
from vqa_canary.rows import CATEGORIES, Item
from vqa_canary.seeding import derive_seed

Stratum = tuple[str, object]
"""A dataset, and a value of the column by which items are drawn."""
_LOG = logging.getLogger(__name__)


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


def select_strata(
    items: Sequence[Item], clusters: Sequence[str], per: str, at_most: int, seed: int
) -> list[Item]:
    """At most `at_most` items of each dataset for each value of the column `per`, in the order of `items`.

    Clusters are taken whole or not at all: they come in an order drawn by (seed, cluster), and one whose items do not
    all fit any more is passed over. So another order of rows never changes the choice, and what was passed over would
    not fit in the end either. Where a value has too few items, all are taken, unless one of them shares an image with
    items of a value that is full. How many of each value there are and were taken is logged, with a warning where they
    are fewer than `at_most` because there are no more, or none at all.

    Parameters
    ----------
    clusters : of each item, a name that items which share an image have in common
    per : one of `CATEGORIES`, or the name of an attribute; items without a value are a group of their own

    Raises
    ------
    BadInput : no item has a value, or no cluster is small enough
    """
    strata = [(item.dataset, value_of(item, per)) for item in items]
    if all(value is None for _, value in strata):
        raise BadInput(
            f"parameters: selection.per: no question has a value of {per!r}, so that none can be drawn by it. Name "
            "another column, or say under the dataset's `columns` which column it is"
        )
    sizes: dict[tuple[str, str], Counter[Stratum]] = defaultdict(Counter)
    for item, cluster, stratum in zip(items, clusters, strata, strict=True):
        sizes[item.dataset, cluster][stratum] += 1
    taken: Counter[Stratum] = Counter()
    kept: set[tuple[str, str]] = set()
    for key in sorted(sizes, key=lambda one: (derive_seed(seed, one[1], "selection"), one)):
        if all(taken[stratum] + n <= at_most for stratum, n in sizes[key].items()):
            taken.update(sizes[key])
            kept.add(key)
    if not kept:
        raise BadInput(
            f"parameters: selection.at_most: {at_most} is too few: questions that share an image are taken together, "
            "and every image has more of them. Raise it"
        )
    _tell(Counter(strata), taken, per, at_most)
    return [item for item, cluster in zip(items, clusters, strict=True) if (item.dataset, cluster) in kept]


def _tell(there: Counter[Stratum], taken: Counter[Stratum], per: str, at_most: int) -> None:
    """Values of an attribute may be any text of the user's, so of these groups only the number is written."""
    order = sorted(there.items(), key=lambda one: (one[0][0], str(one[0][1])))
    for at, ((dataset, value), n) in enumerate(order):
        known = (
            "not given"
            if value is None
            else value
            if per in CATEGORIES
            else f"group {at + 1} of {len(order)}"
        )
        group, n_taken = f"{dataset}, {per} {known}", taken[dataset, value]
        if n_taken == n < at_most:
            _LOG.warning("%s: fewer questions than %d, so all are taken (%d)", group, at_most, n)
        elif not n_taken:
            _LOG.warning(
                "%s: no question is taken (of %d), since with those that share their images they are too many",
                group,
                n,
            )
        else:
            _LOG.info("%s: %d of %d questions are taken", group, n_taken, n)


def value_of(item: Item, per: str) -> object:
    """The value of a column or an attribute; None where the item has none."""
    if per in CATEGORIES:
        value: object = getattr(item, per)
        return value
    return next((one.value for one in item.attributes or () if one.name == per), None)


def _ids(item: Item) -> str:
    """Ids of all images that an item shows, in order."""
    return " ".join(image.image_id for image in item.images)
