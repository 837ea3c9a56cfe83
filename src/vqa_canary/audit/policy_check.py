"""Which questions a policy is about, which of them find it, and what it does on the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.splitting import SHARE, calibration_images
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.evaluation.grid import Grid
from vqa_canary.evaluation.image_clusters import image_clusters
from vqa_canary.statistics.means import image_mean_estimate
from vqa_canary.statistics.proportions import proportion
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ERROR = "error"
COLLAPSE = "collapse"


def in_calibration(grid: Grid, items: pd.DataFrame, seed: int, share: float = SHARE) -> NDArray[np.bool_]:
    """Which items of the grid calibrate, shape (items,): a split of all the dataset's images, scored or not."""
    every = items[items["dataset"] == grid.dataset]
    clusters = image_clusters(every)
    chosen = every["item_id"][np.isin(clusters, list(calibration_images(clusters, seed, share)))]
    return grid.items["item_id"].isin(chosen).to_numpy(bool)


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
