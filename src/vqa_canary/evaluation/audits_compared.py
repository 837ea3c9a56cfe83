"""Two audits of the same questions: better, worse, or can't we tell?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


class Audit(NamedTuple):
    """The tables of one audit."""

    scores: pd.DataFrame
    instances: pd.DataFrame
    items: pd.DataFrame


def compare_audits(
    baseline: Audit,
    current: Audit,
    *,
    nota_conditions: Sequence[str],
    subgroups: Sequence[str] = (),
    pairs: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What changed from `baseline` to `current`, on the questions that both put to a model alike; JSON-ready.

    Parameters
    ----------
    subgroups : columns of `items`
    pairs : baseline model by current model; by default the one model of each audit, or models of equal names

    Returns
    -------
    rule : of the verdicts, in words
    pairs : list of {baseline, model}
    questions : {shared: number of instances compared, changed, only_baseline, only_current: lists of {dataset,
        item_id, condition}; never used}
    methods : {shared, only_baseline, only_current}: names
    differences : rows dataset, model, baseline, column "", value "", quantity (`accuracy`, `changed_answers`, `auroc`,
        `fragility_auroc`, `collapse_rate`), condition, method, baseline_value, current_value, difference (current minus
        baseline), ci_low, ci_high, se, p_value (Holm), smallest_difference, verdict (`better`, `worse`, `cannot
        tell`, `identical`, None), n, n_clusters, reason, warning (None or why it says little)
    subgroups : the same rows with `column` and `value` set
    questions_moved : rows dataset, model, baseline, method ("" if one answer for all methods), gained (wrong, now
        right), lost, newly_collapsed {condition: ids}, no_longer_collapsed {condition: ids}; lists of item ids
    """
    raise NotImplementedError
