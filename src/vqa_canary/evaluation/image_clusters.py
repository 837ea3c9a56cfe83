"""The cluster of each item: items that share an image, directly or by way of others, have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.frames import image_ids
from vqa_canary.statistics.clusters import joined_by_images

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def image_clusters(items: pd.DataFrame) -> NDArray[np.str_]:
    """The cluster of each item, shape (n,): see `joined_by_images`, within each dataset.

    Of items that show one image each it is the image's id.
    """
    more = items.get("more_images")
    if more is None or more.isna().all():
        return items["image_id"].to_numpy(str)
    ids, datasets = image_ids(items), items["dataset"].to_numpy(str)
    clusters = np.empty(len(items), object)
    for dataset in np.unique(datasets):
        own = np.flatnonzero(datasets == dataset)
        clusters[own] = joined_by_images([ids[at] for at in own])
    return clusters.astype(str)


def image_pairs(items: pd.DataFrame, swapped: pd.DataFrame) -> NDArray[np.str_]:
    """The cluster of each item, shape (n,), where its own images and those that it is swapped with count together.

    Parameters
    ----------
    items : of one dataset
    swapped : the instances of that dataset under `image_swap_pair`
    """
    if swapped.empty:
        return image_clusters(items)
    others = dict(zip(swapped["item_id"], image_ids(swapped), strict=True))
    both = (
        (*own, *others.get(item, ())) for item, own in zip(items["item_id"], image_ids(items), strict=True)
    )
    return np.array(joined_by_images([*both]), str)


def clusters_by_dataset(items: pd.DataFrame) -> dict[str, int]:
    """How many clusters the items of each dataset make."""
    clusters = items.assign(cluster=image_clusters(items)).groupby("dataset")["cluster"]
    return {str(name): int(n) for name, n in clusters.nunique().items()}
