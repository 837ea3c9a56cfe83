"""An audit of recorded answers whose policy is in use, and batches of new questions for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.phantom_audit import set_up

from vqa_canary.sources.phantom_file import LETTERS, write_phantom_csv

EditYaml = Callable[..., None]
NO_MLFLOW: dict[str, Any] = {"tracking": {"enabled": False}}
WHO = "A. Reader"


def answer(folder: Path, seed: int, worse: float = 0.0, less_sure: float = 0.0) -> None:
    """Write `answers.csv` for the questions of a folder: confident answers are right more often.

    Parameters
    ----------
    worse : by how much less often they are right than their confidence says
    less_sure : by how much all confidences are lower
    """
    asked = pd.read_csv(folder / "questions.csv", dtype=str)
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.2, 1, len(asked))
    right = rng.uniform(size=len(asked)) < sure - worse
    other = asked["answer"].map({"A": "B"}).fillna("A")
    told = np.clip(sure - less_sure, 0, 1).round(3)
    answers = asked[["id"]].assign(answer=asked["answer"].where(right, other), confidence=told)
    answers.to_csv(folder / "answers.csv", index=False)


def audited(project: Path, edit_yaml: EditYaml, n_images: int = 160) -> None:
    """Set up an audit of recorded answers, and a watch of its policy; nothing is run."""
    set_up(project, edit_yaml, n_images, engine="recorded", path="data/01_raw/audit/answers.csv")
    answer(project / "data/01_raw/audit", seed=3)
    conf = project / "conf"
    edit_yaml(conf / "audit/parameters_data_engineering.yml", lambda p: p.update(conditions=["clean"]))
    edit_yaml(conf / "audit/parameters_reporting.yml", lambda p: p["evaluation"].update(nota_conditions=[]))
    columns = {"options": list(LETTERS), "attributes": ["site"]}
    edit_yaml(
        conf / "monitor/parameters_data_engineering.yml",
        lambda p: p["datasets"]["questions"].update(columns=columns),
    )
    path = "data/01_raw/${runtime_params:study,${globals:study}}/answers.csv"
    sampling = {"n_samples": 3, "temperature": 1.0, "max_new_tokens": 4}
    edit_yaml(
        conf / "monitor/parameters_inference.yml",
        lambda p: p.update(models={"my-model": {"engine": "recorded", "path": path}}, sampling=sampling),
    )
    edit_yaml(conf / "monitor/parameters_monitoring.yml", lambda p: p["monitor"].update(vouched_by=WHO))


def unlabelled(project: Path, edit_yaml: EditYaml) -> None:
    """Say that batches come without right answers."""
    edit_yaml(
        project / "conf/monitor/parameters_data_engineering.yml",
        lambda p: p["datasets"]["questions"].update(unlabelled=True),
    )


def batch(project: Path, name: str, seed: int, n_images: int = 40, **answered: float) -> None:
    """Write the questions and answers of a batch."""
    folder = project / f"data/01_raw/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    write_phantom_csv(folder, n_images, seed)
    answer(folder, seed, **answered)
