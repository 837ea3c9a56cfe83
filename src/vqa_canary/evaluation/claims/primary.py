"""The primary method: named in the configuration before the run, so its verdicts need no correction for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.statistics.multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Mapping

OVER_METHODS = "of the primary method as it is, of the others adjusted for their number (Holm)"
"""How p-values allow for several methods, as rules say it."""


def over_methods(p_values: Mapping[str, float], primary: str | None) -> dict[str, float]:
    """p-values by method: the primary one's as it stands, the others' adjusted by Holm among themselves.

    One hypothesis that is named before the data are seen is tested at its own level; the others are a family of their
    own, so each of the two keeps its error rate. Without a primary method all are one family. NaN stays NaN and does
    not count as a test.

    Parameters
    ----------
    primary : the primary method; None, or a method without a p-value here: there is none

    Examples
    --------
    >>> over_methods({"a": 0.04, "b": 0.04, "c": 0.01}, primary="a")
    {'a': 0.04, 'b': 0.04, 'c': 0.02}
    >>> over_methods({"a": 0.04, "b": 0.04, "c": 0.01}, primary=None)
    {'a': 0.08, 'b': 0.08, 'c': 0.03}
    """
    family = {method: p for method, p in p_values.items() if method != primary}
    adjusted = dict(zip(family, map(float, holm(list(family.values()))), strict=True))
    return {method: adjusted.get(method, float(p)) for method, p in p_values.items()}


def n_tests(p_values: Mapping[str, float], primary: str | None, method: str) -> int:
    """How many tests a method's p-value allows for in `over_methods`, its own among them.

    Examples
    --------
    >>> p_values = {"a": 0.04, "b": 0.04, "c": 0.01, "d": float("nan")}
    >>> n_tests(p_values, "a", "a"), n_tests(p_values, "a", "b"), n_tests(p_values, None, "b")
    (1, 2, 3)
    """
    if method == primary:
        return 1
    return 1 + sum(p == p for name, p in p_values.items() if name not in (primary, method))  # NaN is no test


def p_named(method: str, primary: str | None) -> str:
    """What a method's p-value is called: the primary one's is not adjusted."""
    return "p" if method == primary else "adjusted p"
