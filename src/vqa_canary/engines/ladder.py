"""How a model is read: as a tree, over a repeated cache, or prompt by prompt; the fastest that is right.

Each way has to prove itself on the longest real prompts before it is used, with the model's own dtype,
device and quantisation, against whole prompts read alone; and the proof must be able to fail.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vqa_canary.engines.cached_prompts import FullPrompts, RepeatedCache
from vqa_canary.engines.decoding import Reading
from vqa_canary.engines.families import has_windows, sharing_refusal, tree_refusal
from vqa_canary.engines.features import FeatureStore
from vqa_canary.engines.interview import Asked
from vqa_canary.engines.loading import Loaded, TransformersModel
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.rendering import Renderer
from vqa_canary.engines.self_check import FlatRows, SwappedImages, check_reading, make_trial
from vqa_canary.engines.tree import Tree

if TYPE_CHECKING:
    from vqa_canary.engines.self_check import Trial

logger = logging.getLogger(__name__)

RUNGS = ("tree", "repeated cache", "full prompts")


@dataclass(frozen=True)
class Standing:
    """The rung that a model stands on, and why."""

    reading: Reading
    reason: str
    checked_length: int
    """Characters of the longest prompt that it was checked with."""


def find_standing(
    before: Standing | None,
    asked: Sequence[Asked],
    loaded: Loaded,
    renderer: Renderer,
    prompts: Prompts,
    options: TransformersModel,
    temperature: float,
) -> Standing:
    """The first rung, from that of `before` or the configured one downwards, that proves itself.

    Where what a token sees depends on the prompt's length, a longer prompt asks for a new proof.
    """
    longest = max(len(one.prompt.text) for one in asked)
    if before and (longest <= before.checked_length or not has_windows(loaded.model.config)):
        return before
    full = FullPrompts(loaded, renderer, temperature, options.batch_size)
    reasons: list[str] = []
    for rung in RUNGS[RUNGS.index(before.reading.name if before else options.reading) :]:
        if rung == full.name:
            break
        refusal = sharing_refusal(loaded.model.config)
        if rung == Tree.name:
            refusal = refusal or tree_refusal(loaded.model.config)
        found = None if refusal else _try(rung, make_trial(asked, prompts, renderer), full, options)
        if isinstance(found, Standing):
            logger.info("%s: %s", loaded.model.config.model_type, found.reason)
            return Standing(found.reading, "; ".join([*reasons, found.reason]), longest)
        reasons.append(f"{rung}: {refusal or found}")
    logger.warning("Every prompt is read whole. %s", "; ".join(reasons) or "So it is configured.")
    return Standing(full, "; ".join(reasons) or "as configured", longest)


def _try(rung: str, trial: Trial, full: FullPrompts, options: TransformersModel) -> Standing | str:
    """The proven rung, or why it is none."""
    reading, control = _candidate(rung, full)
    try:
        verdict = check_reading(reading, control, full, trial)
    except Exception as error:  # any family may fail in any way of its own: then it is read more slowly
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
    if not verdict.passed:
        return str(verdict)
    return Standing(reading, f"{rung}: {verdict}", 0)


def _candidate(rung: str, full: FullPrompts) -> tuple[Reading, Reading]:
    """A way of reading, and the same way made wrong."""
    loaded, renderer, temperature = full.loaded, full.renderer, full.temperature
    if rung == Tree.name:
        features = FeatureStore(loaded.model)
        return (
            Tree(loaded, renderer, temperature, features),
            Tree(loaded, renderer, temperature, features, FlatRows),
        )
    repeated = RepeatedCache(loaded, renderer, temperature, full.batch_size)
    return repeated, SwappedImages(repeated)
