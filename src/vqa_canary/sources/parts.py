"""A part of a study's questions that looks like the whole: for conditions that need not be asked of all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from vqa_canary.errors import BadInput
from vqa_canary.rows import Item
from vqa_canary.seeding import derive_seed
from vqa_canary.sources.selection import value_of

Part = frozenset[tuple[str, str]]
"""Datasets and ids of items."""
PURPOSE = "part of a condition"


def draw_part(
    items: Sequence[Item], clusters: Sequence[str], per: str, at_most: int, seed: int, place: str
) -> Part:
    """At most `at_most` items of each dataset, with about the shares of the values of `per` that all items have.

    Clusters are taken whole or not at all, in an order drawn by (seed, cluster): first those with which no value gets
    more than its share, then whatever still fits. The name of a condition is no part of the draw, so that conditions of
    one number are shown on the same items and can be compared on them. The order of rows does not matter.

    Parameters
    ----------
    clusters : of each item, a name that items which share an image have in common
    per : one of `CATEGORIES`, or the name of an attribute; items without a value are a group of their own
    place : name of the setting, for a message

    Raises
    ------
    BadInput : no cluster of a dataset is small enough
    """
    part: set[tuple[str, str]] = set()
    for dataset in sorted({item.dataset for item in items}):
        members: dict[str, list[Item]] = defaultdict(list)
        for item, cluster in zip(items, clusters, strict=True):
            if item.dataset == dataset:
                members[cluster].append(item)
        chosen = _drawn(members, per, at_most, seed)
        if not chosen:
            raise BadInput(
                f"parameters: {place}: {at_most} is too few for {dataset}: questions that share an image are taken "
                f"together, and every image has more of them. Raise it to {min(map(len, members.values()))} or more"
            )
        part |= {(item.dataset, item.item_id) for cluster in chosen for item in members[cluster]}
    return frozenset(part)


def _drawn(members: Mapping[str, Sequence[Item]], per: str, at_most: int, seed: int) -> list[str]:
    """The clusters that are taken."""
    sizes = {name: Counter(value_of(item, per) for item in own) for name, own in members.items()}
    whole = sum(sizes.values(), Counter[object]())
    left = whole if whole.total() <= at_most else _shares(whole, at_most)
    order = sorted(sizes, key=lambda name: (derive_seed(seed, name, PURPOSE), name))
    chosen: list[str] = []
    for name in order:
        if all(left[value] >= n for value, n in sizes[name].items()):
            left = left - sizes[name]
            chosen.append(name)
    room, taken = at_most - sum(sizes[name].total() for name in chosen), set(chosen)
    for name in order:
        if name not in taken and sizes[name].total() <= room:
            room -= sizes[name].total()
            chosen.append(name)
    return chosen


def _shares(whole: Counter[object], at_most: int) -> Counter[object]:
    """How many of `at_most` go to each value, in proportion; what rounding leaves goes to the largest remainders."""
    total = whole.total()
    shares = Counter({value: n * at_most // total for value, n in whole.items()})
    remainders = sorted(whole, key=lambda value: (-(whole[value] * at_most % total), str(value)))
    for value in remainders[: at_most - shares.total()]:
        shares[value] += 1
    return shares
