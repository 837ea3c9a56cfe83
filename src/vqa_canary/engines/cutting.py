"""How the instances of a model are cut into shards: whole items side by side, and finished shards as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from vqa_canary.planned_shard import Finished
from vqa_canary.rows import Instance

WITHOUT_IMAGE = "~"
"""Stands for the image of a question without one; it sorts behind every id, which is in hexadecimal digits."""


def asking_order(instance: Instance) -> tuple[str, str, str, str]:
    """Where an instance stands among those of a model: images together, and on each its items and their conditions.

    An engine that reads an image once finds its questions together, and no key depends on the order of rows. Questions
    without an image come last, so that the first ones show whether a model can be asked at all.
    """
    return instance.dataset, instance.image_id or WITHOUT_IMAGE, instance.item_id, instance.condition


def shards_of(
    instances: Sequence[Instance],
    instances_per_shard: int,
    finished: Finished,
    key_of: Callable[[list[Instance]], str],
) -> dict[str, list[Instance]]:
    """Instances of each shard, by key, in the order of their first instances.

    Without finished shards, each is a part of `instances_per_shard` at most. A shard that is finished stays one,
    whatever size it has: its key shows that each of its instances is there, and that it still shows the same. Of every
    part, a shard then holds what is in none of these. Where finished shards overlap, since they were cut in several
    sizes, first those count that are whole parts, then the larger ones.
    """
    ordered = sorted(instances, key=asking_order)
    shards = {key_of(part): part for part in parts(ordered, instances_per_shard)}
    if finished.keys() <= shards.keys():
        return shards
    known = {instance.instance_id: instance for instance in ordered}
    kept: dict[str, list[Instance]] = {}
    taken = set[str]()
    for key in sorted(finished, key=lambda key: (key not in shards, -len(finished[key]), key)):
        ids = set(finished[key])
        if ids & taken or not ids <= known.keys():
            continue
        part = sorted((known[one] for one in ids), key=asking_order)
        if part and key_of(part) == key:
            kept[key] = part
            taken |= ids
    for part in shards.values():
        if rest := [instance for instance in part if instance.instance_id not in taken]:
            kept[key_of(rest)] = rest
    return dict(sorted(kept.items(), key=lambda pair: asking_order(pair[1][0])))


def parts(ordered: Sequence[Instance], instances_per_shard: int) -> Iterator[list[Instance]]:
    """Consecutive parts of instances in asking order; what is asked of an item about the same images is never cut."""
    items: dict[tuple[str, str | None, str], list[Instance]] = {}
    for instance in ordered:
        items.setdefault((instance.dataset, instance.image_id, instance.item_id), []).append(instance)
    part: list[Instance] = []
    for group in items.values():
        if part and len(part) + len(group) > instances_per_shard:
            yield part
            part = []
        part = part + group
    if part:
        yield part
