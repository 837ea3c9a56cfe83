"""Nodes of `inference`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from vqa_canary.pipelines.configuration import namespaces
from vqa_canary.pipelines.credentials import credentials_of
from vqa_canary.pipelines.inference.shown import write_shown
from vqa_canary.pipelines.parameters import Prompts, Sampling


def plan_evidence_of(name: str) -> Callable[..., Any]:
    """The node function of the configured model `name`; it can be sent to another process (`ParallelRunner`)."""
    return update_wrapper(partial(plan_evidence, name=name), plan_evidence)


def plan_evidence(
    instances: Any,
    image_record: dict[str, Any],
    model: dict[str, Any],
    prompts: Prompts,
    sampling: Sampling,
    parameters: dict[str, Any],
    name: str,
) -> Any:
    """The functions that compute the shards of `evidence`. The dataset calls those whose shard is not stored yet."""
    from vqa_canary.engines.leaving import refuse_identities
    from vqa_canary.engines.registration import make_engine
    from vqa_canary.engines.shards import INSTANCES_PER_SHARD, evidence_shards
    from vqa_canary.frames import to_rows
    from vqa_canary.project import project_root
    from vqa_canary.rows import Instance
    from vqa_canary.sources.images import image_opener

    secrets = credentials_of(name, model)
    root, seed = project_root(), parameters["seed"]
    engine = make_engine(name, model, prompts, sampling, seed, root, secrets)
    rows = to_rows(instances, Instance)
    refuse_identities(name, model, rows, image_record, root)
    open_image = image_opener(root)
    if n_shown := parameters.get("shown_images", 0):
        folder = root / "data/07_model_output" / str(parameters["study"]) / "shown" / namespaces([name])[name]
        write_shown(name, rows, engine, open_image, folder, n_shown)
    size = parameters.get("instances_per_shard", INSTANCES_PER_SHARD)
    # A reviewer's new key changes no prompt but those that hide or spare the right option.
    how = prompts, sampling, seed, size
    return evidence_shards(name, rows, engine, open_image, *how, take_over=bool(parameters.get("review")))
