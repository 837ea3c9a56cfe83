"""What will be refused is refused before MLflow hears of it, and before anything is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline

from vqa_canary.errors import BadInput
from vqa_canary.pipelines import configuration
from vqa_canary.pipelines.configuration_hook import ConfigurationHook

SECRET = "sk-not-for-mlflow"
ENDPOINT = {"engine": "endpoint", "model": "m"}
MODEL = "phantom-idefics3-nota-1600"

BAD: dict[str, dict[str, Any]] = {
    "models.bad.base_url": {"models": {"bad": ENDPOINT | {"base_url": f"http://host/v1?api_key={SECRET}"}}},
    "models.worse.base_url": {"models": {"worse": ENDPOINT | {"base_url": f"http://me:{SECRET}@host/v1"}}},
    "models.bad.api_key": {"models": {"bad": ENDPOINT | {"base_url": "http://host/v1", "api_key": SECRET}}},
    f"models.{MODEL}.bacth_size": {"models": {MODEL: {"bacth_size": SECRET}}},
    f"models.{MODEL}.baseline": {"models": {MODEL: {"baseline": SECRET}}},
    "sampling.n_sample": {"sampling": {"n_sample": SECRET}},
    "sede": {"sede": SECRET},
    "baseline": {"baseline": SECRET},
}
PIPELINES = ("data_engineering", "inference", "ue_scoring", "reporting", "auditing")


@pytest.mark.parametrize(
    ("setting", "pipeline"),
    [
        *((setting, "data_engineering") for setting in BAD if setting != "baseline"),
        *(("models.bad.base_url", pipeline) for pipeline in PIPELINES[1:]),
        ("baseline", "auditing"),
    ],
)
def test_a_refused_setting_reaches_neither_mlflow_nor_a_file(
    project: Path, run: Any, setting: str, pipeline: str
) -> None:
    before = {path for path in project.rglob("*") if path.is_file()}
    with pytest.raises(BadInput, match=f"parameters: {setting}") as raised:
        run(project, pipeline, params=BAD[setting])
    made = {path for path in project.rglob("*") if path.is_file()} - before
    assert not [path for path in made if path.suffix in (".db", ".parquet", ".json")]
    assert not [path for path in made if SECRET.encode() in path.read_bytes()]
    if "api_key" in setting or "base_url" in setting:
        assert SECRET not in str(raised.value)


def test_models_that_are_not_asked_may_have_lost_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    models = {"gone": {"engine": "recorded", "path": "gone.csv"}}
    monkeypatch.setattr(configuration, "_loader", {"parameters": {"models": models}})
    hook = ConfigurationHook()
    hook.before_pipeline_run(
        Pipeline([Node(lambda scores: scores, "gone_scores", "scores", name="gather")]), DataCatalog()
    )
    with pytest.raises(BadInput, match=r"models\.gone\.path"):
        hook.before_pipeline_run(
            Pipeline([Node(lambda asked: asked, "a", "gone_evidence", name="ask")]), DataCatalog()
        )


@pytest.mark.slow
def test_the_package_runs_by_its_own_name(project: Path) -> None:
    """`python -m vqa_canary` takes the options of `kedro run`, and ends as it does."""
    command = [sys.executable, "-m", "vqa_canary", "--pipelines", "data_engineering", "--params"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

    def exit_status(params: str) -> int:
        done = subprocess.run(
            [*command, params], cwd=project, env=environment, capture_output=True, check=False
        )
        return done.returncode

    assert exit_status("tracking.enabled=false") == 0
    assert (project / "data/05_model_input/phantom/forecast.json").is_file()
    assert exit_status("sede=8") == 1
