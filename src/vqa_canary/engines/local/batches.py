"""Which instances are asked together: those about one image, whose prompts share the most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from vqa_canary.engines.local.asked import Asked

MOST_ROWS = 64
"""Most questions about one image that are asked together, whatever the batch size: the blank image is shown with all of
a study's questions."""


def by_image(asked: Sequence[Asked], size: int) -> Iterator[list[Asked]]:
    """Batches of some `size` instances, in which all that are about the same images stand together."""
    alike: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        alike[one.prompt.key].append(one)
    batch: list[Asked] = []
    for group in alike.values():
        for part in _by_rows(group):
            if batch and len(batch) + len(part) > size:
                yield batch
                batch = []
            batch = batch + part
    yield batch


def _by_rows(group: Sequence[Asked]) -> Iterator[list[Asked]]:
    """The instances about one image, at most `MOST_ROWS` of its questions at a time."""
    rows: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for one in group:
        rows[one.row].append(one)
    left = iter(rows.values())
    while part := list(islice(left, MOST_ROWS)):
        yield [one for row in part for one in row]
