"""What the data say of a condition: whether it offers "None of the above" (NOTA), and whether it hides the answer.

Both are read off the instances, so a condition of any name and from any package is treated by what it shows.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from vqa_canary.errors import BadInput
from vqa_canary.rows import NOTA

if TYPE_CHECKING:
    import pandas as pd

FAIR = "nota_valid"
"""The subset of the items that stay a fair question when their answer is hidden."""
ALL = "all"
"""The subset of all items."""


def offering(instances: pd.DataFrame) -> frozenset[str]:
    """The conditions under which NOTA is among the options, right or wrong."""
    return frozenset(map(str, instances.loc[instances["nota_index"].notna(), "condition"].unique()))


def hiding(instances: pd.DataFrame) -> frozenset[str]:
    """The conditions that hide the answer: under them NOTA is the right option of every instance."""
    hidden = (instances["nota_index"] == instances["answer_index"]).fillna(False).astype(bool)
    every = hidden.groupby(instances["condition"]).all()
    return frozenset(map(str, every.index[every]))


def unfair(items: pd.DataFrame, instances: pd.DataFrame) -> dict[str, int]:
    """For each condition that offers NOTA the number of its instances about items that are not fair with it, if any."""
    place = ["dataset", "item_id"]
    shown = instances[instances["nota_index"].notna()].merge(items[[*place, FAIR]], on=place)
    counts = shown.loc[~shown[FAIR].astype(bool), "condition"].value_counts()
    return {str(condition): int(n) for condition, n in sorted(counts.items())}


def refuse_shown_answer(instances: pd.DataFrame, nota_conditions: Collection[str]) -> None:
    """Refuse a condition among `nota_conditions` that leaves the right option where it can be chosen.

    Raises
    ------
    BadInput : with the condition, the data set and the conditions that do hide the answer
    """
    for dataset, own in instances.groupby("dataset", sort=True):
        shown, hidden = set(own["condition"]), hiding(own)
        for condition in nota_conditions:
            if condition in shown - hidden:
                raise BadInput(
                    f"parameters: evaluation.nota_conditions: {condition!r} does not hide the answer of the questions "
                    f"of {dataset}: their right option is not {NOTA!r}. Name only conditions that do: "
                    f"{', '.join(sorted(hidden)) or 'this study has none, so give an empty list'}."
                )


def headline(condition: str, offers_nota: Collection[str]) -> str:
    """The subset that a condition is reported on: where NOTA is offered, the items that are fair with it.

    The control and the conditions that hide the answer are so reported on the same items.

    Parameters
    ----------
    offers_nota : the conditions that `offering` gives
    """
    return FAIR if condition in offers_nota else ALL
