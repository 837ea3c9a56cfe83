"""Cutting a model's work into shards whose keys say everything that could change their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import Engine, Expecting, ImageOpener, Sampling
from vqa_canary.masking import mask, masked
from vqa_canary.tables import Evidence, Instance, content_id, frame

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
) -> dict[str, Callable[..., pd.DataFrame]]:
    """What computes each shard, by key, in the order of images, items and conditions.

    A shard holds all that is asked of an item about one image, so that an engine can share work, and
    enough for prompts of one length to fill a batch. The key hashes the engine's fingerprint, prompts,
    sampling, seed and instances; row order is no part. What computes a shard may be given rows of it, by
    instance, which are then not asked for, and a function that is called with each new row as soon as an engine
    that gives rows one by one has it. What answered stands in `attrs["engine"]` of a shard's frame.
    """
    if isinstance(engine, Expecting):
        engine.expect(instances)
    setting = [engine.fingerprint, prompts.fingerprint, sampling.model_dump(), seed]

    def shard(part: list[Instance]) -> Callable[..., pd.DataFrame]:
        def compute(
            answered: Mapping[str, Mapping[str, Any]] | None = None,
            keep: Callable[[Evidence], None] = lambda row: None,
        ) -> pd.DataFrame:
            old = answered or {}
            asked = [instance for instance in part if instance.instance_id not in old]
            new: list[Evidence] = []
            if asked:
                answers = engine.answer(asked, open_image)
                rows = map(_masked, answers)
                new = [_kept(row, keep) for row in rows] if isinstance(answers, Iterator) else [*rows]
            if sorted(row.instance_id for row in new) != sorted(one.instance_id for one in asked):
                raise RuntimeError("an engine must give exactly one row for each instance")
            shard = frame([*old.values(), *new], "evidence")
            shard.attrs["engine"] = masked(engine.facts)
            return shard

        return compute

    return {
        content_id(*setting, [instance.instance_id for instance in part]): shard(part)
        for part in _parts(instances, instances_per_shard)
    }


def _masked(row: Evidence) -> Evidence:
    """An error may quote an address or a header."""
    return replace(row, error=mask(row.error)) if row.error else row


def _kept(row: Evidence, keep: Callable[[Evidence], None]) -> Evidence:
    keep(row)
    return row


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
