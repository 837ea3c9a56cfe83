"""The scores of one dataset as dense arrays whose last axis is the item."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vqa_canary.errors import BadInput
from vqa_canary.evaluation.cell import Cell
from vqa_canary.evaluation.image_clusters import image_clusters, image_pairs
from vqa_canary.evaluation.swap import SWAP
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.clusters import number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

EVERY_ITEM = slice(None)
PER_MODEL = ("uncertainty", "confidence", "stated", "correct", "named", "choice", "failed")
"""Arrays of a grid that are indexed [condition, model, method, item]."""


@dataclass(frozen=True)
class Grid:
    """Scores of one dataset, indexed [condition, model, method, item]; NaN where there is none."""

    dataset: str
    items: pd.DataFrame
    """Rows of `items` that were shown, sorted by `item_id`: the last axis."""
    images: NDArray[np.int64]
    """Image of each item, numbered from 0: the clusters. Items that share one of several images have one number."""
    image_ids: NDArray[np.str_]
    """Id of each item's cluster, shape (items,): that of its image, or the smallest of those that it hangs together
    with."""
    pair_ids: NDArray[np.str_]
    """Id of the pair of images that each item hangs together with, shape (items,): the clusters under
    `image_swap_pair`, where items about either of two images are shown with the other one."""
    conditions: tuple[str, ...]
    """`clean` first, the others by name."""
    models: tuple[str, ...]
    methods: tuple[str, ...]
    uncertainty: NDArray[np.float64]
    confidence: NDArray[np.float64]
    """Probability of being right, by the setting `calibration`: see `evaluation.confidences`."""
    stated: NDArray[np.float64]
    """The method's own probability of being right, as in `scores`."""
    correct: NDArray[np.float64]
    """1, 0 or NaN."""
    named: NDArray[np.float64]
    """1 if the answer named an option, 0 if not, NaN if there was no answer."""
    choice: NDArray[np.float64]
    """Index of the option that was answered, NaN if none was named."""
    failed: NDArray[np.bool_]
    chance: NDArray[np.float64]
    """One over the number of options, shape (conditions, items); NaN where not shown."""
    reasons: dict[tuple[str, str, str], str]
    """Commonest reason for a null uncertainty, by (condition, model, method)."""
    unfitted: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """Why there is no confidence although there are uncertainties, by (condition, model, method)."""
    calibration: str = "none"
    """How confidences were made: a way of `evaluation.confidences`."""

    @cached_property
    def one_label(self) -> bool:
        """Whether all methods are judged on the same errors."""
        first = self.correct[:, :, :1]
        return bool(((self.correct == first) | (np.isnan(self.correct) & np.isnan(first))).all())

    @cached_property
    def stating(self) -> tuple[str, ...]:
        """Methods that are probabilities of being right themselves."""
        told = [not np.isnan(self.stated[:, :, at]).all() for at in range(len(self.methods))]
        return tuple(compress(self.methods, told))

    @property
    def nota_valid(self) -> NDArray[np.bool_]:
        """Items that stay a fair question when the answer is hidden."""
        return self.items["nota_valid"].to_numpy(bool)

    @cached_property
    def question_words(self) -> NDArray[np.float64]:
        """Words of each item's question, shape (items,)."""
        return np.array([len(question.split()) for question in self.items["question"]], np.float64)

    def at(self, condition: str, model: str, method: str) -> tuple[int, int, int]:
        """Index of a cell, into arrays whose last axis is the item.

        Raises
        ------
        ValueError : it was not run
        """
        return self.conditions.index(condition), self.models.index(model), self.methods.index(method)

    def cell(
        self, condition: str, model: str, method: str, mask: NDArray[np.bool_] | slice = EVERY_ITEM
    ) -> Cell:
        """What one method says of one model's answers under one condition, on the items of `mask`.

        Parameters
        ----------
        mask : shape (items,), such as `fair(condition)`

        Raises
        ------
        ValueError : it was not run
        """
        at = self.at(condition, model, method)
        return Cell(
            uncertainty=self.uncertainty[at][mask],
            confidence=self.confidence[at][mask],
            stated=self.stated[at][mask],
            correct=self.correct[at][mask],
            named=self.named[at][mask],
            choice=self.choice[at][mask],
            failed=self.failed[at][mask],
            chance=self.chance[at[0]][mask],
            images=self.clusters(condition)[mask],
            no_value=self.reasons.get((condition, model, method)),
            no_confidence=self.unfitted.get((condition, model, method)),
        )

    @cached_property
    def pairs(self) -> NDArray[np.int64]:
        """Pair of images of each item, numbered from 0, shape (items,)."""
        return number(self.pair_ids)[0]

    def clusters(self, condition: str) -> NDArray[np.int64]:
        """Cluster of each item under a condition, shape (items,): its image, or the pair of its image."""
        return self.pairs if condition == SWAP else self.images

    def fair(self, condition: str) -> NDArray[np.bool_]:
        """The items that a claim under a condition is about, shape (items,): all when clean, else `nota_valid`."""
        return np.ones(len(self.items), bool) if condition == CLEAN else self.nota_valid

    def n_fair_images(self, condition: str) -> int:
        """How many images the items of `fair` are about; images that hang together count once."""
        return len(np.unique(self.images[self.fair(condition)]))

    def of_models(self, models: Collection[str]) -> Grid:
        """The grid that the scores of these models alone would give."""
        of_model = np.isin(self.models, list(models))
        asked = (self.failed | ~np.isnan(self.named)) & of_model[:, None, None]
        conditions, methods, shown = (
            np.asarray(asked.any(axis=axes)) for axes in ((1, 2, 3), (0, 1, 3), (0, 1, 2))
        )
        part = np.ix_(conditions, of_model, methods, shown)
        arrays: dict[str, Any] = {name: getattr(self, name)[part] for name in PER_MODEL}
        return replace(
            self,
            items=self.items.loc[shown].reset_index(drop=True),
            images=number(self.images[shown])[0],
            image_ids=self.image_ids[shown],
            pair_ids=self.pair_ids[shown],
            conditions=tuple(compress(self.conditions, conditions)),
            models=tuple(compress(self.models, of_model)),
            methods=tuple(compress(self.methods, methods)),
            chance=self.chance[np.ix_(conditions, shown)],
            reasons={key: why for key, why in self.reasons.items() if key[1] in models},
            unfitted={key: why for key, why in self.unfitted.items() if key[1] in models},
            **arrays,
        )

    def only(self, mask: NDArray[np.bool_]) -> Grid:
        """The items of `mask`, shape (items,); images keep their numbers."""
        arrays: dict[str, Any] = {name: getattr(self, name)[..., mask] for name in (*PER_MODEL, "chance")}
        items = self.items[mask].reset_index(drop=True)
        return replace(
            self,
            items=items,
            images=self.images[mask],
            image_ids=self.image_ids[mask],
            pair_ids=self.pair_ids[mask],
            **arrays,
        )


def subsets(grid: Grid, subgroups: Sequence[str]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Name and items, shape (items,), of each subset: all, `nota_valid`, and every value of the columns `subgroups`."""
    yield "all", np.ones(len(grid.items), bool)
    yield "nota_valid", grid.nota_valid
    for column in subgroups:
        values = grid.items[column].fillna("unknown").to_numpy(str)
        for value in np.unique(values):
            yield f"{column}={value}", values == value


def clean_accuracy(grid: Grid, model: str, method: str) -> float | None:
    """Accuracy on clean `nota_valid` items, beside which an AUROC is read; None without any answer."""
    correct = grid.cell(CLEAN, model, method, grid.nota_valid).correct
    known = correct[~np.isnan(correct)]
    return float(known.mean()) if len(known) else None


def grids(scores: pd.DataFrame, instances: pd.DataFrame, items: pd.DataFrame) -> list[Grid]:
    """One `Grid` a dataset, in order of its name. Row order does not matter.

    Parameters
    ----------
    items : columns beside those of the table, such as attributes, can be subgroups

    Raises
    ------
    BadInput : a score whose item or instance is unknown, or two scores of one key
    """
    twice = scores.duplicated(["model", "instance_id", "method"])
    if twice.any():
        _refuse(scores, twice.to_numpy(), "a second row with this key. Keep one.")
    strange = ~scores["instance_id"].isin(instances["instance_id"]).to_numpy()
    if strange.any():
        _refuse(scores, strange, "no such row in instances. Score the evidence again.")
    return [
        _grid(
            str(dataset),
            rows,
            instances[instances["dataset"] == dataset],
            items[items["dataset"] == dataset],
        )
        for dataset, rows in scores.groupby("dataset", sort=True)
    ]


def _grid(dataset: str, scores: pd.DataFrame, instances: pd.DataFrame, items: pd.DataFrame) -> Grid:
    shown = items[items["item_id"].isin(scores["item_id"].unique())].sort_values("item_id", ignore_index=True)
    clusters = pd.Series(image_clusters(items), items["item_id"])
    ids = pd.Index(shown["item_id"])
    item = ids.get_indexer(scores["item_id"])
    if (item < 0).any():
        _refuse(scores, item < 0, "its item is not in items. Make instances from these items.")
    conditions = sorted(scores["condition"].unique(), key=lambda name: (name != CLEAN, name))
    models, methods = sorted(scores["model"].unique()), sorted(scores["method"].unique())
    place = (
        pd.Index(conditions).get_indexer(scores["condition"]),
        pd.Index(models).get_indexer(scores["model"]),
        pd.Index(methods).get_indexer(scores["method"]),
        item,
    )
    shape = len(conditions), len(models), len(methods), len(shown)

    def fill(values: Any, empty: float = np.nan) -> NDArray[np.float64]:
        array = np.full(shape, empty)
        array[place] = values
        return array

    failed = scores["reason"].str.startswith("failed", na=False).to_numpy(bool)
    image_ids = clusters[ids].to_numpy(str)
    stated = fill(scores["confidence"].to_numpy(np.float64))
    listed = instances[instances["item_id"].isin(ids) & instances["condition"].isin(conditions)]
    chance = np.full((len(conditions), len(shown)), np.nan)
    at = pd.Index(conditions).get_indexer(listed["condition"]), ids.get_indexer(listed["item_id"])
    chance[at] = 1 / listed["options"].map(len).to_numpy(np.float64)
    return Grid(
        dataset=dataset,
        items=shown,
        images=number(image_ids)[0],
        image_ids=image_ids,
        pair_ids=image_pairs(shown, instances[instances["condition"] == SWAP]),
        conditions=tuple(conditions),
        models=tuple(models),
        methods=tuple(methods),
        uncertainty=fill(scores["uncertainty"].to_numpy(np.float64)),
        confidence=stated,
        stated=stated,
        correct=fill(scores["correct"].to_numpy(np.float64, na_value=np.nan)),
        named=fill(np.where(failed, np.nan, scores["choice"].notna())),
        choice=fill(scores["choice"].to_numpy(np.float64, na_value=np.nan)),
        failed=fill(failed, 0.0) > 0,
        chance=chance,
        reasons=_reasons(scores),
    )


def _reasons(scores: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    without = scores[scores["uncertainty"].isna()]
    reasons: dict[tuple[str, str, str], str] = {}
    for key, given in without.groupby(["condition", "model", "method"])["reason"]:
        condition, model, method = map(str, key)
        counts = given.fillna("no reason was recorded").value_counts()
        reasons[condition, model, method] = str(min(counts[counts == counts.max()].index))
    return reasons


def _refuse(scores: pd.DataFrame, rows: NDArray[np.bool_], why: str) -> None:
    row = scores.iloc[int(rows.argmax())]
    raise BadInput(f"scores of {row['model']}, instance {row['instance_id']}, {row['method']}: {why}")
