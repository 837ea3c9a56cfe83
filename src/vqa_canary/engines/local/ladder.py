"""How a model is read: as a tree, over a repeated cache, or in whole prompts; the fastest that is right.

Each way has to prove itself on the longest real prompts before it is used, with the model's own dtype,
device and quantisation, against whole prompts read alone; and the proof must be able to fail.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.cached_prompts import FullPrompts, RepeatedCache
from vqa_canary.engines.local.decoding import Reading
from vqa_canary.engines.local.families import has_windows, sharing_refusal, tree_refusal
from vqa_canary.engines.local.features import FeatureStore
from vqa_canary.engines.local.loading import Loaded, TransformersModel, plain
from vqa_canary.engines.local.memory import ends_everything, is_out_of_memory
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.self_check import (
    FlatRows,
    SwappedImages,
    Trial,
    Verdict,
    check_decoding,
    check_reading,
    limit_of,
    make_trial,
    unseen_image,
)
from vqa_canary.engines.local.tree import TreeReading
from vqa_canary.engines.prompts import Prompts
from vqa_canary.errors import BadInput

logger = logging.getLogger(__name__)

# From the fastest to the one that is right for every architecture.
RUNGS = ("tree", "repeated cache", "full prompts")


@dataclass(frozen=True)
class ProvenReading:
    """The fastest way of reading that has proven right for a model, and what the proof found."""

    reading: Reading
    reason: str
    checked_length: int
    """Characters of the longest prompt with which this way of reading was checked."""


def find_reading(
    before: ProvenReading | None,
    asked: Sequence[Asked],
    loaded: Loaded,
    renderer: Renderer,
    prompts: Prompts,
    options: TransformersModel,
    temperature: float,
) -> ProvenReading:
    """The first rung, from that of `before` or the configured one downwards, that proves itself.

    All prompts show as many images: what is right of one image need not be right of several, nor seen at all. Where
    what a token sees depends on the prompt's length, a longer prompt asks for a new proof. A prompt that the model
    fails on, or that does not fit in memory, proves nothing: then the shorter half of the prompts is tried.

    Raises
    ------
    BadInput : the model decodes wrongly, does not see one of several images, or fails on the shortest prompt too
    """
    longest = max(len(one.prompt.text) for one in asked)
    # A proof with a short prompt says nothing of a window that only a longer one reaches.
    if before and (longest <= before.checked_length or not has_windows(loaded.model.config)):
        return before
    while True:
        try:
            return _find_reading(before, asked, loaded, renderer, prompts, options, temperature)
        except Exception as error:
            if ends_everything(error):
                raise
            if len(asked) == 1:
                raise _unreadable(loaded.model.config.model_type, error) from error
        # Drop the longer half: what does not fit in memory, or is too long for the model, is among the longest. The id
        # makes the order the same in every run.
        asked = sorted(asked, key=lambda one: (len(one.prompt.ids), one.instance.instance_id))[
            : len(asked) // 2
        ]


def _unreadable(model_type: str, error: Exception) -> BadInput:
    what = f"model type {model_type!r}: the model fails even on the shortest prompt of its trial"
    if is_out_of_memory(error):
        return BadInput(
            f"{what}, for want of memory ({plain(error)}). Set dtype: bfloat16, or `quantization`, or spread the "
            "model with `device_map`."
        )
    return BadInput(
        f"{what}: {plain(error)}. Where it is images that do not fit the tokens, config.json and the processor's "
        "files are not of one model: download the folder again."
    )


def _find_reading(
    before: ProvenReading | None,
    asked: Sequence[Asked],
    loaded: Loaded,
    renderer: Renderer,
    prompts: Prompts,
    options: TransformersModel,
    temperature: float,
) -> ProvenReading:
    longest = max(len(one.prompt.text) for one in asked)
    alone = FullPrompts(loaded, renderer, temperature, batch_size=1)
    # Both come before any rung: what they refuse would be wrong in every way of reading, the slowest included.
    _refuse_what_cannot_decode(alone, make_trial(asked, prompts, renderer))
    _refuse_what_cannot_see(alone, make_trial(asked, prompts, renderer))
    reasons: list[str] = []
    # Only downwards: a way that has failed once on this model is not tried again with longer prompts.
    for rung in RUNGS[RUNGS.index(before.reading.name if before else options.reading) :]:
        reading, control = _candidate(rung, alone, options.batch_size)
        found = _refusal(rung, loaded.model.config) or _check(
            reading, control, alone, make_trial(asked, prompts, renderer), last=len(asked) == 1
        )
        reasons.append(f"{rung}: {found}")
        if isinstance(found, Verdict) and found.passed:
            logger.info("%s is read thus: %s", loaded.model.config.model_type, "; ".join(reasons))
            return ProvenReading(reading, "; ".join(reasons), longest)
    # Not even batches of whole prompts passed, so each prompt is read by itself, which is what all were held to.
    logger.warning("Every prompt is read whole and alone: %s", "; ".join(reasons))
    return ProvenReading(alone, "; ".join([*reasons, "read one by one"]), longest)


def _refuse_what_cannot_decode(alone: FullPrompts, trial: Trial) -> None:
    """All readings decode over a cache, so where that is wrong none is right.

    Raises
    ------
    BadInput
    """
    config = alone.loaded.model.config
    if sharing_refusal(config):  # an answer behind a prefix-LM is not of the kind of its prompt
        return
    found, limit = check_decoding(alone, trial), limit_of(alone.loaded.model.dtype)
    if found > limit:  # NaN is told of row by row
        raise BadInput(
            f"model type {config.model_type!r}: log-probs of an answer read token by token are {found:.1g} "
            f"standard deviations from those of one pass over all of it (limit {limit:g}), so no evidence of "
            "it would be right. In bfloat16 or float16 try `dtype: float32`; else this family is not supported."
        )


def _refuse_what_cannot_see(alone: FullPrompts, trial: Trial) -> None:
    """A model made for one image may take several and read one; whether it sees one alone, its verification tells.

    Raises
    ------
    BadInput
    """
    n = len(trial.requests[0].prompt.images)
    if n > 1 and (unseen := unseen_image(alone, trial)):
        raise BadInput(
            f"model type {alone.loaded.model.config.model_type!r}: of {n} images in one prompt, image {unseen} changes "
            "nothing, so the model does not see it. Ask it about questions with one image alone."
        )


def _refusal(rung: str, config: Any) -> str | None:
    if rung == FullPrompts.name:
        return None
    return sharing_refusal(config) or (tree_refusal(config) if rung == TreeReading.name else None)


def _check(
    reading: Reading, control: Reading, alone: FullPrompts, trial: Trial, *, last: bool
) -> Verdict | str:
    """A verdict, or what went wrong; `last` where no shorter prompts are left to try."""
    try:
        return check_reading(reading, control, alone, trial)
    except Exception as error:  # any family may fail in any way of its own: then it is read more slowly
        if ends_everything(error) or (is_out_of_memory(error) and not last):
            raise  # which does not say that this way of reading is wrong
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"


def _candidate(rung: str, alone: FullPrompts, batch_size: int) -> tuple[Reading, Reading]:
    """A way of reading, and the same way made wrong."""
    loaded, renderer, temperature = alone.loaded, alone.renderer, alone.temperature
    if rung == FullPrompts.name:
        full = FullPrompts(loaded, renderer, temperature, batch_size)
        return full, SwappedImages(full)
    if rung == TreeReading.name:
        features = FeatureStore(loaded.model)
        return (
            TreeReading(loaded, renderer, temperature, features),
            TreeReading(loaded, renderer, temperature, features, FlatRows),
        )
    repeated = RepeatedCache(loaded, renderer, temperature, batch_size)
    return repeated, SwappedImages(repeated)
