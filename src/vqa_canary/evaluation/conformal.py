"""Sets of options that hold the right one with a stated probability: LAC and APS, calibrated by image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vqa_canary.evaluation.splitting import SHARE

if TYPE_CHECKING:
    import pandas as pd

TARGET = 0.9


def conformal_table(
    evidence: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    seed: int,
    target: float = TARGET,
    share: float = SHARE,
) -> list[dict[str, Any]]:
    """Rows dataset x model x score (`LAC`, `APS`) x weighting (`images`: the headline, `questions`), JSON-ready.

    Returns
    -------
    keys dataset, model, score, weighting, target, population (whom the level is for, in words), quantile (None where
    every set must hold all options), calibration {n, images}, coverage (estimate, share of held-out questions whose set
    holds the answer), image_coverage (estimate, its mean over images), mean_size, empty_share, single_share,
    all_share (None without held-out questions), left_out (questions without option probabilities), reason
    """
    raise NotImplementedError


def conformal_sets(
    evidence: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    seed: int,
    target: float = TARGET,
    share: float = SHARE,
) -> list[dict[str, Any]]:
    """The sets of each held-out question, weighting `images`.

    Returns
    -------
    keys dataset, model, instance_id, item_id, answer_index, lac, aps (indices of options, ascending)
    """
    raise NotImplementedError
