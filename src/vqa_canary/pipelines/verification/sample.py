"""Which instances are asked anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vqa_canary.engines.fresh_answers import with_images_of
from vqa_canary.rows import CLEAN, Instance, Item
from vqa_canary.seeding import derive_seed
from vqa_canary.statistics.clusters import joined_by_images

PURPOSE = "verification"


@dataclass(frozen=True)
class VerifiedSample:
    """The instances that are asked anew: some items about some images, each item under all its conditions."""

    instances: tuple[Instance, ...]
    images: Mapping[str, str]
    """The image that each instance's item is about, by the instance's id, whatever image its condition shows. It is the
    unit of intervals; images that questions show together count as one."""
    whole: bool
    """Whether the sample is all that the study asks."""
    shown: tuple[Instance, ...]
    """One instance about each sampled image: under `clean`, where the study has that condition."""
    others: Mapping[str, Instance]
    """The instances of `shown`, by their ids, with as many other images in place of their own. An instance is missing
    here where the study shows no such images."""

    def n_images(self, ids: Sequence[str]) -> int:
        """The number of different images that these instances are about."""
        return len({self.images[instance_id] for instance_id in ids})


def draw_sample(
    items: Sequence[Item], instances: Sequence[Instance], seed: int, n_images: int, n_items: int
) -> VerifiedSample:
    """Draw `n_images` images of each dataset and `n_items` items about each, with all their conditions.

    Which ones follows from the seed and their ids, never from the order of rows: a further image in a dataset
    takes the place of at most one other.
    """
    image_of = _images_of(items)
    by_image: dict[tuple[str, str], dict[str, list[Instance]]] = {}
    for instance in instances:
        about = by_image.setdefault(image_of[instance.dataset, instance.item_id], {})
        about.setdefault(instance.item_id, []).append(instance)
    chosen: list[Instance] = []
    for dataset in sorted({dataset for dataset, _ in by_image}):
        images = [image for name, image in by_image if name == dataset]
        for image in _drawn(images, n_images, seed, dataset):
            about = by_image[dataset, image]
            chosen += [
                instance for item in _drawn(list(about), n_items, seed, dataset) for instance in about[item]
            ]
    chosen.sort(key=lambda instance: instance.instance_id)
    own = {instance.instance_id: image_of[instance.dataset, instance.item_id][1] for instance in chosen}
    shown = _one_an_image(chosen, own)
    return VerifiedSample(
        tuple(chosen), own, len(chosen) == len(instances), shown, _others(shown, instances, seed)
    )


def _images_of(items: Sequence[Item]) -> dict[tuple[str, str], tuple[str, str]]:
    """Dataset and cluster of each item."""
    clusters_of: dict[tuple[str, str], tuple[str, str]] = {}
    for dataset in sorted({item.dataset for item in items}):
        own = [item for item in items if item.dataset == dataset]
        clusters = joined_by_images([[image.image_id for image in item.images] for item in own])
        clusters_of |= {
            (dataset, item.item_id): (dataset, cluster) for item, cluster in zip(own, clusters, strict=True)
        }
    return clusters_of


def _drawn(ids: Sequence[str], n: int, seed: int, dataset: str) -> list[str]:
    return sorted(ids, key=lambda key: derive_seed(seed, f"{dataset} {key}", PURPOSE))[:n]


def _one_an_image(chosen: Sequence[Instance], images: Mapping[str, str]) -> tuple[Instance, ...]:
    first: dict[str, Instance] = {}
    for instance in sorted(chosen, key=_clean_first):
        first.setdefault(images[instance.instance_id], instance)
    return tuple(first.values())


def _clean_first(instance: Instance) -> tuple[bool, bool, str]:
    return instance.condition != CLEAN, not instance.images, instance.instance_id


def _others(shown: Sequence[Instance], instances: Sequence[Instance], seed: int) -> dict[str, Instance]:
    by_images = {_hashes(instance): instance for instance in instances}
    others = {}
    for instance in shown:
        n, own = len(instance.images), _hashes(instance)
        if candidates := [key for key, other in by_images.items() if key != own and len(other.images) == n]:
            [key] = _drawn(candidates, 1, seed, instance.instance_id)
            others[instance.instance_id] = with_images_of(instance, by_images[key])
    return others


def _hashes(instance: Instance) -> str:
    """Of all images of an instance, in order."""
    return " ".join(image.image_sha256 for image in instance.images)
