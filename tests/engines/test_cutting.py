"""Shards of another size: what is finished stays, and the rest is cut anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from vqa_canary.engines.cutting import shards_of
from vqa_canary.rows import Instance, content_id


def some(n_items: int, conditions: int = 3) -> list[Instance]:
    return [
        Instance(
            f"{item}-{condition}", "d", str(item), str(condition), "?", ("a",), f"{item // 2}", "", "", 0
        )
        for item in range(n_items)
        for condition in range(conditions)
    ]


def key_of(part: Sequence[Instance]) -> str:
    return content_id([(one.instance_id, one.question) for one in part])


def ids(shards: dict[str, list[Instance]]) -> dict[str, list[str]]:
    return {key: [one.instance_id for one in part] for key, part in shards.items()}


def cut(instances: list[Instance], size: int, *finished: dict[str, list[str]]) -> dict[str, list[str]]:
    there = {key: part for shards in finished for key, part in shards.items()}
    return ids(shards_of(instances, size, there, key_of))


@pytest.mark.parametrize("size", [1, 7, 12, 100])
def test_finished_shards_of_another_size_stay(size: int) -> None:
    rows = some(20)
    whole = cut(rows, 9)
    finished = dict(list(whole.items())[1:4])
    found = cut(rows, size, finished)
    assert finished.items() <= found.items()
    assert sorted(one for part in found.values() for one in part) == sorted(one.instance_id for one in rows)
    assert found == cut(rows[::-1], size, finished)
    assert cut(rows, size, whole) == whole  # nothing is left to ask


def test_the_cut_stays_while_its_shards_are_finished_one_by_one() -> None:
    rows, random = some(20), Random(7)
    finished = dict(list(cut(rows, 9).items())[1:4])
    plan = cut(rows, 7, finished)
    for key in random.sample(sorted(plan), len(plan)):
        finished[key] = plan[key]
        assert cut(rows, 7, finished) == plan


def test_a_new_condition_alone_is_asked_where_the_others_are_finished() -> None:
    finished = cut(some(8), 9)
    found = cut(some(8, conditions=4), 12, finished)
    assert finished.items() <= found.items()
    new = [one for key, part in found.items() if key not in finished for one in part]
    assert sorted(new) == sorted(f"{item}-3" for item in range(8))


def test_a_finished_shard_does_not_count_where_an_instance_shows_something_else_or_is_gone() -> None:
    rows = some(4)
    finished = cut(rows, 6)
    assert len(finished) == 2
    changed = [replace(rows[0], question="otherwise ?"), *rows[1:]]
    assert len(finished.keys() & cut(changed, 12, finished).keys()) == 1
    assert len(finished.keys() & cut(rows[:-1], 12, finished).keys()) == 1


def test_of_finished_shards_that_overlap_the_larger_one_counts() -> None:
    rows = some(8)
    large, small = cut(rows, 12), cut(rows, 3)
    assert cut(rows, 6, large, small) == large
    assert cut(rows, 3, large, small) == small  # what is asked for is there
