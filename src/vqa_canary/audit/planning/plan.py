"""The plan of an audit: what its questions can show, before any of them is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from vqa_canary.audit.exact_test import images_for_lasting_power, images_for_power
from vqa_canary.audit.planning.first_threshold import can_find, first_threshold, images_for_search
from vqa_canary.audit.planning.record import (
    VERSION,
    CollapsePlan,
    DatasetPlan,
    Guesses,
    NeededImages,
    Plan,
    PolicyPlan,
    SharePlan,
)
from vqa_canary.audit.planning.widths import interval_of_share, smallest_paired_difference
from vqa_canary.audit.policy import images_needed
from vqa_canary.audit.splitting import calibration_images
from vqa_canary.audit.subgroups import UNKNOWN, check_columns, warning
from vqa_canary.audit.terms import collapse_under
from vqa_canary.estimate import Estimate
from vqa_canary.evaluation.image_clusters import image_clusters
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.audit.record.policies import AuditTarget

WIDEST = 0.5
"""The collapse rate that is supposed: no other has a wider interval."""
USUAL_ERRORS = (0.0, 0.2, 0.4)
"""Guesses of the true error, as shares of the error that is tolerated, where none are given."""
_ROUNDING = 1e-9


class PlannedModel(NamedTuple):
    """A model that will be asked."""

    name: str
    costs: bool
    """Whether asking it costs calls."""
    n_methods: int
    """Number of UE methods that may have a value for it."""


def make_plan(
    items: pd.DataFrame,
    instances: pd.DataFrame,
    models: Sequence[PlannedModel],
    target: AuditTarget,
    guesses: Guesses,
    looks: int = 1,
    *,
    seed: int,
    nota_conditions: Sequence[str],
    subgroups: Sequence[str],
) -> Plan:
    """What can be shown of each model on each data set.

    Parameters
    ----------
    items : of the study, asked or not: the images of all of them are split; attributes as columns
    instances : what will be asked
    looks : how many looks at the answers are planned, the first among them; every test of each is made at its share of
        the doubt
    seed : of the split
    nota_conditions : the conditions that hide the right option
    subgroups : columns of `items`

    Raises
    ------
    BadInput : no such column
    """
    check_columns(items, subgroups)
    plans = []
    for dataset, shown in instances.groupby("dataset", sort=True):
        if CLEAN not in set(shown["condition"]):
            continue  # without answers to the questions as they stand there are no policies
        asked = _asked(items[items["dataset"] == dataset], shown, target.share, seed)
        plans += [
            _of_model(asked, str(dataset), model, target, guesses, looks, nota_conditions, subgroups)
            for model in models
        ]
    return Plan(version=VERSION, target=target, guesses=guesses, looks=looks, datasets=tuple(plans))


def usual_errors(alpha: float) -> tuple[float, ...]:
    """Guesses of the true error where none are given: 0, 1 and 2 % at a target of 5 %."""
    return tuple(round(share * alpha, 12) for share in USUAL_ERRORS)


class _Asked(NamedTuple):
    """The questions of a data set that will be asked as they stand."""

    items: pd.DataFrame
    images: NDArray[np.str_]
    """Image of each."""
    calibrates: NDArray[np.bool_]
    under: dict[str, NDArray[np.bool_]]
    """Which of them are asked under each condition."""

    def sizes(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Number of questions of each image that has one in `mask`."""
        return np.unique(self.images[mask], return_counts=True)[1].astype(np.int64)


def _asked(every: pd.DataFrame, shown: pd.DataFrame, share: float, seed: int) -> _Asked:
    clusters = image_clusters(every)
    in_calibration = np.isin(clusters, list(calibration_images(clusters, seed, share)))
    clean = every["item_id"].isin(shown.loc[shown["condition"] == CLEAN, "item_id"]).to_numpy(bool)
    items = every[clean].reset_index(drop=True)
    under = {
        str(name): items["item_id"].isin(rows["item_id"]).to_numpy(bool)
        for name, rows in shown.groupby("condition")
    }
    return _Asked(items, clusters[clean], in_calibration[clean], under)


def _of_model(
    asked: _Asked,
    dataset: str,
    model: PlannedModel,
    target: AuditTarget,
    guesses: Guesses,
    looks: int,
    nota_conditions: Sequence[str],
    subgroups: Sequence[str],
) -> DatasetPlan:
    every = np.ones(len(asked.items), bool)
    sizes, calibrating = asked.sizes(every), asked.sizes(asked.calibrates)
    tried = [1, model.n_methods] if target.method else [model.n_methods, 1]
    shares = _subgroups(asked, subgroups, guesses)
    return DatasetPlan(
        dataset=dataset,
        model=model.name,
        costs=model.costs,
        questions=int(sizes.sum()),
        images=len(sizes),
        calibration_questions=int(calibrating.sum()),
        calibration_images=len(calibrating),
        policies=tuple(_policy(calibrating, n, target, guesses, looks) for n in dict.fromkeys(tried)),
        collapses=tuple(
            _collapse(asked, name, target, guesses, tried[0] * looks)
            for name in nota_conditions
            if name in asked.under
        ),
        subgroups=tuple(shares),
        smallest_difference=smallest_paired_difference(
            guesses.changed, sizes, guesses.likeness, guesses.power
        ),
    )


def _policy(
    sizes: NDArray[np.int64], n_methods: int, target: AuditTarget, guesses: Guesses, looks: int
) -> PolicyPlan:
    alpha, delta = target.alpha, target.delta / (n_methods * looks)
    possible = can_find(len(sizes), alpha, delta)
    first = first_threshold(sizes, alpha, delta) if possible else None
    return PolicyPlan(
        n_methods=n_methods,
        least=images_needed(alpha, delta),
        possible=possible,
        coverage=first.coverage if first else None,
        images=first.images if first else None,
        errors_allowed=first.errors_allowed if first else None,
        chances=tuple(first.chance(error) for error in guesses.errors) if first else (),
        needed=tuple(_needed(error, alpha, delta, guesses.power, target.share) for error in guesses.errors),
    )


def _needed(error: float, alpha: float, delta: float, power: float, share: float) -> NeededImages:
    search = images_for_search(error, alpha, delta, power)
    return NeededImages(
        error=error,
        images=images_for_power(error, alpha, delta, power),
        lasting=images_for_lasting_power(error, alpha, delta, power),
        search=search,
        in_all=ceil(search / share - _ROUNDING) if search else None,
        in_all_at_half=ceil(2 * search / share - _ROUNDING) if search else None,
    )


def _collapse(
    asked: _Asked, condition: str, target: AuditTarget, guesses: Guesses, tests: int
) -> CollapsePlan:
    """The rate among the fair questions that are answered rightly, each of which is so with the guessed accuracy."""
    fair = asked.under[condition] & asked.items["nota_valid"].to_numpy(bool)
    share = _share(
        collapse_under(condition), asked.sizes(fair).astype(np.float64) * guesses.accuracy, WIDEST, guesses
    )
    fair_images = len(asked.sizes(fair & asked.calibrates))
    possible = can_find(fair_images, target.alpha, target.delta / tests)
    return CollapsePlan(**share.model_dump(), fair_images=fair_images, policy_possible=possible)


def _subgroups(asked: _Asked, columns: Sequence[str], guesses: Guesses) -> Iterator[SharePlan]:
    every = np.ones(len(asked.items), bool)
    yield _share("all", asked.sizes(every), guesses.accuracy, guesses)
    for column in columns:
        values = asked.items[column].astype(object)
        named = values.where(values.notna(), UNKNOWN).astype(str).to_numpy(str)
        for value in np.unique(named):
            yield _share(f"{column}={value}", asked.sizes(named == value), guesses.accuracy, guesses)


def _share(
    name: str, sizes: NDArray[np.int64] | NDArray[np.float64], share: float, guesses: Guesses
) -> SharePlan:
    interval = interval_of_share(share, sizes, guesses.likeness)
    low, high = interval or (None, None)
    questions = float(sizes.sum())
    told = Estimate(share, low, high, round(questions), len(sizes))
    return SharePlan(
        name=name,
        questions=questions,
        images=len(sizes),
        share=share,
        low=low,
        high=high,
        warning=warning(told) if questions else "no question",
    )
