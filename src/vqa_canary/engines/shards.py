"""Cutting a model's work into shards whose keys say everything that could change their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.answered_rows import answered_rows, facts_of, fingerprint_of, naming
from vqa_canary.engines.cutting import shards_of
from vqa_canary.engines.moving import Held
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import CountsCalls, DrawsHere, Engine, Expecting, ImageOpener, Loads
from vqa_canary.engines.sampling import Sampling
from vqa_canary.frames import frame
from vqa_canary.masking import mask, masked
from vqa_canary.planned_shard import Finished, PlannedShard, ShardPlan, do_nothing
from vqa_canary.rows import Evidence, Instance, content_id, instance_id

if TYPE_CHECKING:
    import pandas as pd


EVIDENCE_VERSION = 2
"""Version of how answers become evidence; it is raised whenever the same answers would be read as other evidence."""
INSTANCES_PER_SHARD = 1000
"""Most instances of a shard, unless the parameter of this name says otherwise. A single item may have more."""
DRAWN_ELSEWHERE = "exponential race 1"
"""Stands for the sampler of an engine that draws nothing itself. It is the name that all evidence had when there was
one sampler, so that answers of an endpoint, which cost money, keep their keys."""


def sampler_of(engine: Engine) -> str:
    """Name of the way in which samples are drawn; another way gives other samples, and so other evidence."""
    return engine.sampler if isinstance(engine, DrawsHere) else DRAWN_ELSEWHERE


def settings_of(
    model: str, fingerprint: str, prompts: Prompts, sampling: Sampling, seed: int, sampler: str
) -> dict[str, Any]:
    """All settings that could change a model's evidence, by name, as JSON values."""
    return {
        "model": model,
        "fingerprint": fingerprint,
        "prompts": prompts.model_dump(mode="json"),
        "sampling": sampling.model_dump(mode="json"),
        "seed": seed,
        "sampler": sampler,
        "evidence_version": EVIDENCE_VERSION,
    }


def evidence_shards(
    model: str,
    instances: Sequence[Instance],
    engine: Engine,
    open_image: ImageOpener,
    prompts: Prompts,
    sampling: Sampling,
    seed: int,
    instances_per_shard: int = INSTANCES_PER_SHARD,
    take_over: bool = False,
) -> ShardPlan:
    """What computes each shard, by key, in the order of images, items and conditions.

    A shard holds all that is asked of an item about the same images, so that an engine can share work, and enough for
    prompts of one length to fill a batch. The key hashes `settings_of` the model and, of each instance, its id and what
    it shows; row order is no part. What computes a shard may be given rows of it, by instance, which are then not asked
    for, and a function that is called with each new row as soon as an engine that gives rows one by one has it. What
    answered stands in `attrs["engine"]` of a shard's frame.

    Parameters
    ----------
    take_over : take answers from finished shards of the same settings where they were given to the same prompt, though
        other instances stood beside it, or another option was called right
    """
    with naming(model, engine):
        if isinstance(engine, Expecting):
            engine.expect(instances)
    settings = settings_of(model, fingerprint_of(model, engine), prompts, sampling, seed, sampler_of(engine))
    held = Held(engine)
    put_away = engine.put_away if isinstance(engine, Loads) else do_nothing

    def untold() -> int:
        return engine.untold_calls if isinstance(engine, CountsCalls) else 0

    def key_of(part: list[Instance]) -> str:
        return content_id(settings, [_shown(instance) for instance in part])

    def planned(part: list[Instance]) -> PlannedShard:
        ids = tuple(one.instance_id for one in part)
        ask = AskShard(model, part, held, open_image)
        stored = {one.instance_id: same_prompt_ids(one) for one in part} if take_over else {}
        return PlannedShard(
            ask, ids, settings, held.needs, untold_calls=untold, stored_as=stored, put_away=put_away
        )

    def cut(finished: Finished) -> dict[str, PlannedShard]:
        shards = shards_of(instances, instances_per_shard, finished, key_of)
        return {key: planned(part) for key, part in shards.items()}

    return ShardPlan(cut)


def same_prompt_ids(instance: Instance) -> tuple[str, ...]:
    """Ids of all instances that show what this one shows, whichever option is called right; its own first.

    An id hashes what is right, too, but no model is shown it.
    """
    shown = instance.dataset, instance.item_id, instance.condition, instance.question, instance.options
    images = [image.image_sha256 for image in instance.images]
    keys = [instance.answer_index, *range(len(instance.options)), None]
    return tuple(dict.fromkeys(instance_id(*shown, key, *images) for key in keys))


def _shown(instance: Instance) -> list[Any]:
    """What a model sees of an instance, with its id."""
    images = [image.image_sha256 for image in instance.images]
    return [instance.instance_id, instance.question, instance.options, *images]


@dataclass(frozen=True)
class AskShard:
    """Asks a model about the instances of one shard; it can be sent to another process where the engine can."""

    model: str
    part: list[Instance]
    held: Held
    open_image: ImageOpener

    def __call__(
        self,
        answered: Mapping[str, Mapping[str, Any]] | None = None,
        keep: Callable[[Evidence], None] = lambda row: None,
    ) -> pd.DataFrame:
        old, model, engine = answered or {}, self.model, self.held.engine
        asked = [instance for instance in self.part if instance.instance_id not in old]
        new: list[Evidence] = []
        if asked:
            with naming(model, engine):
                answers = engine.answer(asked, self.open_image)
            rows = map(_masked, answered_rows(model, engine, asked, answers))
            # What an engine gives row by row is kept row by row; a list is there at once or not at all.
            new = [_kept(row, keep) for row in rows] if isinstance(answers, Iterator) else [*rows]
        shard = frame([*old.values(), *new], "evidence")
        shard.attrs["engine"] = masked(facts_of(model, engine))
        return shard


def _masked(row: Evidence) -> Evidence:
    """The row without secrets: an error may quote an address or a header."""
    return replace(row, error=mask(row.error)) if row.error else row


def _kept(row: Evidence, keep: Callable[[Evidence], None]) -> Evidence:
    keep(row)
    return row
