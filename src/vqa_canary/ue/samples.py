"""Which options a model's samples chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.ue.registration import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_OPTION = -1
"""Stands for the choice of a sample that names no option."""


def choices(samples: NDArray[Any]) -> NDArray[np.int64]:
    """Option index of each sample struct, or `NO_OPTION`; the shape of `samples`."""
    named = (_index(sample["choice"]) for sample in samples.flat)
    return np.fromiter(named, np.int64, samples.size).reshape(samples.shape)


def several(chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """`chosen` itself.

    Raises
    ------
    Undefined : fewer than two samples, which cannot disagree
    """
    if chosen.shape[-1] < 2:
        raise Undefined("fewer than two samples, which cannot disagree")
    return chosen


def occurrences(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each label of shape (..., S): how many of its row's S labels equal it."""
    return np.asarray((labels[..., :, None] == labels[..., None, :]).sum(axis=-1))


def modal_choice(chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """The option chosen most often, shape (...,); of several, the one with the lowest index.

    Samples that name no option choose nothing, so they are never modal; `NO_OPTION` where all
    samples are such.
    """
    votes = np.where(chosen == NO_OPTION, 0, occurrences(chosen))
    leading = (votes == votes.max(axis=-1, keepdims=True)) & (votes > 0)
    lowest = np.where(leading, chosen, np.iinfo(np.int64).max).min(axis=-1)
    return np.where(leading.any(axis=-1), lowest, NO_OPTION)


def _index(choice: float | None) -> int:
    # Arrow's nested nullable integers arrive in pandas as int, float, None or NaN.
    return NO_OPTION if choice is None or choice != choice else int(choice)
