"""Estimates that the study's own tables hold already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary import lasting_failures
from vqa_canary.estimate import Estimate, undefined

if TYPE_CHECKING:
    import pandas as pd


def measured(metrics: pd.DataFrame, **key: str | None) -> Estimate:
    """The estimate in the row of the table `metrics` that has this key; where there is no such row, it says so."""
    rows = metrics
    for name, value in key.items():
        rows = rows[rows[name] == value]
    return undefined("not measured") if rows.empty else Estimate.of(dict(rows.iloc[0]))


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
