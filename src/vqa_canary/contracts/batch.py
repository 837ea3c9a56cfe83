"""Runs a suite of Great Expectations on one frame, and turns its results into failures that name rows."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from inspect import getdoc
from threading import Lock
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig
from kedro.validation import CheckFailure

from vqa_canary.contracts.expectations import find_rule, parameters
from vqa_canary.contracts.failures import SHOWN_ROWS, row_failure

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

# This logger sets itself to INFO, and would report every context that is made.
logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)

_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": SHOWN_ROWS}
_LIMITS = ("min_value", "max_value", "value_set", "regex")
_one_at_a_time = (
    Lock()
)  # Kedro may validate from several threads; Great Expectations does not promise to allow it


def suite_failures(
    data: pd.DataFrame, expectations: Sequence[Expectation], key: Sequence[str]
) -> list[CheckFailure]:
    """Every expectation that `data` fails, and every expectation that could not be computed.

    Parameters
    ----------
    data : frame with a plain row index from 0
    key : columns that identify a row
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = _validate(data, expectations)
    failed = [result for result in results if not result.success]
    return [_told(result, data, key) for result in failed]


def _validate(data: pd.DataFrame, expectations: Sequence[Expectation]) -> list[Any]:
    context = gx.get_context(
        mode="ephemeral"
    )  # a new one each time, because it keeps every frame that it sees
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": data})
    suite = gx.ExpectationSuite(name="contract", expectations=list(expectations))
    return list(batch.validate(suite, result_format=_FORMAT).results)


def _told(result: Any, data: pd.DataFrame, key: Sequence[str]) -> CheckFailure:
    check, right, columns = _described(result.expectation_config)
    if broken := _exceptions(result.exception_info):
        return CheckFailure(
            f"{columns[0]}: {check} could not be computed: {'; '.join(broken)}. "
            "The check is broken, the data may be right.",
            check=check,
            column=columns[0],
        )
    if "unexpected_count" not in result.result:
        found = result.result.get("observed_value")
        return CheckFailure(f"{check} ({right}): found {found}", check=check)
    rows, count = result.result["partial_unexpected_index_list"], result.result["unexpected_count"]
    return row_failure(data, rows, key=key, columns=columns, check=check, right=right, count=count)


def _described(config: Any) -> tuple[str, str, list[str]]:
    """Name of the check, what would be right in words, and the columns that it is about."""
    kwargs = config.kwargs
    if "rule" in kwargs:
        rule = find_rule(kwargs["rule"])
        return rule.__name__, " ".join((getdoc(rule) or "").split()), parameters(rule)
    columns = kwargs.get("column_list") or [kwargs.get("column", "table")]
    limits = {name: value for name, value in kwargs.items() if name in _LIMITS and value is not None}
    return config.type, ", ".join(f"{name} {value}" for name, value in limits.items()), columns


def _exceptions(info: Mapping[str, Any]) -> list[str]:
    """Messages of exceptions inside a check, which Great Expectations files by metric or bare."""
    cases = [info] if "raised_exception" in info else list(info.values())
    return list(dict.fromkeys(case["exception_message"] for case in cases if case.get("raised_exception")))
