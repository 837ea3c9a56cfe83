"""What claim 3 reports beside its verdicts: whether uncertainty adds to knowing where the other models err.

No verdict rests on these numbers; they become columns of the details of each claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.estimate import Undefined, number_or_none
from vqa_canary.evaluation.claims.beyond_others import AtRisk, Beyond, beyond_others
from vqa_canary.evaluation.claims.group_verdict import MIN_MODELS, two_thirds
from vqa_canary.statistics.multiplicity import holm, partial_conjunction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Cells = dict[tuple[str, str], Beyond | Undefined]
"""What was found for each model and method, or why nothing was."""


def ask_beyond(items: AtRisk) -> Beyond | Undefined:
    """The result of `beyond_others`; where it is undefined, the exception is returned, not raised, as the reason."""
    try:
        return beyond_others(items)
    except Undefined as error:
        return error


def cell_details(cells: Cells) -> dict[tuple[str, str], dict[str, Any]]:
    """Details of each cell; the p-value `beyond_p` is adjusted by Holm over all cells of the condition with one."""
    adjusted = holm([one.p_value if isinstance(one, Beyond) else np.nan for one in cells.values()])
    return {key: _details(one, float(p)) for (key, one), p in zip(cells.items(), adjusted, strict=True)}


def headline_details(cells: Cells, methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For each method the p-value of "uncertainty adds something in fewer than two thirds of the models"."""
    p_values: Mapping[str, list[float]] = {
        method: [one.p_value for (_, of), one in cells.items() if of == method and isinstance(one, Beyond)]
        for method in methods
    }
    pooled = holm(
        [
            partial_conjunction(found, two_thirds(len(found))) if len(found) >= MIN_MODELS else np.nan
            for found in p_values.values()
        ]
    )
    return {
        method: {"beyond_p": number_or_none(float(p)), "beyond_models": len(p_values[method])}
        for method, p in zip(methods, pooled, strict=True)
    }


def _details(found: Beyond | Undefined, p_value: float) -> dict[str, Any]:
    if isinstance(found, Undefined):
        names = ("beyond_p", "beyond_strata_auroc", "beyond_gain")
        return dict.fromkeys(names) | {"beyond_reason": str(found)}
    no_gain = "no gain: no finite fit without some of the images" if found.gain is None else None
    return {
        "beyond_p": p_value,
        "beyond_strata_auroc": found.strata_auroc,
        "beyond_gain": found.gain,
        "beyond_reason": no_gain,
    }
