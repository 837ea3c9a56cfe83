"""Escalation policies of every model, event and method, found on one half of the images and checked on the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from vqa_canary.audit.policy import GUARANTEES, Policy, find_policy, policy_sentence
from vqa_canary.audit.policy_check import (
    COLLAPSE,
    ERROR,
    HeldOut,
    Population,
    held_out,
    in_calibration,
    population,
)
from vqa_canary.audit.policy_search import Steps, search_steps
from vqa_canary.audit.splitting import SHARE, priorities
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.estimate import undefined
from vqa_canary.evaluation.grid import Grid, grids
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Scope = Literal["alone", "best of M"]
SCOPES: tuple[Scope, ...] = ("alone", "best of M")


def policies_table(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    alpha: float,
    delta: float,
    seed: int,
    nota_conditions: Sequence[str],
    methods: Sequence[str] | None = None,
    share: float = SHARE,
) -> list[dict[str, Any]]:
    """Rows dataset x model x event x method x guarantee x scope, JSON-ready.

    Events: `error`, wrong on clean input, of all questions asked; `collapse:<condition>`, right on clean input and
    wrong under the condition, of the `nota_valid` questions asked clean and answered under it. A question
    without a value or without a clean answer is always escalated, and counts where coverage is counted.

    Scopes: `alone` holds for a method named before the data were seen; `best of M` tests at delta / M, M the
    methods with any value on the calibration half, so that the best of them may be taken.
    Each event is a statement of its own: no adjustment is made over events.

    Parameters
    ----------
    alpha : largest share of events among answered questions
    delta : probability with which a policy may be found that breaks `alpha`
    seed : of the split by image and of the order of questions
    methods : those to try; all by default
    share : of the images that calibrate

    Returns
    -------
    keys dataset, model, event, method, guarantee, scope, n_methods (M), alpha, delta (as given), verdict (of
    `policy.Verdict`, None where the method has no value), threshold (answer if uncertainty <= it), sentence,
    calibration {n, images, coverage, risk, images_used, events_used, p_accepted, p_refused, lower_limit; where there
    is no policy, at the first threshold tested}, held_out {coverage, risk, image_risk (of a random image with an
    answer), all estimates, holds: `holds` (upper limit of risk <= alpha), `exceeds` (lower limit > alpha),
    `cannot tell`, or None}, needed_images, best (whether this method answers most calibration questions,
    of its model, event, guarantee and scope; the first by name on ties), reason. An estimate is {value, ci_low,
    ci_high, n, n_clusters, reason}.

    Raises
    ------
    BadInput : alpha or share is not between 0 and 1, delta not between 0 and .5; a method that was not scored; a score
        whose item or instance is unknown, or two scores of one key
    """
    for name in methods or ():
        if name not in (known := sorted(scores["method"].unique())):
            raise BadInput(
                f"policy methods: {name!r} was not scored.{did_you_mean(name, known)} Use {known}."
            )
    rows: list[dict[str, Any]] = []
    for grid in grids(scores, instances, items):
        if CLEAN not in grid.conditions:
            continue
        split = _Split(in_calibration(grid, items, seed, share), priorities(grid.items["item_id"], seed))
        chosen = [name for name in grid.methods if methods is None or name in methods]
        for model in grid.models:
            for event in (ERROR, *(f"{COLLAPSE}:{one}" for one in nota_conditions if one in grid.conditions)):
                found = [_searched(grid, model, event, name, split) for name in chosen]
                rows += _rows(found, alpha, delta)
    return rows


@dataclass(frozen=True, slots=True)
class _Split:
    calibration: NDArray[np.bool_]
    """Shape (items of the grid,)."""
    priority: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Searched:
    """One cell: what was tried on one half, and what it is checked on."""

    about: dict[str, str]
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
    about = {"dataset": grid.dataset, "model": model, "event": event, "method": method}
    return _Searched(about, steps, rest, reason)


def _rows(cells: Sequence[_Searched], alpha: float, delta: float) -> Iterator[dict[str, Any]]:
    """Rows of one model and event: every method, then by guarantee and scope."""
    n_methods = max(1, sum(cell.no_value is None for cell in cells))
    for guarantee in GUARANTEES:
        for scope in SCOPES:
            tried = n_methods if scope == "best of M" else 1
            found = [
                None if cell.no_value else find_policy(cell.steps, alpha, delta / tried, guarantee)
                for cell in cells
            ]
            best = _best(found)
            for place, (cell, policy) in enumerate(zip(cells, found, strict=True)):
                yield {
                    **cell.about,
                    "guarantee": guarantee,
                    "scope": scope,
                    "n_methods": tried,
                    "alpha": alpha,
                    "delta": delta,
                    **(_unasked(cell) if policy is None else _columns(cell, policy, tried)),
                    "best": place == best,
                }


def _best(policies: Sequence[Policy | None]) -> int | None:
    """Place of the policy that answers most calibration questions."""
    found = [(one.coverage or 0.0, -k) for k, one in enumerate(policies) if one and one.threshold is not None]
    return -max(found)[1] if found else None


def _unasked(cell: _Searched) -> dict[str, Any]:
    reason = cell.no_value or ""
    return {
        "verdict": None,
        "threshold": None,
        "sentence": f"No policy: {reason}.",
        "calibration": dict.fromkeys(_CALIBRATION) | _asked(cell),
        "held_out": _unchecked(reason),
        "needed_images": None,
        "reason": reason,
    }


def _columns(cell: _Searched, policy: Policy, n_methods: int) -> dict[str, Any]:
    return {
        "verdict": policy.verdict,
        "threshold": policy.threshold,
        "sentence": policy_sentence(policy, cell.about["method"], cell.about["event"], n_methods),
        "calibration": _asked(cell) | {name: getattr(policy, name) for name in _CALIBRATION[2:]},
        "held_out": _checked(cell, policy),
        "needed_images": policy.needed_images,
        "reason": policy.verdict if policy.threshold is None else None,
    }


def _asked(cell: _Searched) -> dict[str, int]:
    return {"n": cell.steps.n, "images": cell.steps.n_images}


_CALIBRATION = (
    "n",
    "images",
    "coverage",
    "risk",
    "images_used",
    "events_used",
    "p_accepted",
    "p_refused",
    "lower_limit",
)


def _unchecked(reason: str) -> dict[str, Any]:
    nothing = asdict(undefined(reason))
    return {"coverage": nothing, "risk": nothing, "image_risk": nothing, "holds": None}


def _checked(cell: _Searched, policy: Policy) -> dict[str, Any]:
    if policy.threshold is None:
        return _unchecked(policy.verdict)
    check = held_out(cell.held_out, policy.threshold)
    return asdict(check) | {"holds": _holds(check, policy.alpha)}


def _holds(check: HeldOut, alpha: float) -> str | None:
    low, high = check.risk.ci_low, check.risk.ci_high
    if check.risk.value is None:
        return None
    if high is not None and high <= alpha:
        return "holds"
    return "exceeds" if low is not None and low > alpha else "cannot tell"
