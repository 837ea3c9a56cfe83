"""One verdict for a group of models: whether the claim holds in at least two thirds of them.

The mean over models would let one model with a large effect speak for all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import ALPHA
from vqa_canary.evaluation.claims.claim import Verdict
from vqa_canary.evaluation.claims.primary import over_methods, p_named
from vqa_canary.statistics.multiplicity import partial_conjunction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MIN_MODELS = 3
"""How many models a group verdict needs at least."""


@dataclass(frozen=True, slots=True)
class GroupVerdict:
    """What the cells of one method say together."""

    verdict: Verdict
    """Whether two thirds of the models support the claim, more than a third oppose it, or neither is shown."""
    p_value: float
    """p-value of "fewer than two thirds of the models support it", see `over_methods`; NaN with too few models."""
    p_against: float
    """p-value of "a third of the models or fewer oppose it", see `over_methods`; NaN with too few models."""
    reason: str | None
    """Why the verdict is inconclusive; None where it is not."""


def two_thirds(n_models: int) -> int:
    """How many of `n_models` a group verdict asks for: two thirds, rounded up."""
    return ceil(2 * n_models / 3)


def group_verdicts(
    p_values: Mapping[str, Sequence[tuple[float, float]]], primary: str | None = None
) -> dict[str, GroupVerdict]:
    """One verdict a method.

    Parameters
    ----------
    p_values : for each method one pair of p-values a model: a small first one shows that the model supports the
        claim, a small second one that it opposes it
    primary : the method whose p-values are not adjusted for the others

    Notes
    -----
    With M models and u two thirds of them, supported is "at least u" and not supported "at least
    M - u + 1 oppose", both by partial conjunction. They exclude each other where no value supports and opposes the
    claim at once, as in claim 2. In claim 3 an area between .50 and .60 does both; supported is asked first then.
    """
    for_it, against = {}, {}
    for method, cells in p_values.items():
        n_models, least = len(cells), two_thirds(len(cells))
        asked = n_models >= MIN_MODELS
        for_it[method] = partial_conjunction([p for p, _ in cells], least) if asked else np.nan
        against[method] = (
            partial_conjunction([q for _, q in cells], n_models - least + 1) if asked else np.nan
        )
    for_it, against = over_methods(for_it, primary), over_methods(against, primary)
    return {
        method: _judge(len(cells), for_it[method], against[method], p_named(method, primary))
        for method, cells in p_values.items()
    }


def _judge(n_models: int, p_value: float, p_against: float, name: str) -> GroupVerdict:
    if n_models < MIN_MODELS:
        reason = f"fewer than {MIN_MODELS} models that can be asked ({n_models})"
        return GroupVerdict("inconclusive", p_value, p_against, reason)
    if p_value <= ALPHA:
        return GroupVerdict("supported", p_value, p_against, None)
    if p_against <= ALPHA:
        return GroupVerdict("not supported", p_value, p_against, None)
    reason = f"neither shown ({name} {p_value:.3f}) nor ruled out ({name} {p_against:.3f})"
    return GroupVerdict("inconclusive", p_value, p_against, reason)
