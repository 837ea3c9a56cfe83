"""The questions answered rightly, the most likely to collapse first, and those that did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def fragility_list(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    method: str,
    nota_conditions: Sequence[str],
) -> list[dict[str, Any]]:
    """Questions right on clean input by falling clean uncertainty, for each dataset and model, JSON-ready.

    Returns
    -------
    keys dataset, model, method, item_id, image_id, question, uncertainty (clean; None without a value), rank (1 is the
    most likely to collapse; ties share the smallest; None without a value, and those are last), outcomes {condition:
    `collapsed`, `held`, `not asked`, `failed` (no answer) or `not valid` (hiding the answer leaves no fair question)}
    """
    raise NotImplementedError
