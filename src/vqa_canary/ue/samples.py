"""What the sampled answers of a model say: the option that each names, if any, its text, and how likely it is.

One rule for all methods: naming no option is an answer of its own, as if it were one more option behind the others. Two
samples that name none agree with each other, and with no sample that names one.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from vqa_canary.ue.registration import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", np.int64, np.float64)

NO_OPTION = -1
"""Stands for the choice of a sample that names no option, which counts as an answer of its own."""


def choices(samples: NDArray[Any]) -> NDArray[np.int64]:
    """Option index of each sample struct, or `NO_OPTION`; the shape of `samples`."""
    named = (_index(sample["choice"]) for sample in samples.flat)
    return np.fromiter(named, np.int64, samples.size).reshape(samples.shape)


def several(of_samples: NDArray[Number], axis: int = -1) -> NDArray[Number]:
    """The array itself, once it is known to hold more than one sample along `axis`.

    Raises
    ------
    Undefined : fewer than two samples, which cannot disagree
    """
    if of_samples.shape[axis] < 2:
        raise Undefined("fewer than two samples, which cannot disagree")
    return of_samples


def occurrences(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the S labels of its row equal each label, itself included; shape (..., S) like `labels`."""
    return np.asarray((labels[..., :, None] == labels[..., None, :]).sum(axis=-1))


def modal_choice(chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """The answer given most often, shape (...,); of several, the option with the lowest index.

    It is `NO_OPTION` where more samples name no option than name any single one.
    """
    votes = occurrences(chosen)
    leading = votes == votes.max(axis=-1, keepdims=True)
    last = np.iinfo(np.int64).max  # naming no option stands behind all options
    lowest = np.where(leading & (chosen != NO_OPTION), chosen, last).min(axis=-1)
    return np.where(lowest == last, NO_OPTION, lowest)


def sequence_logprobs(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Natural log-probability of each whole sample, the sum over its tokens; the shape of `samples`.

    Raises
    ------
    Undefined : a sample without log-probabilities of its tokens, whose sum would say that it is certain
    """
    tokens = [sample["token_logprobs"] for sample in samples.flat]
    if any(one is None or not len(one) for one in tokens):
        raise Undefined("a sample has no log-probabilities of its tokens")
    return np.fromiter(map(fsum, tokens), np.float64, samples.size).reshape(samples.shape)


def texts_as_numbers(samples: NDArray[Any]) -> NDArray[np.int64]:
    """A number for each sample, equal where the texts are equal but for outer space; the shape of `samples`."""
    known: dict[str, int] = {}
    numbers = (known.setdefault(sample["text"].strip(), len(known)) for sample in samples.flat)
    return np.fromiter(numbers, np.int64, samples.size).reshape(samples.shape)


def _index(choice: float | None) -> int:
    # Arrow's nested nullable integers arrive in pandas as int, float, None or NaN.
    return NO_OPTION if choice is None or choice != choice else int(choice)
