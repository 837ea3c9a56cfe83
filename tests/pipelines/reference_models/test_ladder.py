"""The ladder of the default study: what is configured, what is committed, and that both agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vqa_canary.pipelines.parameters import ReferenceModel
from vqa_canary.pipelines.reference_models.nodes import checkpoints


@pytest.fixture(scope="module")
def models(root: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(
        (root / "conf/base/parameters_inference.yml").read_text()
    )["models"]
    return found


@pytest.fixture(scope="module")
def runs(root: Path) -> dict[str, ReferenceModel]:
    text = (root / "conf/base/parameters_reference_models.yml").read_text()
    return {
        name: ReferenceModel(**settings)
        for name, settings in yaml.safe_load(text)["reference_models"].items()
    }


def test_each_training_run_leaves_its_models_of_the_study(
    models: dict[str, dict[str, Any]], runs: dict[str, ReferenceModel]
) -> None:
    expected = {name: run for run in runs for name in checkpoints(run, runs[run].training.lengths)}
    assert {name: model["family"] for name, model in models.items()} == expected
    assert len(models) == 12
    for name, model in models.items():
        saw = runs[model["family"]].training.saw_nota
        assert model["group"] == ("saw NOTA" if saw else "never saw NOTA"), name
    kinds = {(run.architecture.family, run.training.saw_nota) for run in runs.values()}
    assert len(kinds) == len(runs) == 4


def test_every_model_is_in_the_repository_with_its_card(
    root: Path, models: dict[str, dict[str, Any]], runs: dict[str, ReferenceModel]
) -> None:
    for name, model in models.items():
        folder = root / model["path"]
        names = {file.name for file in folder.iterdir()}
        assert {"model.safetensors", "README.md", "config.json", "tokenizer.json"} <= names, name
        card = (folder / "README.md").read_text()
        steps, seed = name.rsplit("-", 1)[1], runs[model["family"]].training.seed
        assert f"Training: {steps} steps of 24 images, seed {seed}." in card
        said = "was among" if model["group"] == "saw NOTA" else "was never among"
        assert f'"None of the above" {said}' in card
    shared = root / "data/06_models/reference"
    files = [file for file in shared.rglob("*") if file.is_file() and "phantom" in str(file)]
    assert sum(file.stat().st_size for file in files) < 16 * 2**20
