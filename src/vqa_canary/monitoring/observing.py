"""What a frozen policy does with the questions of a batch: one row of `observations` a question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vqa_canary.digests import digest
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame, from_frame, image_ids
from vqa_canary.monitoring.record import Counts, WatchedImage
from vqa_canary.rows import CLEAN, content_id
from vqa_canary.seeding import derive_seed

if TYPE_CHECKING:
    from vqa_canary.evaluation.grid import Grid
    from vqa_canary.monitoring.record import FrozenPolicy

TABLE = "observations"
"""Name of the table."""
FAILED, UNNAMED = "failed", "no option named"
"""Answers that are no option."""


def observe(grid: Grid, policy: FrozenPolicy, seen: Collection[str]) -> pd.DataFrame:
    """Rows of `observations`: what happened to each question that was asked as it stands.

    A question is answered where its uncertainty is known and at most the threshold, and its answer did not fail. Of an
    image that was seen before, in the audit or in an earlier batch, nothing is counted: it would be the same
    observation twice.

    Parameters
    ----------
    grid : of the batch
    seen : ids of images

    Raises
    ------
    BadInput : the questions were not asked as they stand, or not by the policy's model and method
    """
    if CLEAN not in grid.conditions or policy.model not in grid.models or policy.method not in grid.methods:
        raise BadInput(
            f"monitor: the scores of {grid.dataset} have no answers of {policy.model!r} to questions as they stand, "
            f"scored by {policy.method!r}. Keep `clean` among the conditions, and the method among scoring.methods."
        )
    cell = grid.cell(CLEAN, policy.model, policy.method)
    old = [not seen_before.isdisjoint(seen) for seen_before in map(set, image_ids(grid.items))]
    # One question about an image that is known makes all that hang together with it known.
    clusters_seen = set(grid.image_ids[np.array(old, bool)])
    rows = [
        {
            "dataset": grid.dataset,
            "item_id": str(item),
            "image": str(image),
            "answered": bool(not failed and u <= policy.threshold),
            "failed": bool(failed),
            "seen": image in clusters_seen,
            "uncertainty": float(u) if np.isfinite(u) else None,
            "choice": None if np.isnan(choice) else int(choice),
            "correct": None if np.isnan(correct) else bool(correct),
        }
        for item, image, u, choice, correct, failed, asked in zip(
            grid.items["item_id"],
            grid.image_ids,
            cell.uncertainty,
            cell.choice,
            cell.correct,
            cell.failed,
            cell.asked,
            strict=True,
        )
        if asked
    ]
    return frame(rows, TABLE)


def counts(observations: pd.DataFrame) -> Counts:
    """Where the questions went."""
    new = observations[~observations["seen"].to_numpy(bool)]
    answered, failed = int(new["answered"].sum()), int(new["failed"].sum())
    return Counts(
        questions=len(observations),
        images=int(observations["image"].nunique()),
        answered=answered,
        escalated=len(new) - answered - failed,
        failed=failed,
        seen=len(observations) - len(new),
    )


def joined_images(grid: Grid) -> dict[str, tuple[str, ...]]:
    """Ids of the images behind each image of the observations: itself, and those that shared questions join with it."""
    found: dict[str, set[str]] = {}
    for image, ids in zip(grid.image_ids, image_ids(grid.items), strict=True):
        found.setdefault(str(image), set()).update(ids)
    return {image: tuple(sorted(ids)) for image, ids in found.items()}


def watched_images(
    observations: pd.DataFrame, joined: Mapping[str, tuple[str, ...]], seed: int, labelled: bool
) -> tuple[WatchedImage, ...]:
    """New images in the order in which they are tested, with or without an answered question.

    The order is drawn by (seed, image), for names may follow the days, wards or scanners, and with them how hard a
    question is; nothing that was answered can choose it.
    """
    new = observations[~observations["seen"].to_numpy(bool)]
    kept = new["answered"].to_numpy(bool)
    correct = new["correct"].to_numpy(np.float64, na_value=np.nan)
    if labelled:
        kept = kept & ~np.isnan(correct)
    images = new["image"].to_numpy(str)
    names = sorted(set(images), key=lambda image: (derive_seed(seed, image, "monitoring order"), image))
    return tuple(
        WatchedImage(
            image=name,
            others=tuple(other for other in joined.get(name, ()) if other != name),
            answered=int(kept[images == name].sum()),
            wrong=int((correct[(images == name) & kept] == 0).sum()) if labelled else None,
        )
        for name in names
    )


def asked_fingerprint(items: pd.DataFrame) -> str:
    """Fingerprint of questions with their images and options, and without their labels."""
    columns = (items[name] for name in ("item_id", "question", "options"))
    rows = sorted(
        (str(item), str(question), *(str(text) for text in options), *ids)
        for item, question, options, ids in zip(*columns, image_ids(items), strict=True)
    )
    return content_id(*rows)


def labels_fingerprint(observations: pd.DataFrame) -> str | None:
    """Fingerprint of which answers are right; None where no answer is known to be right or wrong."""
    known = observations[observations["correct"].notna()]
    if known.empty:
        return None
    return content_id(
        *((str(item), bool(right)) for item, right in zip(known["item_id"], known["correct"], strict=True))
    )


def answers_fingerprint(observations: pd.DataFrame) -> str:
    """Fingerprint of what was answered, and how uncertain the model was."""
    told = observations.assign(seen=False, correct=pd.array([None] * len(observations), "boolean"))
    return digest(from_frame(told, TABLE))[:16]


def answers_of(observations: pd.DataFrame) -> list[str]:
    """What was answered to each question: a letter, that none was named, or that it failed."""
    return [
        FAILED if failed else UNNAMED if pd.isna(choice) else chr(ord("A") + int(choice))
        for choice, failed in zip(observations["choice"], observations["failed"], strict=True)
    ]
