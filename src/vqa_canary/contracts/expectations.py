"""The vocabulary of suites: expectations of Great Expectations, and rules of our own that can read list columns.

Great Expectations' built-in checks pass silently over list columns, so a rule is a plain function
whose parameters are columns: `each_row` calls it with the values of one row (missing ones as None)
and `whole_columns` once with pandas Series. Its name and docstring tell the reader what failed.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from typing import Any, Literal

import great_expectations.expectations as gxe
import pandas as pd
import pyarrow as pa
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import Expectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import MulticolumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)

from vqa_canary.tables import KEYS

Rule = Callable[..., Any]
_condition: Callable[..., Callable[[Rule], Rule]] = multicolumn_condition_partial
"""The library's decorator, which has no annotations."""


class RowsFollowRule(MulticolumnMapMetricProvider):
    """The metric behind `ExpectRowsToFollowRule`: which rows follow a rule."""

    condition_metric_name = "multicolumn_values.follow_rule"
    condition_value_keys = ("rule", "whole")

    @_condition(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, rule: str, whole: bool, **_: Any) -> pd.Series:
        function = find_rule(rule)
        columns = [column_list[name] for name in parameters(function)]
        if whole:
            return pd.Series(function(*columns), dtype=bool)
        rows = zip(*(pa.array(column, from_pandas=True).to_pylist() for column in columns), strict=True)
        return pd.Series([bool(function(*row)) for row in rows], index=column_list.index, dtype=bool)


class ExpectRowsToFollowRule(MulticolumnMapExpectation):
    """Every row follows a rule, named as `module:function`."""

    rule: str
    whole: bool
    map_metric = "multicolumn_values.follow_rule"
    success_keys = ("rule", "whole", "mostly")
    ignore_row_if: Literal["all_values_are_missing", "any_value_is_missing", "never"] = "never"


def each_row(table: str, *rules: Rule) -> list[Expectation]:
    """Rules on the values of one row, called once a row."""
    return [_expect(table, rule, whole=False) for rule in rules]


def whole_columns(table: str, *rules: Rule) -> list[Expectation]:
    """Rules on whole columns, which return a boolean a row."""
    return [_expect(table, rule, whole=True) for rule in rules]


def unique_key(table: str) -> Expectation:
    """No two rows share the key of `table`."""
    first, *rest = KEYS[table]
    if rest:
        return gxe.ExpectCompoundColumnsToBeUnique(column_list=[first, *rest])
    return gxe.ExpectColumnValuesToBeUnique(column=first)


def not_empty() -> Expectation:
    """At least one row: on an empty table every other expectation holds."""
    return gxe.ExpectTableRowCountToBeBetween(min_value=1)


def not_blank(*columns: str) -> list[Expectation]:
    """Text with something other than space in it, where there is any."""
    return [matching(column, r"\S") for column in columns]


def matching(column: str, regex: str) -> Expectation:
    """Text that a regular expression finds, where there is any."""
    return gxe.ExpectColumnValuesToMatchRegex(column=column, regex=regex)


def one_of(column: str, *values: str) -> Expectation:
    """One of the texts `values`."""
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values))


def between(column: str, low: float | None, high: float | None = None) -> Expectation:
    """A number from `low` to `high`, both included, where there is any."""
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high)


def find_rule(name: str) -> Rule:
    """The function that `ExpectRowsToFollowRule.rule` names."""
    rule: Rule = pkgutil.resolve_name(name)
    return rule


def parameters(rule: Rule) -> list[str]:
    """The columns that a rule reads."""
    return list(inspect.signature(rule).parameters)


def _expect(table: str, rule: Rule, whole: bool) -> Expectation:
    columns = dict.fromkeys((*parameters(rule), *KEYS[table]))  # the key makes them two, as GX asks
    name = f"{rule.__module__}:{rule.__name__}"
    return ExpectRowsToFollowRule(column_list=list(columns), rule=name, whole=whole)
