"""Escalation policies of every model, event and method, found on one half of the images and checked on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vqa_canary.audit.policy import GUARANTEES, SearchResult, find_policy
from vqa_canary.audit.policy_check import held_out, unchecked
from vqa_canary.audit.policy_search import Steps, search_steps
from vqa_canary.audit.policy_words import Allowed, policy_promise, policy_sentence
from vqa_canary.audit.population import Population, events_of, population
from vqa_canary.audit.record.policies import CalibrationSplit, HeldOut, Policy
from vqa_canary.audit.splitting import priorities
from vqa_canary.audit.terms import ERROR, EXACT, Guarantee
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

Scope = Literal["alone", "best of M", "best of models"]
ALONE: Scope = "alone"
"""Holds for a method that was named before the data were seen."""
BEST_OF_ALL: Scope = "best of M"
"""Tests at delta / M, M the methods with any value on the calibration half, so that the best of them may be taken."""

BEST_OF_MODELS: Scope = "best of models"
"""Tests at delta / N, N the pairs of a model and a method, so that the best model may be taken."""
_CHOSEN = {BEST_OF_MODELS: "pairs of a model and a method"}


def policy_among(
    grid: Grid,
    calibrates: NDArray[np.bool_],
    model: str,
    method: str,
    *,
    alpha: float,
    delta: float,
    seed: int,
    n_choices: int,
    looks: int = 1,
    claimed: bool = True,
) -> Policy:
    """The exact policy against errors of one model and method, where it is one of `n_choices` to choose from.

    Parameters
    ----------
    calibrates : which items of the grid calibrate, shape (items of the grid,)
    n_choices : pairs of a model and a method that were tried
    looks, claimed : as in `policies_table`
    """
    split = _Split(calibrates, priorities(grid.items["item_id"], seed))
    cell = _searched(grid, model, ERROR, method, split)
    result = None if cell.no_value else find_policy(cell.steps, alpha, delta / (n_choices * looks))
    return _policy(
        cell, result, _Sought(EXACT, BEST_OF_MODELS, n_choices, alpha, delta, False, looks, claimed)
    )


def policies_table(
    grids: Sequence[Grid],
    calibrates: Mapping[str, NDArray[np.bool_]],
    *,
    alpha: float,
    delta: float,
    seed: int,
    nota_conditions: Sequence[str],
    methods: Sequence[str] | None = None,
    looks: int = 1,
    claimed: bool = True,
) -> list[Policy]:
    """The policy of each data set, model, event, method, guarantee and scope.

    Events: `error`, wrong on clean input, of all questions asked; `collapse:<condition>`, right on clean input and
    wrong under the condition, of the `nota_valid` questions asked clean and answered under it. A question
    without a value or without a clean answer is always escalated, and counts where coverage is counted.

    Each event is a statement of its own: no adjustment is made over events.

    Parameters
    ----------
    calibrates : items of each grid that calibrate, by data set, as `splitting.calibration_masks` gives them
    alpha : largest share of events among answered questions
    delta : probability with which a policy may be found that breaks `alpha`
    seed : of the order of questions
    methods : those to try; all by default
    looks : how many looks at these answers were planned; each is tested at its share of `delta`
    claimed : whether the confidence may be claimed; the sentences say so

    Raises
    ------
    BadInput : alpha is not between 0 and 1, delta not between 0 and .5; a method that was not scored
    """
    known = sorted({method for grid in grids for method in grid.methods})
    for name in methods or ():
        if name not in known:
            raise BadInput(
                f"policy methods: {name!r} was not scored.{did_you_mean(name, known)} Use {known}."
            )
    policies: list[Policy] = []
    for grid in grids:
        if CLEAN not in grid.conditions:
            continue
        split = _Split(calibrates[grid.dataset], priorities(grid.items["item_id"], seed))
        chosen = [name for name in grid.methods if methods is None or name in methods]
        for model in grid.models:
            for event in events_of(grid, nota_conditions):
                cells = [_searched(grid, model, event, name, split) for name in chosen]
                policies += _policies(cells, alpha, delta, looks, claimed)
    return policies


@dataclass(frozen=True, slots=True)
class _Split:
    """Which items of a grid calibrate, and the order in which an image's questions are taken."""

    calibration: NDArray[np.bool_]
    priority: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Searched:
    """One method for one event: what was tried on one half, and what it is checked on."""

    dataset: str
    model: str
    event: str
    method: str
    steps: Steps
    held_out: Population
    no_value: str | None
    """Why there is nothing to search, if so."""


def _searched(grid: Grid, model: str, event: str, method: str, split: _Split) -> _Searched:
    questions = population(grid, model, event, method)
    inside, rest = questions.only(split.calibration), questions.only(~split.calibration)
    steps = search_steps(inside.uncertainty, inside.event, inside.images, split.priority[inside.asked])
    reason = None
    if not len(steps.thresholds):
        reason = grid.reasons.get((CLEAN, model, method)) if steps.n else "no calibration question"
        reason = reason or "no calibration question has a value and an answer"
    return _Searched(grid.dataset, model, event, method, steps, rest, reason)


def _policies(
    cells: Sequence[_Searched], alpha: float, delta: float, looks: int, claimed: bool
) -> Iterator[Policy]:
    """The policies of one model and event: by guarantee and scope, one for each method."""
    n_methods = max(1, sum(cell.no_value is None for cell in cells))
    for guarantee in GUARANTEES:
        for scope, tried in ((ALONE, 1), (BEST_OF_ALL, n_methods)):
            results = [
                None if cell.no_value else find_policy(cell.steps, alpha, delta / (tried * looks), guarantee)
                for cell in cells
            ]
            best = _best(results)
            for place, (cell, result) in enumerate(zip(cells, results, strict=True)):
                asked_for = _Sought(guarantee, scope, tried, alpha, delta, place == best, looks, claimed)
                yield _policy(cell, result, asked_for)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What was asked of a policy, and whether it answers most of all methods."""

    guarantee: Guarantee
    scope: Scope
    n_methods: int
    alpha: float
    delta: float
    """The doubt that was configured; the test of one of several methods, or looks, was made at a share of it."""
    best: bool
    looks: int
    claimed: bool


def _best(results: Sequence[SearchResult | None]) -> int | None:
    """Place of the policy that answers most calibration questions; the first by name where several do."""
    found = [
        (result.coverage or 0.0, -place)
        for place, result in enumerate(results)
        if result and result.threshold is not None
    ]
    return -max(found)[1] if found else None


def _policy(cell: _Searched, result: SearchResult | None, sought: _Sought) -> Policy:
    nothing, chosen = cell.no_value or "", _CHOSEN.get(sought.scope, "methods")
    allowed = Allowed(sought.n_methods, chosen, sought.looks, sought.claimed)
    return Policy(
        dataset=cell.dataset,
        model=cell.model,
        event=cell.event,
        method=cell.method,
        guarantee=sought.guarantee,
        scope=sought.scope,
        n_methods=sought.n_methods,
        alpha=sought.alpha,
        delta=sought.delta,
        verdict=result.verdict if result else None,
        threshold=result.threshold if result else None,
        sentence=policy_sentence(result, cell.method, cell.event, allowed)
        if result
        else f"No policy: {nothing}.",
        promise=policy_promise(result, cell.event, allowed) if result else "",
        calibration=_calibration(cell, result),
        held_out=_checked(cell, result),
        needed_images=result.needed_images if result else None,
        reason=(result.verdict if result.threshold is None else None) if result else nothing,
        best=sought.best,
    )


def _calibration(cell: _Searched, result: SearchResult | None) -> CalibrationSplit:
    return CalibrationSplit(
        n=cell.steps.n,
        images=cell.steps.n_images,
        coverage=result.coverage if result else None,
        risk=result.risk if result else None,
        images_used=result.images_used if result else None,
        events_used=result.events_used if result else None,
        p_accepted=result.p_accepted if result else None,
        p_refused=result.p_refused if result else None,
        lower_limit=result.lower_limit if result else None,
    )


def _checked(cell: _Searched, result: SearchResult | None) -> HeldOut:
    if result is None:
        return unchecked(cell.no_value or "")
    if result.threshold is None:
        return unchecked(result.verdict)
    return held_out(cell.held_out, result.threshold, result.alpha)
