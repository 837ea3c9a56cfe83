"""Does what holds overall hold for each kind of question?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vqa_canary.evaluation.splitting import SHARE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


def subgroups_table(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    columns: Sequence[str],
    policies: Sequence[Mapping[str, Any]],
    confidence_method: str | None,
    seed: int,
    share: float = SHARE,
) -> list[dict[str, Any]]:
    """Rows dataset x model x value of each column of `items`, JSON-ready; first of all questions (column "").

    Parameters
    ----------
    columns : of `items`; null is the value `unknown`
    policies : rows of `policies_table`, at most one for each dataset and model, event `error`; made with the same
        `seed` and `share`
    confidence_method : whose confidence overconfidence is about

    Returns
    -------
    keys dataset, model, column, value, n, n_clusters, accuracy, overconfidence, policy_error, policy_coverage (the
    last two on the held-out images); each an estimate {value, ci_low, ci_high, n, n_clusters, reason} with `warning`,
    None or why it says little
    """
    raise NotImplementedError
