"""Looking numbers up in `metrics`, and writing them so that nobody reads too much into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vqa_canary.tables import KEYS, from_frame

if TYPE_CHECKING:
    import pandas as pd

HEADLINE_NOTA = "nota_valid"


class Number(NamedTuple):
    """One cell of a table: an estimate with its interval, or why there is none."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    n_clusters: int
    reason: str | None

    @property
    def text(self) -> str:
        """`0.81`, or a dash where undefined."""
        return "-" if self.value is None else f"{self.value:.3f}"

    @property
    def interval(self) -> str:
        """`0.772 to 0.851`, or nothing."""
        return "" if self.low is None or self.high is None else f"{self.low:.3f} to {self.high:.3f}"


NOT_MEASURED = Number(None, None, None, 0, 0, "not measured")


class Numbers:
    """The `metrics` table by key."""

    def __init__(self, metrics: pd.DataFrame) -> None:
        self._rows = {
            tuple(row[key] for key in KEYS["metrics"]): Number(
                row["value"], row["ci_low"], row["ci_high"], row["n"], row["n_clusters"], row["reason"]
            )
            for row in from_frame(metrics, "metrics").to_pylist()
        }

    def get(
        self,
        model: str,
        dataset: str,
        condition: str,
        metric: str,
        method: str = "",
        subset: str | None = None,
    ) -> Number:
        """The number of a cell; without `subset`, that of the condition's headline."""
        subset = subset or headline(condition)
        return self._rows.get((model, dataset, condition, subset, method, metric), NOT_MEASURED)


def headline(condition: str) -> str:
    """The subset that a condition is reported on: NOTA conditions leave out unfair questions."""
    return HEADLINE_NOTA if condition.startswith("nota_") else "all"
