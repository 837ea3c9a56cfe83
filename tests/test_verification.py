"""`kedro run --pipeline verification` in a project whose study has been run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import bootstrap

from vqa_canary.engines.local import ladder, rungs
from vqa_canary.engines.local.cached_prompts import FullPrompts
from vqa_canary.engines.local.features import FeatureStore
from vqa_canary.engines.local.self_check import FlatRows, SwappedImages, Verdict
from vqa_canary.engines.local.tree import TreeReading
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.verification.checks import ABOUT

Run = Callable[..., Any]
SMALL = {"verification": {"images": 2, "items_per_image": 1}}
MODEL = "phantom-idefics3-nota-1600"
TABLES = ("07_model_output/phantom/scores.parquet", "08_reporting/phantom/metrics.parquet")


@pytest.fixture
def studied(shared_project: Path, tmp_path: Path) -> Path:
    """A copy of a project in which the study has been run once."""
    target = tmp_path / "project"
    shutil.copytree(shared_project, target, symlinks=True, ignore=shutil.ignore_patterns("mlruns"))
    return target


def folder(project: Path) -> Path:
    return project / "data/08_reporting/phantom"


def certificate(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder(project) / f"verification/{MODEL}.json").read_text())
    return found


def tables(project: Path) -> dict[str, bytes]:
    files = [*(folder(project) / "tables").iterdir(), *(project / "data" / name for name in TABLES)]
    return {path.name: path.read_bytes() for path in files if not path.name.startswith("verification.")}


@pytest.mark.whole
def test_a_sound_model_gets_a_certificate_that_pages_and_mlflow_show(
    studied: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tables(studied)
    assert "No model of this study is verified." in (folder(studied) / "report.html").read_text()
    other = folder(studied) / "verification/other.json"
    other.parent.mkdir()
    other.write_text("{}")
    capsys.readouterr()
    run(studied, "verification", params=SMALL, namespaces=[MODEL])
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith(f"{MODEL} verified (")
    assert last.endswith(f"8 of 8 checks passed. See data/08_reporting/phantom/verification/{MODEL}.json")
    found = certificate(studied)
    assert {one["name"]: one["verdict"] for one in found["checks"]} == dict.fromkeys(ABOUT, "passed")
    assert found["facts"]["reading"] == "tree"
    assert other.read_text() == "{}"
    _check_mlflow(studied, found)
    run(studied, "reporting", params={"tracking": {"enabled": False}})
    assert tables(studied) == before
    [row] = (folder(studied) / "tables/verification.csv").read_text().splitlines()[1:]
    assert row.startswith(f"{MODEL},passed,8 of 8 checks passed.,{found['made']},float32,2,")


def _check_mlflow(project: Path, found: dict[str, Any]) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    [experiment] = [one for one in client.search_experiments() if one.name == "vqa-canary/phantom"]
    runs = client.search_runs(
        [experiment.experiment_id], "tags.kind = 'verification'", order_by=["attributes.start_time DESC"]
    )
    told = runs[0].data
    assert told.tags["verification.verdict"] == "passed"
    assert told.tags["model"] == MODEL
    assert told.params["identity.fingerprint"] == found["identity"]["fingerprint"]
    [gap] = [
        one["value"] for one in found["checks"][0]["measures"] if one["name"] == "largest_logprob_difference"
    ]
    assert told.metrics["verification.fast_reading.largest_logprob_difference"] == pytest.approx(gap)


def flat_tree(alone: FullPrompts) -> Any:
    return TreeReading(alone.loaded, alone.renderer, alone.race, FeatureStore(alone.loaded.model), FlatRows)


def swapped_images(alone: FullPrompts) -> Any:
    return SwappedImages(FullPrompts(alone.loaded, alone.renderer, alone.race, 8))


@pytest.mark.whole
@pytest.mark.parametrize("wrong", [flat_tree, pytest.param(swapped_images, marks=pytest.mark.slow)])
def test_a_wrong_reading_that_the_engine_trusts_fails_after_its_certificate_is_written(
    wrong: Callable[[FullPrompts], Any], studied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check at loading is made to pass it: verification does not rest on that."""
    from click.testing import CliRunner

    from vqa_canary.cli import cli

    candidates = rungs.candidates

    def wrong_ones(rung: str, alone: FullPrompts, *settings: Any) -> Any:
        whole = rung == "full prompts"
        return candidates(rung, alone, *settings) if whole else iter([(rung, wrong(alone), wrong(alone))])

    monkeypatch.setattr(ladder, "candidates", wrong_ones)
    monkeypatch.setattr(ladder, "_outcome", lambda *_, **__: Verdict(0.0, 1.0, 1e-4))
    monkeypatch.chdir(studied)
    bootstrap(studied)
    params = "verification.images=2,verification.items_per_image=1,tracking.enabled=false"
    done = CliRunner().invoke(cli, ["run", "--pipeline", "verification", "--params", params])
    assert done.exit_code == 1
    assert f"{MODEL} FAILED its verification (" in done.output
    assert f"Error: the verification of {MODEL} failed" in done.output
    failed = {one["name"] for one in certificate(studied)["checks"] if one["verdict"] == "failed"}
    assert {"fast_reading", "stored_evidence"} <= failed
    assert certificate(studied)["verdict"] == "failed"


def test_an_unknown_setting_of_verification_is_named(studied: Path, run: Run) -> None:
    with pytest.raises(BadInput, match=r"verification\.image: there is no such setting.*'images'"):
        run(studied, "verification", params={"verification": {"image": 2}})
