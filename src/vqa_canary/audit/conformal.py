"""Sets of options that hold the right one with a stated probability: LAC and APS, calibrated by image."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import softmax

from vqa_canary.audit.record.findings import Conformal, ConformalSet
from vqa_canary.audit.record.policies import SplitSize
from vqa_canary.audit.splitting import SHARE, calibration_images
from vqa_canary.errors import BadInput
from vqa_canary.estimate import undefined
from vqa_canary.evaluation.image_clusters import image_clusters
from vqa_canary.rows import CLEAN
from vqa_canary.seeding import derive_seed
from vqa_canary.statistics.clusters import number
from vqa_canary.statistics.conformal_scores import (
    aps_scores,
    conformal_quantile,
    image_weights,
    lac_scores,
)
from vqa_canary.statistics.means import image_mean_estimate
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

TARGET = 0.9
"""Probability that a set holds the right option, where nothing else is said."""
BY_IMAGE, BY_QUESTION = "images", "questions"
"""How calibration questions are weighted. Questions about one image are not exchangeable, images are: so weights that
add up to one image each give a level that is proven, and equal weights of questions do not."""
POPULATIONS = {
    BY_IMAGE: "a random question of a random image, on average over calibrations",
    BY_QUESTION: "a random question, on average over calibrations; not proven where questions share images",
}
"""For whom the level holds, by how calibration questions are weighted."""
LAC, APS = "LAC", "APS"
"""How options are ruled out: by their own probability, or by that of all likelier ones together."""


def conformal_table(
    evidence: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    seed: int,
    target: float = TARGET,
    share: float = SHARE,
    randomised: bool = True,
) -> list[Conformal]:
    """One row a data set, model, score (`LAC`, `APS`) and weighting (`images`: the headline, `questions`).

    Clean input; thresholds from the calibration images of `splitting`, everything else on the held-out ones.
    Probabilities are those of the option letters, renormalised. Coverage is on average over calibrations, unlike a
    policy's guarantee, which holds with a stated confidence.

    Parameters
    ----------
    target : probability that a set holds the right option
    randomised : APS with one uniform number a question, from (seed, instance_id); else its deterministic form

    Raises
    ------
    BadInput : target or share is not between 0 and 1, evidence of another number of options
    """
    return [
        _row(cell, score, weighting, target)
        for cell in _cells(evidence, instances, items, seed, share, randomised, target)
        for score in cell.scores
        for weighting in POPULATIONS
    ]


def conformal_sets(
    evidence: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    seed: int,
    target: float = TARGET,
    share: float = SHARE,
    randomised: bool = True,
) -> list[ConformalSet]:
    """The sets of each held-out question, weighting `images`; parameters as for `conformal_table`.

    Raises
    ------
    BadInput : as for `conformal_table`
    """
    rows: list[ConformalSet] = []
    for cell in _cells(evidence, instances, items, seed, share, randomised, target):
        inside = {score: cell.sets(score, BY_IMAGE, target)[0] for score in cell.scores}
        for place, at in enumerate(np.flatnonzero(~cell.calibrates)):
            held = {score: tuple(map(int, np.flatnonzero(sets[place]))) for score, sets in inside.items()}
            rows.append(
                ConformalSet(
                    dataset=cell.dataset,
                    model=cell.model,
                    instance_id=cell.instance_ids[at],
                    item_id=cell.item_ids[at],
                    answer_index=int(cell.answer[at]),
                    lac=held[LAC],
                    aps=held[APS],
                )
            )
    return rows


@dataclass(frozen=True, slots=True)
class _Cell:
    """One model's clean questions of one dataset that have option probabilities; arrays of shape (n, ...)."""

    dataset: str
    model: str
    instance_ids: list[str]
    item_ids: list[str]
    scores: dict[str, NDArray[np.float64]]
    """How strange each option is, by name of the score, shape (n, K); NaN where a question has fewer than K options."""
    is_option: NDArray[np.bool_]
    """Which of the K places hold an option, shape (n, K)."""
    answer: NDArray[np.int64]
    """Index of the right option."""
    images: NDArray[np.int64]
    """Image of each question; the cluster of the intervals."""
    calibrates: NDArray[np.bool_]
    """Which questions set the threshold; the others check it."""
    left_out: int
    """Number of questions without option probabilities."""
    why_left_out: str
    """The commonest reason for that."""

    def sets(self, score: str, weighting: str, target: float) -> tuple[NDArray[np.bool_], float]:
        """Which options are in the set of each held-out question, and the quantile."""
        scores, known = self.scores[score], self.calibrates
        n = int(known.sum())
        # Weights add up to less than one: the rest is that of the image, or the question, still to come.
        weights = image_weights(self.images[known]) if weighting == BY_IMAGE else np.full(n, 1 / (n + 1))
        of_answer = scores[known][np.arange(n), self.answer[known]]
        quantile = conformal_quantile(of_answer, weights, target)
        return (scores[~known] <= quantile) & self.is_option[~known], quantile


def _cells(
    evidence: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    seed: int,
    share: float,
    randomised: bool,
    target: float,
) -> Iterator[_Cell]:
    if not 0 < target < 1:
        raise BadInput(f"conformal target: {target} is not between 0 and 1. For 90 % give 0.9.")
    own = items[["dataset", "item_id"]].assign(cluster=image_clusters(items))
    shown = instances.loc[
        instances["condition"] == CLEAN, ["instance_id", "dataset", "item_id", "options", "answer_index"]
    ].merge(own, on=["dataset", "item_id"])
    asked = evidence.merge(shown, on="instance_id").sort_values(["dataset", "model", "item_id"])
    for dataset, part in asked.groupby("dataset", sort=True):
        chosen = calibration_images(own.loc[own["dataset"] == dataset, "cluster"].unique(), seed, share)
        for model, rows in part.groupby("model", sort=True):
            yield _cell(str(dataset), str(model), rows, chosen, seed, randomised)


def _cell(
    dataset: str, model: str, rows: pd.DataFrame, chosen: frozenset[str], seed: int, randomised: bool
) -> _Cell:
    kept = np.array([_usable(row) for row in rows.to_dict("records")], bool)
    known = rows[kept]
    sizes = known["options"].map(len).to_numpy(np.int64)
    p = np.full((len(known), int(sizes.max(initial=1))), np.nan)
    for at, logprobs in enumerate(known["option_logprobs"]):
        p[at, : sizes[at]] = softmax(np.asarray(logprobs, np.float64))
    ids = known["instance_id"].astype(str).tolist()
    uniform = np.array([derive_seed(seed, name, "APS") / 2**64 for name in ids]) if randomised else None
    return _Cell(
        dataset,
        model,
        ids,
        known["item_id"].astype(str).tolist(),
        {LAC: lac_scores(p), APS: aps_scores(p, uniform)},
        ~np.isnan(p),
        known["answer_index"].to_numpy(np.int64),
        number(known["cluster"].to_numpy(str))[0],
        known["cluster"].isin(chosen).to_numpy(bool),
        int((~kept).sum()),
        _why(rows[~kept]),
    )


def _usable(row: dict[Any, Any]) -> bool:
    """Whether an answered question has a probability for each option, and a right one."""
    logprobs, answer = row["option_logprobs"], row["answer_index"]
    if (
        row["status"] != "ok"
        or logprobs is None
        or np.ndim(logprobs) == 0
        or answer != answer
        or answer is None
    ):
        return False
    if len(logprobs) != len(row["options"]):
        raise BadInput(
            f"evidence of {row['model']}, instance {row['instance_id']}, option_logprobs: {len(logprobs)} values for "
            f"{len(row['options'])} options. Make the evidence again."
        )
    values = np.asarray(logprobs, np.float64)
    return bool(len(values) and not np.isnan(values).any() and np.isfinite(values).any())


def _why(rows: pd.DataFrame) -> str:
    """Commonest reason why questions have no option probabilities."""
    reasons: Counter[str] = Counter()
    for row in rows.to_dict("records"):
        gaps = row.get("gaps")
        named = [gap["reason"] for gap in (gaps if gaps is not None and np.ndim(gaps) else ())
                 if gap["field"] == "option_logprobs"]  # fmt: skip
        failed = f"failed: {row.get('error')}" if row["status"] != "ok" else "no option_logprobs"
        reasons[named[0] if named else failed] += 1
    return min(reasons, key=lambda name: (-reasons[name], name), default="no question was asked")


def _row(cell: _Cell, score: str, weighting: str, target: float) -> Conformal:
    sets, quantile = cell.sets(score, weighting, target)
    known, rest = cell.calibrates, ~cell.calibrates
    n_images = len(np.unique(cell.images[known]))
    sizes, options = sets.sum(axis=1), cell.is_option[rest].sum(axis=1)
    hit = sets[np.arange(len(sets)), cell.answer[rest]]
    nothing = undefined("no held-out question" if len(cell.answer) else cell.why_left_out)

    def mean(values: NDArray[Any]) -> float | None:
        return float(values.mean()) if len(hit) else None

    coverage = proportion(hit, cell.images[rest]) if len(hit) else nothing
    of_images = image_mean_estimate(hit, cell.images[rest], 0.0, 1.0) if len(hit) else nothing
    return Conformal(
        dataset=cell.dataset,
        model=cell.model,
        score=score,
        weighting=weighting,
        target=target,
        population=POPULATIONS[weighting],
        quantile=quantile if isfinite(quantile) else None,
        calibration=SplitSize(n=int(known.sum()), images=n_images),
        coverage=coverage,
        coverage_of_images=of_images,
        mean_size=mean(sizes),
        empty=mean(sizes == 0),
        single=mean(sizes == 1),
        all=mean(sizes == options),
        left_out=cell.left_out,
        reason=_reason(cell, weighting, target, quantile, n_images),
    )


def _reason(cell: _Cell, weighting: str, target: float, quantile: float, images: int) -> str | None:
    if not len(cell.answer):
        return cell.why_left_out
    if isfinite(quantile):
        return None if len(cell.answer) > cell.calibrates.sum() else "no held-out question"
    # With m equal weights of 1 / (m + 1), their sum reaches the target only where m / (m + 1) does.
    needed = ceil(target / (1 - target) - 1e-9)
    here = images if weighting == BY_IMAGE else int(cell.calibrates.sum())
    return f"every set holds all options: {needed} calibration {weighting} are needed, there are {here}"
