"""The method for this model and these questions: not beaten by any other, then the cheapest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def recommend(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    seed: int,
    calls: Mapping[str, float] | None = None,
) -> list[dict[str, Any]]:
    """One row for each dataset and model, JSON-ready.

    Candidates are the methods that are not distinguishable from the best (`comparison.compare_methods`, on clean
    input) and whose AUROC is shown to be above .5 (lower end of its 95 % interval). Of these the one with the fewest
    calls, then the highest AUROC, then the first name.

    Parameters
    ----------
    calls : calls to the model that each method costs an instance; a method that is not named costs most

    Returns
    -------
    keys dataset, model, method (None where none can be recommended), reason (in words, always), auroc (estimate of the
    recommended method on its own questions, as in `metrics`), calls (of the recommended method, None if unknown),
    candidates (names), not_distinguishable (names of the set of the best, above chance or not), compared (names),
    n, n_clusters (questions and images of the comparison)
    """
    raise NotImplementedError
