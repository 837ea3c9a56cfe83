"""The method for this model and these questions: not beaten by any other, then the cheapest."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate, Undefined, undefined
from vqa_canary.evaluation.comparison import Contest, compare_methods
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.auroc import auroc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NONE_ABOVE_CHANCE = "none is shown to be better than chance"


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """The recommended method of one data set and model, and what speaks for it."""

    dataset: str
    model: str
    method: str | None
    """None where none can be recommended."""
    reason: str
    """Why it is recommended, or why none is, in words."""
    auroc: Estimate
    """AUROC of the recommended method on its own questions, as in the table `metrics`."""
    calls: float | None
    """Requests that the recommended method costs an instance; None where that is not known."""
    candidates: tuple[str, ...]
    """Methods that are not distinguishable from the best and shown to be above chance."""
    not_distinguishable: tuple[str, ...]
    """Methods that are not distinguishable from the best, above chance or not."""
    compared: tuple[str, ...]
    """Methods that could be compared."""
    n: int
    """Number of questions that they were compared on."""
    n_clusters: int
    """Number of images that these questions show."""


def recommend(
    grids: Sequence[Grid], *, seed: int, calls: Mapping[str, Mapping[str, float]] | None = None
) -> list[MethodChoice]:
    """One choice for each data set and model, by model.

    Candidates are the methods that are not distinguishable from the best (`comparison.compare_methods`, on clean
    input) and whose AUROC is shown to be above .5 (lower end of its 95 % interval). Of these the one with the fewest
    calls, then the highest AUROC, then the first name. If errors differ between methods (each is judged on an answer
    of its own), so do the errors that their AUROCs are about.

    Parameters
    ----------
    calls : requests that each method costs an instance, by model; a method that is not named costs most
    """
    choices = [
        _choice(grid, model, seed, (calls or {}).get(model, {}))
        for grid in grids
        if CLEAN in grid.conditions
        for model in grid.models
    ]
    return sorted(choices, key=lambda choice: (choice.model, choice.dataset))


def _choice(grid: Grid, model: str, seed: int, calls: Mapping[str, float]) -> MethodChoice:
    contest = compare_methods(grid, CLEAN, [model], seed)
    best = _not_distinguishable(contest)
    own = {name: _own_auroc(grid, model, name) for name in best}
    candidates = {
        name: value for name, value in best.items() if (low := own[name].ci_low) is not None and low > 0.5
    }
    chosen = min(candidates, key=lambda name: (calls.get(name, inf), -candidates[name], name), default=None)
    reason = _why(contest, chosen, candidates, calls)
    return MethodChoice(
        dataset=grid.dataset,
        model=model,
        method=chosen,
        reason=reason,
        auroc=own[chosen] if chosen else undefined(reason),
        calls=calls.get(chosen) if chosen else None,
        candidates=tuple(sorted(candidates)),
        not_distinguishable=tuple(sorted(best)),
        compared=() if isinstance(contest.result, Undefined) else contest.methods,
        n=contest.n,
        n_clusters=contest.n_clusters,
    )


def _not_distinguishable(contest: Contest) -> dict[str, float]:
    """AUROC of each method of the set of the best, on the questions of the comparison."""
    found = contest.result
    if isinstance(found, Undefined):
        return {}
    named = zip(contest.methods, found.value, found.maybe_best, strict=True)
    return {name: float(value) for name, value, maybe_best in named if maybe_best}


def _own_auroc(grid: Grid, model: str, method: str) -> Estimate:
    cell = grid.cell(CLEAN, model, method).scored()
    return auroc(cell.uncertainty, cell.wrong, cell.images)


def _why(
    contest: Contest, chosen: str | None, candidates: Mapping[str, float], calls: Mapping[str, float]
) -> str:
    if isinstance(contest.result, Undefined):
        shared = "no question has a value of every method" if not contest.n else str(contest.result)
        if contest.n:
            shared += f", among the {counted(contest.n, 'question')} with a value of every method"
        return f"methods cannot be compared: {shared}"
    if chosen is None:
        return NONE_ABOVE_CHANCE
    best = "above chance and cannot be told from the best"
    standing = f"of {len(contest.methods)} methods compared, {len(candidates)} are {best}"
    if len(contest.methods) == 1:
        return "the only method that can be judged, and better than chance"
    if len(candidates) == 1:
        return f"the only one of {len(contest.methods)} methods compared that is {best}"
    cost = calls.get(chosen)
    same = [name for name in candidates if calls.get(name) == cost]
    if cost is None or len(same) == len(candidates):
        return f"{standing}; their calls are equal or unknown, and its AUROC is the highest"
    if len(same) == 1:
        return f"{standing}; it needs the fewest calls ({cost:g} an instance)"
    return (
        f"{standing}; {len(same)} need the fewest calls ({cost:g} an instance), and its AUROC is the highest"
    )
