"""How often the answer changes when a question is asked in another way that leaves the right answer as it is.

Other words around the question, options in another order, an image out of focus: a model whose answers change with
these does not answer the question. Answers are compared by the text of the option, so that the same option in another
place is the same answer. What changes when nothing is changed (`asked_again`) stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqa_canary.audit.record.robustness import Robustness
from vqa_canary.errors import BadInput
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.frames import is_null
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.means import mean_estimate
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from vqa_canary.audit.record.policies import Policy
    from vqa_canary.evaluation.grid import Grid

    Texts = NDArray[np.object_]
    Mask = NDArray[np.bool_]

AGAIN = "asked_again"
"""The condition that changes nothing."""
ANY = "any"
"""Stands in `condition` for all conditions but `asked_again` together."""
ALL_RIGHT = undefined("a question counts as right in any way only where it is right as it stands, too")
NOT_AGAIN = undefined(f"{AGAIN} was not asked")


class Asked(NamedTuple):
    """A model's answers to the questions of a grid in one way; arrays of shape (items,)."""

    said: Texts
    """Text of the option that is named; "" where none is."""
    answered: Mask
    """Whether there is an answer at all."""
    correct: NDArray[np.float64]
    """1, 0 or NaN."""


def robustness_table(
    grids: Sequence[Grid],
    instances: pd.DataFrame,
    *,
    conditions: Sequence[str],
    policies: Mapping[tuple[str, str], Policy | None],
) -> list[Robustness]:
    """One row for each data set, model and condition that was asked, and one of all where there are several.

    Parameters
    ----------
    conditions : those under which the right answer stays what it is; what was not asked is left out
    policies : of the headline, by data set and model; they say whose own answers count, where methods have such

    Raises
    ------
    BadInput : a condition changes which option is right
    """
    rows: list[Robustness] = []
    for grid in grids:
        if CLEAN not in grid.conditions:
            continue
        asked = [name for name in conditions if name in grid.conditions and name != CLEAN]
        shown = _shown(grid, instances, [CLEAN, *asked])
        for name in asked:
            _refuse_other_answer(grid, name, shown)
        for model in grid.models:
            rows += _rows(grid, model, asked, shown, policies.get((grid.dataset, model)))
    return rows


class Shown(NamedTuple):
    """What of the items of a grid one condition shows."""

    options: Sequence[Sequence[str]]
    """Texts of the options of each item; empty where it was not shown."""
    right: Sequence[str | None]
    """Text of the right option."""


def _shown(grid: Grid, instances: pd.DataFrame, conditions: Sequence[str]) -> dict[str, Shown]:
    own = instances[instances["dataset"] == grid.dataset]
    ids = grid.items["item_id"].astype(str).tolist()
    found = {}
    for name in conditions:
        part = own[own["condition"] == name]
        options = dict(zip(part["item_id"].astype(str), map(list, part["options"]), strict=True))
        places = dict(zip(part["item_id"].astype(str), part["answer_index"].tolist(), strict=True))
        listed = [options.get(one, []) for one in ids]
        right = [
            texts[int(places[one])] if texts and not is_null(places[one]) else None
            for one, texts in zip(ids, listed, strict=True)
        ]
        found[name] = Shown(listed, right)
    return found


def _refuse_other_answer(grid: Grid, condition: str, shown: Mapping[str, Shown]) -> None:
    """Under a condition that hides or moves what is right, a changed answer may be the right one."""
    for at, (before, after) in enumerate(zip(shown[CLEAN].right, shown[condition].right, strict=True)):
        if shown[condition].options[at] and shown[CLEAN].options[at] and before != after:
            raise BadInput(
                f"parameters: audit.robustness: {condition!r} changes which option of a question of {grid.dataset} is "
                "right, so that a changed answer tells nothing. Name only conditions that leave the right option as it "
                "is, such as 'shuffled' or 'reworded'."
            )


def _asked(grid: Grid, model: str, method: str, condition: str, shown: Shown) -> Asked:
    cell = grid.cell(condition, model, method)
    said = np.array(
        [
            str(texts[int(choice)]) if named == 1 and not np.isnan(choice) else ""
            for texts, choice, named in zip(shown.options, cell.choice, cell.named, strict=True)
        ],
        object,
    )
    return Asked(said, ~np.isnan(cell.named), cell.correct)


def _rows(
    grid: Grid, model: str, conditions: Sequence[str], shown: Mapping[str, Shown], policy: Policy | None
) -> Iterator[Robustness]:
    method = policy.method if policy else grid.methods[0]
    clean = _asked(grid, model, method, CLEAN, shown[CLEAN])
    other = {name: _asked(grid, model, method, name, shown[name]) for name in conditions}
    through = None
    if policy is not None and policy.threshold is not None:
        through = grid.cell(CLEAN, model, method).uncertainty <= policy.threshold
    again = other.get(AGAIN)
    for name in conditions:
        repeated = None if name == AGAIN else again
        yield _row(grid, model, name, clean, other[name], repeated, through)
    several = [one for name, one in other.items() if name != AGAIN]
    if len(several) > 1:
        yield _row(grid, model, ANY, clean, together(clean, several), again, through)


def together(clean: Asked, several: Sequence[Asked]) -> Asked:
    """Several ways of asking as one, on the questions that were answered in all of them.

    What is said is what the first way that changes the answer gives; it is right where all ways are.
    """
    said = clean.said.copy()
    for one in reversed(several):
        said = np.where(one.said != clean.said, one.said, said)
    answered = np.all([one.answered for one in several], axis=0)
    correct = np.array([one.correct for one in several])
    unknown = np.isnan(correct).any(axis=0) | np.isnan(clean.correct)
    every = np.where(unknown, np.nan, np.minimum(correct.min(axis=0), clean.correct))
    return Asked(said, answered, every)


def _row(
    grid: Grid,
    model: str,
    condition: str,
    clean: Asked,
    other: Asked,
    again: Asked | None,
    through: Mask | None,
) -> Robustness:
    images = grid.images
    both = clean.answered & other.answered
    changed = both & (clean.said != other.said)
    judged = ~(np.isnan(clean.correct) | np.isnan(other.correct))
    right, wrong = judged & (clean.correct == 1), judged & (clean.correct == 0)
    beyond = NOT_AGAIN if condition != AGAIN else undefined("it is the question as it stands")
    if again is not None:
        kept = both & again.answered
        gap = (clean.said != other.said).astype(np.float64) - (clean.said != again.said)
        beyond = mean_estimate(gap[kept], images[kept], -1.0, 1.0)

    def share(event: Mask, of: Mask) -> Estimate:
        return proportion(event[of], images[of])

    return Robustness(
        dataset=grid.dataset,
        model=model,
        condition=condition,
        changed=share(changed, both),
        beyond_repeat=beyond,
        changed_answered=undefined("no policy") if through is None else share(changed, both & through),
        lost=share(other.correct == 0, right),
        gained=ALL_RIGHT if condition == ANY else share(other.correct == 1, wrong),
        accuracy=share(other.correct == 1, judged),
        drop=mean_estimate((clean.correct - other.correct)[judged], images[judged], -1.0, 1.0),
    )
