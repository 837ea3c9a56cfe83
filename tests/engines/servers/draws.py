"""Whether sampled answers look like draws of a known distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import chisquare

from vqa_canary.engines.prompts import LETTERS
from vqa_canary.rows import Sample

FEWEST = 5
"""Letters that are expected less often are counted as one."""


def p_value(samples: Sequence[Sample], logprobs: Sequence[float]) -> float:
    """Of a chi-square test that the letters with which samples begin are drawn with these probabilities.

    Parameters
    ----------
    logprobs : of each letter; what is left to 1 is the probability of none
    """
    probabilities = np.append(np.exp(logprobs), max(1 - np.exp(logprobs).sum(), 0))
    letters = LETTERS[: len(logprobs)]
    choices = [letters.index(one.text[:1]) if one.text[:1] in letters else len(letters) for one in samples]
    observed = np.bincount(choices, minlength=len(probabilities))
    expected = len(samples) * probabilities
    rare = expected < FEWEST
    observed = np.append(observed[~rare], observed[rare].sum())
    expected = np.append(expected[~rare], max(expected[rare].sum(), 1e-6))
    return float(chisquare(observed, expected * observed.sum() / expected.sum()).pvalue)
