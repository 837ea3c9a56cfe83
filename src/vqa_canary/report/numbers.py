"""Looking numbers up in `metrics`, and writing them so that nobody reads too much into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vqa_canary.estimate import COLUMNS, Estimate, undefined
from vqa_canary.frames import from_frame
from vqa_canary.nota import headline
from vqa_canary.numerals import decimal
from vqa_canary.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd


class Range(NamedTuple):
    """Two ends between which a number lies, each with its own interval."""

    least: Estimate
    most: Estimate

    @property
    def value(self) -> float | None:
        """The lower end: what sorts, and what a careful reader takes."""
        return self.least.value

    @property
    def reason(self) -> str | None:
        """Why there is no lower end."""
        return self.least.reason

    @property
    def n(self) -> int:
        """Items that the lower end is about: all of them."""
        return self.least.n

    @property
    def text(self) -> str:
        """`0.512 to 0.734`."""
        return f"{self.least.text} to {self.most.text}"

    @property
    def interval(self) -> str:
        """`0.450 to 0.571; 0.688 to 0.772`: of either end, where it has one."""
        return "; ".join(filter(None, (self.least.interval, self.most.interval)))


def end_values(number: Estimate | Range) -> list[float]:
    """The values that are known: of a range both ends."""
    values = (number.least.value, number.most.value) if isinstance(number, Range) else (number.value,)
    return [value for value in values if value is not None]


NOT_MEASURED = undefined("not measured")


def is_measured(number: Estimate) -> bool:
    """Whether there is a row for it, with a value or with a reason why it has none."""
    return number.reason != NOT_MEASURED.reason


class Numbers:
    """The `metrics` table by key.

    Parameters
    ----------
    offers_nota : the conditions that `nota.offering` gives
    """

    def __init__(self, metrics: pd.DataFrame, offers_nota: Collection[str]) -> None:
        self._offers_nota = offers_nota
        table = from_frame(metrics, "metrics")
        keys = zip(*(table[name].to_pylist() for name in KEYS["metrics"]), strict=True)
        values = zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)
        self._rows = dict(zip(keys, values, strict=True))

    def headline(self, condition: str) -> str:
        """The subset that a condition is reported on: see `nota.headline`."""
        return headline(condition, self._offers_nota)

    def get(
        self,
        model: str,
        dataset: str,
        condition: str,
        metric: str,
        method: str = "",
        subset: str | None = None,
    ) -> Estimate:
        """The number of a cell; without `subset`, that of the condition's headline."""
        cells = self._rows.get(
            (model, dataset, condition, subset or self.headline(condition), method, metric)
        )
        return NOT_MEASURED if cells is None else Estimate(*cells)


def prose(value: float, digits: int = 2, sign: bool = False) -> str:
    """`0.31`, `1.00`, with a true minus sign; with `sign`, `+0.31`: a number in a sentence of the study's page."""
    return decimal(value, digits, sign)


def span(low: float, high: float, sign: bool = False) -> str:
    """`0.27 to 0.35`, or one number where both read alike."""
    first, last = prose(low, sign=sign), prose(high, sign=sign)
    return first if first == last else f"{first} to {last}"
