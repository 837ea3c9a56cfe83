"""Cutting a model's work into shards whose keys say everything that could change their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import Engine, ImageOpener, Sampling
from vqa_canary.tables import Instance, content_id, frame

if TYPE_CHECKING:
    import pandas as pd


def evidence_shards(
    instances: Sequence[Instance],
    engine: Engine,
    open_image: ImageOpener,
    prompts: Prompts,
    sampling: Sampling,
    seed: int,
    instances_per_shard: int = 1000,
) -> dict[str, Callable[[], pd.DataFrame]]:
    """What computes each shard, by key, in the order of images, items and conditions.

    A shard holds all that is asked of an item about one image, so that an engine can share work, and
    enough for prompts of one length to fill a batch. The key hashes the engine's fingerprint, prompts,
    sampling, seed and instances; row order is no part. What answered stands in `attrs["engine"]` of a
    shard's frame.
    """
    setting = [engine.fingerprint, prompts.fingerprint, sampling.model_dump(), seed]

    def shard(part: list[Instance]) -> Callable[[], pd.DataFrame]:
        def compute() -> pd.DataFrame:
            shard = frame(engine.answer(part, open_image), "evidence")
            shard.attrs["engine"] = engine.facts
            return shard

        return compute

    return {
        content_id(*setting, [instance.instance_id for instance in part]): shard(part)
        for part in _parts(instances, instances_per_shard)
    }


def _parts(instances: Sequence[Instance], instances_per_shard: int) -> Iterator[list[Instance]]:
    items: dict[tuple[str, str, str], list[Instance]] = {}
    for instance in sorted(instances, key=lambda i: (i.dataset, i.image_id, i.item_id, i.condition)):
        items.setdefault((instance.dataset, instance.image_id, instance.item_id), []).append(instance)
    part: list[Instance] = []
    for group in items.values():
        if part and len(part) + len(group) > instances_per_shard:
            yield part
            part = []
        part = part + group
    if part:
        yield part
