"""What a row of `metrics` promises: a value or a reason, inside its interval and its range."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING

from vqa_canary.contracts.expectations import (
    between,
    each_row,
    not_blank,
    not_empty,
    unique_key,
    whole_columns,
)

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

_SHARES = re.compile(
    r"(.*_)?(accuracy|auroc|auprc|aurc|ece|brier|chance|p_value|rate|share|sensitivity)(_seen)?"
)
"""Names of metrics that lie between 0 and 1."""
_DIFFERENCES = ("overconfidence", "stated_overconfidence", "ece_lost", "stated_ece_lost")
"""Names of metrics that lie between -1 and 1; the range of others is not checked."""
_ROUNDING = 1e-9


def suite() -> list[Expectation]:
    """Expectations of table `metrics`."""
    return [
        not_empty(),
        unique_key("metrics"),
        *not_blank("model", "dataset", "condition", "subset", "metric", "reason"),
        *each_row("metrics", value_or_reason, value_inside_interval, share_between_zero_and_one),
        *each_row("metrics", items_at_least_clusters),
        *whole_columns("metrics", difference_of_two_shares_within_one),
        between("n_clusters", 0),
    ]


def value_or_reason(value: float | None, ci_low: float | None, reason: str | None) -> bool:
    """a finite value, or none and a reason; a reason beside a value only where the interval is missing"""
    if value is None:
        return reason is not None
    return isfinite(value) and (reason is None or ci_low is None)


def value_inside_interval(value: float | None, ci_low: float | None, ci_high: float | None) -> bool:
    """ci_low <= value <= ci_high, where they are given"""
    if value is None:
        return ci_low is None and ci_high is None
    low, high = (value if end is None else end for end in (ci_low, ci_high))
    return low - _ROUNDING <= value <= high + _ROUNDING


def share_between_zero_and_one(value: float | None, metric: str) -> bool:
    """accuracy, AUROC, AUPRC, AURC, ECE, Brier, p-values, rates, shares and sensitivities lie between 0 and 1"""
    return value is None or not _SHARES.fullmatch(metric) or -_ROUNDING <= value <= 1 + _ROUNDING


def difference_of_two_shares_within_one(value: pd.Series, metric: pd.Series) -> pd.Series:
    """overconfidence, and what an ECE with an open last bin loses, lie between -1 and 1"""
    beyond = value.abs().gt(1 + _ROUNDING).fillna(False).astype(bool)
    return ~(metric.isin(_DIFFERENCES) & beyond)


def items_at_least_clusters(n: int, n_clusters: int) -> bool:
    """n counts items and n_clusters their images, of which there are no more"""
    return n >= n_clusters
