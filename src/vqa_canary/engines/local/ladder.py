"""How a model is read: as a tree, over a repeated cache, or in whole prompts; the fastest that is right.

Each way has to prove itself on the longest real prompts before it is used, with the model's own dtype,
device and quantisation, against whole prompts read alone; and the proof must be able to fail.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.cached_prompts import FullPrompts
from vqa_canary.engines.local.columns import Columns
from vqa_canary.engines.local.decoding import Reading
from vqa_canary.engines.local.families import has_windows, sharing_refusal
from vqa_canary.engines.local.loading import Loaded, TransformersModel, plain
from vqa_canary.engines.local.memory import ends_everything, is_out_of_memory
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.rungs import RUNGS, candidates, refusal_of, without_features
from vqa_canary.engines.local.self_check import (
    Verdict,
    check_decoding,
    check_reading,
    check_tree,
    unseen_image,
)
from vqa_canary.engines.local.tree import TreeReading
from vqa_canary.engines.local.trial import Trial, make_trial
from vqa_canary.engines.local.whole_passes import limit_of
from vqa_canary.engines.prompts import Prompts
from vqa_canary.errors import BadInput
from vqa_canary.progress import READINGS

logger = logging.getLogger(__name__)

_N_ROUNDED = 5
"""Prompts with which it is measured how far rounding moves a model's log-probs."""


@dataclass(frozen=True)
class ProvenReading:
    """The fastest way of reading that has proven right for a model, and what the proof found."""

    reading: Reading
    reason: str
    checked_length: int
    """Characters of the longest prompt with which this way of reading was checked."""
    checked_columns: int
    """Columns of a tree up to which it was checked; 0 where it reads none."""

    @property
    def pixels(self) -> bool:
        """Whether a tree reads every image from its pixels, though there may be a store of features."""
        return isinstance(self.reading, TreeReading) and not self.reading.features.usable


def find_reading(
    before: ProvenReading | None,
    asked: Sequence[Asked],
    loaded: Loaded,
    renderer: Renderer,
    prompts: Prompts,
    options: TransformersModel,
    race: Race,
    n_tokens: int,
    columns: Columns,
) -> ProvenReading:
    """The first rung, from that of `before` or the configured one downwards, that proves itself.

    All prompts show as many images: what is right of one image need not be right of several, nor seen at all. Where
    what a token sees depends on the prompt's length, a longer prompt asks for a new proof, and so does a tree of more
    columns. A prompt that the model fails on, or that does not fit in memory, proves nothing: then the shorter half of
    the prompts is tried.

    Parameters
    ----------
    n_tokens : most tokens of an answer
    columns : bounds on those of a tree, see `columns_of`

    Raises
    ------
    BadInput : the model decodes wrongly, does not see one of several images, or fails on the shortest prompt too
    """
    longest = max(len(one.prompt.text) for one in asked)
    # A proof with a short prompt says nothing of a window that only a longer one reaches.
    if before and (longest <= before.checked_length or not has_windows(loaded.model.config)):
        tree = isinstance(before.reading, TreeReading)
        if not tree or columns.of(before.reading.name) <= before.checked_columns:
            return before
    while True:
        try:
            return _find_reading(before, asked, loaded, renderer, prompts, options, race, n_tokens, columns)
        except Exception as error:
            if ends_everything(error):
                raise
            if len(asked) == 1:
                raise _unreadable(loaded.model.config.model_type, error) from error
        # Drop the longer half: what does not fit in memory, or is too long for the model, is among the longest. The id
        # makes the order the same in every run.
        asked = sorted(asked, key=lambda one: (_length(one), one.instance.instance_id))[: len(asked) // 2]


def _length(one: Asked) -> float:
    """Tokens of a prompt; infinite where the processor fails on it."""
    try:
        return len(one.prompt.ids)
    except Exception as error:  # each family's processor fails in its own ways
        if ends_everything(error):
            raise
        return inf
    finally:
        one.prompt.forget()


def _unreadable(model_type: str, error: Exception) -> BadInput:
    what = f"model type {model_type!r}: the model fails even on the shortest prompt of its trial"
    if is_out_of_memory(error):
        return BadInput(
            f"{what}, for want of memory ({plain(error)}). Set dtype: bfloat16, or `quantization`, or spread the "
            "model with `device_map`."
        )
    return BadInput(
        f"{what}: {plain(error).rstrip('.')}. Where it is images that do not fit the tokens, config.json and the "
        "processor's files are not of one model: download the folder again. Where nothing helps, serve the model and "
        "ask it through the engine `endpoint`."
    )


def _find_reading(
    before: ProvenReading | None,
    asked: Sequence[Asked],
    loaded: Loaded,
    renderer: Renderer,
    prompts: Prompts,
    options: TransformersModel,
    race: Race,
    n_tokens: int,
    columns: Columns,
) -> ProvenReading:
    longest = max(len(one.prompt.text) for one in asked)
    alone = FullPrompts(loaded, renderer, race, batch_size=1)
    trial = partial(make_trial, asked, prompts, renderer)
    few = trial()
    for one in few.requests:  # one that the processor fails on says nothing of how others are read
        _ = one.prompt.inputs
    limit = limit_of(loaded, [one.prompt for one in few.requests[:_N_ROUNDED]])
    # Both come before any rung: what they refuse would be wrong in every way of reading, the slowest included.
    _refuse_what_cannot_decode(alone, few, limit)
    _refuse_what_cannot_see(alone, few)
    reasons: list[str] = []
    pixels = before is not None and before.pixels
    # Only downwards: a way that has failed once on this model is not tried again with longer prompts.
    for rung in RUNGS[RUNGS.index(before.reading.name if before else options.reading) :]:
        if refusal := refusal_of(rung, alone, asked[0]):
            reasons.append(f"{rung}: {refusal}")
            continue
        for told, reading, control in candidates(rung, alone, options.batch_size, pixels, trial, limit):
            if isinstance(reading, TreeReading) and isinstance(control, TreeReading):
                check = partial(check_tree, reading, control, alone, trial(n_tokens), columns.of(rung), limit)
            else:
                check = partial(check_reading, reading, control, alone, trial(), limit)
            found = _outcome(check, last=len(asked) == 1)
            reasons.append(f"{told}: {found}{without_features(reading)}")
            if isinstance(found, Verdict) and found.passed:
                if isinstance(reading, TreeReading):
                    reading.features.proven = reading.features.usable
                logger.debug("Prompts of %s are read as %s", asked[0].evidence.model, "; ".join(reasons))
                fast = "" if rung == RUNGS[-1] else "fast "
                told_short = f"{fast}reading verified ({found.in_short})"
                logging.getLogger(READINGS).info("%s: %s", asked[0].evidence.model, told_short)
                checked = columns.of(rung) if isinstance(reading, TreeReading) else 0
                return ProvenReading(reading, "; ".join(reasons), longest, checked)
    # Not even batches of whole prompts passed, so each prompt is read by itself, which is what all were held to.
    logger.warning(
        "%s: every faster reading was refused, so prompts are read one by one: %s",
        asked[0].evidence.model,
        "; ".join(reasons),
    )
    return ProvenReading(alone, "; ".join([*reasons, "read one by one"]), longest, 0)


def _refuse_what_cannot_decode(alone: FullPrompts, trial: Trial, limit: float) -> None:
    """All readings decode over a cache, so where that is wrong none is right.

    Raises
    ------
    BadInput
    """
    config = alone.loaded.model.config
    if sharing_refusal(config):  # an answer behind a prefix-LM is not of the kind of its prompt
        return
    found = check_decoding(alone, trial)
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


def _outcome(check: Callable[[], Verdict], *, last: bool) -> Verdict | str:
    """A verdict, or what went wrong; `last` where no shorter prompts are left to try."""
    try:
        return check()
    except Exception as error:  # any family may fail in any way of its own: then it is read more slowly
        if ends_everything(error) or (is_out_of_memory(error) and not last):
            raise  # which does not say that this way of reading is wrong
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
