"""Made-up batches of a policy in use, without a model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.made_up_answers import build

from vqa_canary.evaluation.grid import Grid
from vqa_canary.monitoring.entering import Batch, next_entry
from vqa_canary.monitoring.observing import asked_fingerprint, joined_images, observe
from vqa_canary.monitoring.record import Entry, FrozenPolicy

POLICY = FrozenPolicy(
    study="audit",
    audit="ab" * 32,
    lock=None,
    unclaimed=None,
    dataset="d",
    model="m",
    fingerprint="f0f0",
    answered_as=("m-1",),
    prompts="c0c0",
    method="margin",
    threshold=0.5,
    alpha=0.05,
    delta=0.05,
    seed=7,
    warn_every=1000,
)
MakeGrid = Callable[..., Grid]
MakeBatch = Callable[..., Batch]
TODAY = date(2026, 11, 30)


def grid(
    n_images: int = 40,
    error: float = 0.02,
    seed: int = 0,
    shift: float = 0.0,
    name: str = "g",
    **changed: Any,
) -> Grid:
    """Three questions an image, with uncertainties from 0 to 1 (and `shift`), whose errors do not depend on it."""
    rng = np.random.default_rng(seed)
    images = np.repeat(np.arange(n_images), 3)
    n = len(images)
    shown = {
        "correct": (rng.random(n) >= error).astype(float),
        "margin": np.clip(rng.random(n) + shift, 0, 1),
    } | changed
    study = build({("m", "clean"): shown}, images)
    for table in (study.items, study.instances):
        table["image_id"] = name + table["image_id"]
        table["item_id"] = name + table["item_id"]
    study.scores["item_id"] = name + study.scores["item_id"]
    [found] = study.grids
    return found


def batch_of(made: Grid, day: str = "2026-09-30", seen: set[str] | frozenset[str] = frozenset()) -> Batch:
    observations = observe(made, POLICY, seen)
    return Batch(
        study=f"monitor-{day}",
        day=date.fromisoformat(day),
        observations=observations,
        joined=joined_images(made),
        asked=asked_fingerprint(made.items),
        vouched_by=None,
        answered_as=("m-1",),
        package="0.1",
    )


def logged(*batches: Batch, audit: pd.DataFrame | None = None) -> list[Entry]:
    """The log after these batches, each of which adds an entry."""
    entries: list[Entry] = []
    audit = observe(grid(seed=99, name="a"), POLICY, ()) if audit is None else audit
    for batch in batches:
        entry = next_entry(entries, POLICY, batch, audit, "2026-11-30 12:00:00 UTC", TODAY)
        assert entry is not None
        entries.append(entry)
    return entries


@pytest.fixture(autouse=True)
def few_exchanges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for a p-value of 1 in 400."""
    monkeypatch.setattr("vqa_canary.statistics.image_gaps.N_EXCHANGES", 399)
