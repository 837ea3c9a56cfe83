"""Whether sampled answers look like draws of a known distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import chisquare

from vqa_canary.rows import Sample

FEWEST = 5
"""Choices that are expected less often are counted as one."""


def p_value(samples: Sequence[Sample], logprobs: Sequence[float]) -> float:
    """Of a chi-square test that the samples' choices are drawn with these probabilities.

    Parameters
    ----------
    logprobs : of each choice; what is left to 1 is the probability of none
    """
    probabilities = np.append(np.exp(logprobs), max(1 - np.exp(logprobs).sum(), 0))
    choices = [len(logprobs) if one.choice is None else one.choice for one in samples]
    observed = np.bincount(choices, minlength=len(probabilities))
    expected = len(samples) * probabilities
    rare = expected < FEWEST
    observed = np.append(observed[~rare], observed[rare].sum())
    expected = np.append(expected[~rare], max(expected[rare].sum(), 1e-6))
    return float(chisquare(observed, expected * observed.sum() / expected.sum()).pvalue)
