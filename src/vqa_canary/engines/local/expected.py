"""The instances whose prompts a way of reading is proven with, chosen from all that a model is to be asked about.

A process that asks about a part of them chooses the same ones. So how a model is read does not depend on which process
asks what, nor on where a run was interrupted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from vqa_canary.rows import Instance

N_LONGEST, N_OTHERS = 24, 8
"""How many of the longest instances are chosen, and how many others, from the shortest on in even steps: where the
longest do not fit in memory, shorter ones are tried."""


def trial_instances(instances: Iterable[Instance]) -> Mapping[int, list[Instance]]:
    """The chosen instances, in the order of their ids, for each number of images that instances show.

    Beside the longest ones there are the other conditions of the longest, since how prompts about one item branch is on
    trial too. What counts as long is the number of characters of the question and its options: prompts about one number
    of images differ in little else.
    """
    by_count: dict[int, list[Instance]] = defaultdict(list)
    for instance in instances:
        by_count[len(instance.images)].append(instance)
    return {n: _chosen(group) for n, group in by_count.items()}


def _chosen(instances: list[Instance]) -> list[Instance]:
    ordered = sorted(instances, key=lambda one: (-_length(one), one.instance_id))
    longest, rest = ordered[:N_LONGEST], ordered[N_LONGEST:]
    chosen = [*longest, *rest[:: min(-1, -len(rest) // N_OTHERS)]]
    top = longest[0]
    chosen += [one for one in rest if (one.dataset, one.item_id) == (top.dataset, top.item_id)]
    return sorted({one.instance_id: one for one in chosen}.values(), key=lambda one: one.instance_id)


def _length(instance: Instance) -> int:
    return len(instance.question) + sum(map(len, instance.options))
