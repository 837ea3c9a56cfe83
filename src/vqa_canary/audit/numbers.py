"""Estimates of the table `metrics` as mappings for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vqa_canary import lasting_failures
from vqa_canary.estimate import undefined

if TYPE_CHECKING:
    import pandas as pd

ESTIMATE = ("value", "ci_low", "ci_high", "n", "n_clusters", "reason")


def find(metrics: pd.DataFrame, **key: Any) -> dict[str, Any]:
    """The row with this key; one that is not there says so."""
    rows = metrics
    for name, value in key.items():
        rows = rows[rows[name] == value]
    if rows.empty:
        return asdict(undefined("not measured"))
    return {name: _plain(rows.iloc[0][name]) for name in ESTIMATE}


def all_failed(evidence: pd.DataFrame, shown: pd.DataFrame) -> str | None:
    """That all answers of a model failed, in words; None where one did not, or where nothing was asked.

    Parameters
    ----------
    evidence : of one model
    shown : the instances of one data set and condition
    """
    status = evidence.loc[evidence["instance_id"].isin(shown["instance_id"]), "status"]
    if status.empty or (status != "failed").any():
        return None
    return lasting_failures.all_failed(len(status))


def _plain(value: Any) -> Any:
    """None for what is missing, and Python's own numbers."""
    if value is None or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
