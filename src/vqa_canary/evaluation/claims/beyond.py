"""What claim 3 reports beside its verdicts: whether uncertainty adds to knowing where the other models err.

No verdict rests on these numbers; they become columns of the details of each claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.estimate import Undefined, number_or_none
from vqa_canary.evaluation.claims.beyond_others import AtRisk, Beyond, beyond_others
from vqa_canary.evaluation.claims.group_verdict import MIN_MODELS, two_thirds
from vqa_canary.evaluation.claims.primary import over_methods
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
    adjusted = holm([result.p_value if isinstance(result, Beyond) else np.nan for result in cells.values()])
    return {key: _details(result, float(p)) for (key, result), p in zip(cells.items(), adjusted, strict=True)}


def headline_details(
    cells: Cells, methods: Sequence[str], primary: str | None = None
) -> dict[str, dict[str, Any]]:
    """For each method the p-value of "uncertainty adds something in fewer than two thirds of the models"; that of the
    `primary` one is not adjusted for the others."""
    p_values: Mapping[str, list[float]] = {
        method: [
            result.p_value for (_, of), result in cells.items() if of == method and isinstance(result, Beyond)
        ]
        for method in methods
    }
    pooled = {
        method: partial_conjunction(over_models, two_thirds(len(over_models)))
        if len(over_models) >= MIN_MODELS
        else np.nan
        for method, over_models in p_values.items()
    }
    return {
        method: {"beyond_p": number_or_none(p), "beyond_models": len(p_values[method])}
        for method, p in over_methods(pooled, primary).items()
    }


def _details(result: Beyond | Undefined, p_value: float) -> dict[str, Any]:
    if isinstance(result, Undefined):
        names = ("beyond_p", "beyond_strata_auroc", "beyond_gain")
        return dict.fromkeys(names) | {"beyond_reason": str(result)}
    no_gain = "no gain: no finite fit without some of the images" if result.gain is None else None
    return {
        "beyond_p": p_value,
        "beyond_strata_auroc": result.strata_auroc,
        "beyond_gain": result.gain,
        "beyond_reason": no_gain,
    }
