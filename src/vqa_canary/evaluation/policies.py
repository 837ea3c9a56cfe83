"""Escalation policies of every model, event and method, found on one half of the images and checked on the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.evaluation.estimate import Estimate, undefined
from vqa_canary.evaluation.grid import CLEAN, Grid, grids
from vqa_canary.evaluation.means import image_mean_estimate
from vqa_canary.evaluation.policy import GUARANTEES, Guarantee, Policy, find_policy, policy_sentence
from vqa_canary.evaluation.policy_search import Steps, search_steps
from vqa_canary.evaluation.proportions import proportion
from vqa_canary.evaluation.splitting import SHARE, calibration_images, priorities

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

ERROR = "error"
COLLAPSE = "collapse"
Scope = Literal["alone", "best of M"]
SCOPES: tuple[Scope, ...] = ("alone", "best of M")
NO_POLICY = "no policy"


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
    BadInput : alpha, delta or share is not between 0 and 1; a method that was not scored; a score whose item or
        instance is unknown, or two scores of one key
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
class Population:
    """The questions that an event is about; arrays of shape (n,)."""

    uncertainty: NDArray[np.float64]
    """On clean input; NaN is escalated."""
    event: NDArray[np.float64]
    """1, 0, or NaN where there is no clean answer: escalated."""
    images: NDArray[np.int64]
    asked: NDArray[np.bool_]
    """Shape (items of the grid,): which they are."""

    def only(self, mask: NDArray[np.bool_]) -> Population:
        """Those of them that are in `mask`, shape (items of the grid,)."""
        kept = mask[self.asked]
        return Population(self.uncertainty[kept], self.event[kept], self.images[kept], self.asked & mask)


def population(grid: Grid, model: str, event: str, method: str) -> Population:
    """The questions of `error`, or of `collapse:<condition>`."""
    clean = grid.at(CLEAN, model, method)
    correct = grid.correct[clean]
    asked = grid.failed[clean] | ~np.isnan(grid.named[clean])
    happened = np.where(np.isnan(correct), np.nan, correct == 0)
    if event != ERROR:
        shown = grid.correct[grid.at(event.partition(":")[2], model, method)]
        asked = asked & grid.nota_valid & ~np.isnan(shown)
        happened = np.where(np.isnan(correct), np.nan, (correct == 1) & (shown == 0))
    return Population(grid.uncertainty[clean][asked], happened[asked], grid.images[asked], asked)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A policy on images that it was not found on."""

    coverage: Estimate
    """Share of questions that are answered."""
    risk: Estimate
    """Share of events among these."""
    image_risk: Estimate
    """Mean over images with an answer of the share of events among their answers."""


def held_out(questions: Population, threshold: float) -> HeldOut:
    """What answering at most `threshold` does."""
    answered = (questions.uncertainty <= threshold) & ~np.isnan(questions.event)
    event, images = questions.event[answered] > 0, questions.images[answered]
    risk = proportion(event, images)
    if not answered.any():
        nothing = undefined("no question is answered")
        return HeldOut(proportion(answered, questions.images), nothing, nothing)
    return HeldOut(proportion(answered, questions.images), risk, image_mean_estimate(event, images, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class _Searched:
    """One cell: what was tried on one half, and what it is checked on."""

    about: dict[str, str]
    steps: Steps
    held_out: Population
    no_value: str | None
    """Why there is nothing to search, if so."""


def in_calibration(grid: Grid, items: pd.DataFrame, seed: int, share: float = SHARE) -> NDArray[np.bool_]:
    """Which items of the grid calibrate, shape (items,): a split of all the dataset's images, scored or not."""
    every = items.loc[items["dataset"] == grid.dataset, "image_id"]
    return grid.items["image_id"].isin(calibration_images(every.unique(), seed, share)).to_numpy(bool)


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
    n_methods = max(1, sum(cell.no_value is None for cell in cells))
    checked: dict[tuple[int, float], HeldOut] = {}
    for guarantee in GUARANTEES:
        for scope in SCOPES:
            tried = n_methods if scope == "best of M" else 1
            found = [
                None if cell.no_value else find_policy(cell.steps, alpha, delta / tried, guarantee)
                for cell in cells
            ]
            coverage = [one.coverage if one and one.threshold is not None else None for one in found]
            best = max((value for value in coverage if value is not None), default=None)
            first = coverage.index(best) if best is not None else None
            for k, (cell, policy) in enumerate(zip(cells, found, strict=True)):
                if policy is not None and policy.threshold is not None:
                    key = k, policy.threshold
                    checked[key] = checked.get(key) or held_out(cell.held_out, policy.threshold)
                    check = checked[key]
                else:
                    check = None
                yield {
                    **cell.about,
                    "guarantee": guarantee,
                    "scope": scope,
                    "n_methods": tried,
                    "alpha": alpha,
                    "delta": delta,
                    **_columns(cell, guarantee, policy, check, tried),
                    "best": k == first,
                }


def _columns(
    cell: _Searched, guarantee: Guarantee, policy: Policy | None, check: HeldOut | None, n_methods: int
) -> dict[str, Any]:
    calibration = dict.fromkeys(_CALIBRATION) | {"n": cell.steps.n, "images": cell.steps.n_images}
    if policy is None:
        reason = cell.no_value or ""
        sentence = f"No policy: {reason}."
        return {
            "verdict": None,
            "threshold": None,
            "sentence": sentence,
            "calibration": calibration,
            "held_out": _checked(None, 0.0, reason),
            "needed_images": None,
            "reason": reason,
        }
    sentence = policy_sentence(policy, cell.about["method"], cell.about["event"], n_methods)
    found = policy.threshold is not None
    return {
        "verdict": policy.verdict,
        "threshold": policy.threshold,
        "sentence": sentence,
        "calibration": calibration | {name: getattr(policy, name) for name in _CALIBRATION[2:]},
        "held_out": _checked(check, policy.alpha, policy.verdict),
        "needed_images": policy.needed_images,
        "reason": None if found else policy.verdict,
    }


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


def _checked(check: HeldOut | None, alpha: float, reason: str) -> dict[str, Any]:
    if check is None:
        nothing = asdict(undefined(reason))
        return {"coverage": nothing, "risk": nothing, "image_risk": nothing, "holds": None}
    low, high = check.risk.ci_low, check.risk.ci_high
    holds: str | None = "cannot tell"
    if check.risk.value is None:
        holds = None
    elif high is not None and high <= alpha:
        holds = "holds"
    elif low is not None and low > alpha:
        holds = "exceeds"
    return asdict(check) | {"holds": holds}
