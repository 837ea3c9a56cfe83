"""Made-up answers to questions that share images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from vqa_canary.evaluation.grid import Grid, grids


@dataclass(frozen=True)
class Answers:
    uncertainty: np.ndarray
    wrong: np.ndarray
    images: np.ndarray


MakeAnswers = Callable[..., Answers]
"""`clustered`, as the fixture `answers` gives it."""
Noise = Callable[..., np.ndarray]
"""`image_noise`, as the fixture `noise` gives it."""


def image_noise(rng: np.random.Generator, images: np.ndarray, icc: float = 0.3) -> np.ndarray:
    """Standard normal values, one an item, that share an image effect."""
    shared, own = rng.standard_normal(images[-1] + 1)[images], rng.standard_normal(len(images))
    noise: np.ndarray = np.sqrt(icc) * shared + np.sqrt(1 - icc) * own
    return noise


def clustered(
    rng: np.random.Generator,
    n_images: int = 60,
    accuracy: float = 0.7,
    signal: float = 0.5,
    icc: float = 0.3,
    levels: int = 0,
) -> Answers:
    """One to twelve questions an image; wrongness and uncertainty correlate by `signal`, and each
    has an image effect with intraclass correlation `icc` on the latent scale."""
    images = np.repeat(np.arange(n_images), 1 + np.minimum(rng.geometric(0.2, n_images) - 1, 11))
    difficulty = image_noise(rng, images, icc)
    u = signal * difficulty + np.sqrt(1 - signal**2) * image_noise(rng, images, icc)
    if levels:
        u = np.digitize(u, norm.ppf(np.arange(1, levels) / levels)).astype(float)
    return Answers(u, difficulty > norm.ppf(accuracy), images)


@pytest.fixture(scope="session")
def noise() -> Noise:
    return image_noise


@pytest.fixture(scope="session")
def answers() -> MakeAnswers:
    return clustered


Shown = Mapping[str, np.ndarray]
"""Arrays of shape (n,): `correct`, and `uncertainty` of each method under its name."""


@dataclass(frozen=True)
class Study:
    scores: pd.DataFrame
    instances: pd.DataFrame
    items: pd.DataFrame

    @property
    def grids(self) -> list[Grid]:
        return grids(self.scores, self.instances, self.items)


MakeStudy = Callable[..., Study]
"""`build`, as the fixture `make_study` gives it."""


def build(
    cells: Mapping[tuple[str, str], Shown],
    images: np.ndarray,
    confident: tuple[str, ...] = (),
    dataset: str = "d",
    nota_valid: np.ndarray | None = None,
) -> Study:
    """A study from what each (model, condition) showed."""
    n = len(images)
    items = pd.DataFrame(
        {
            "dataset": dataset,
            "item_id": [f"q{i:05d}" for i in range(n)],
            "image_id": [f"g{g:05d}" for g in images],
            "options": [np.array(["a", "b", "c", "d"], object)] * n,
            "question": ["Which " + "large " * (i % 4) + "organ?" for i in range(n)],
            "question_type": np.where(np.arange(n) % 3 == 0, "organ", "side"),
            "answer_type": "open",
            "modality": pd.array([None if i % 5 == 0 else "CT" for i in range(n)], dtype="str"),
            "nota_valid": np.ones(n, bool) if nota_valid is None else nota_valid,
        }
    )
    instances, scores = [], []
    for condition in sorted({condition for _, condition in cells}):
        asked = items[["dataset", "item_id", "image_id", "options"]].assign(condition=condition)
        nota = {"nota_replace": 0, "nota_last": 0, "nota_control": 1, "nota_append": 1}.get(condition)
        asked["answer_index"] = pd.array([None if condition == "answer_removed" else 0] * n, "Int64")
        asked["nota_index"] = pd.array([nota] * n, "Int64")
        instances.append(asked.assign(instance_id=f"{dataset}-{condition}-" + items["item_id"]))
    for (model, condition), shown in cells.items():
        correct = pd.array([None if x != x else bool(x) for x in shown["correct"]], dtype="boolean")
        for method in shown:
            if method == "correct":
                continue
            u = np.asarray(shown[method], float)
            scores.append(
                pd.DataFrame(
                    {
                        "model": model,
                        "instance_id": f"{dataset}-{condition}-" + items["item_id"],
                        "method": method,
                        "dataset": dataset,
                        "item_id": items["item_id"],
                        "condition": condition,
                        "uncertainty": u,
                        "confidence": 1 - u if method in confident else np.nan,
                        "choice": pd.array([0] * n, dtype="Int64"),
                        "correct": correct,
                        "reason": pd.array(
                            [f"no {method}: made up" if x != x else None for x in u], dtype="str"
                        ),
                    }
                )
            )
    return Study(pd.concat(scores, ignore_index=True), pd.concat(instances, ignore_index=True), items)


@pytest.fixture(scope="session")
def make_study() -> MakeStudy:
    return build
