"""The whole study on a few phantoms, as `kedro run` would do it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from tests.conftest import bootstrap

from vqa_canary.tables import KEYS

Run = Callable[..., Any]
NO_MLFLOW = {"tracking": {"enabled": False}}
OUTPUTS = (
    "03_primary/phantom/items.parquet",
    "05_model_input/phantom/instances.parquet",
    "02_intermediate/phantom/quarantine.parquet",
    "02_intermediate/phantom/quarantine.csv",
    "07_model_output/phantom/scores.parquet",
    "08_reporting/phantom/metrics.parquet",
    "08_reporting/phantom/claims.json",
    "08_reporting/phantom/label_effect.json",
    "08_reporting/phantom/comparison.json",
    "08_reporting/phantom/accounting.json",
    "08_reporting/phantom/readability.json",
    "08_reporting/phantom/report.html",
    "08_reporting/phantom/figures/clean_against_nota.svg",
    "08_reporting/phantom/tables/leaderboard.csv",
    "08_reporting/phantom/tables/leaderboard.tex",
)
DRAWN = {"08_reporting/phantom/report.html", "08_reporting/phantom/figures/clean_against_nota.svg"}


def contents(project: Path) -> dict[str, bytes]:
    return {name: (project / "data" / name).read_bytes() for name in OUTPUTS}


def table(project: Path, name: str) -> pd.DataFrame:
    [path] = (project / "data").glob(f"*/phantom/{name}.parquet")
    found: pd.DataFrame = pq.read_table(path).to_pandas()
    return found


def shards(project: Path) -> dict[str, int]:
    folder = project / "data/07_model_output/phantom/evidence"
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


def runs_of(project: Path) -> tuple[list[Any], list[Any]]:
    """MLflow runs: parents, oldest first, and children."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    found = client.search_runs([one.experiment_id for one in client.search_experiments()], max_results=1000)
    parents = [run for run in found if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in found if "mlflow.parentRunId" in run.data.tags]
    return sorted(parents, key=lambda run: run.info.start_time), children


def test_a_study_leaves_every_table_sorted_by_its_key(shared_project: Path) -> None:
    assert all(contents(shared_project).values())
    for name in ("items", "instances", "scores", "metrics", "quarantine"):
        rows, key = table(shared_project, name), list(KEYS[name])
        assert len(rows) > 0
        assert not rows.duplicated(key).any()
        assert rows[key].equals(rows[key].sort_values(key, ignore_index=True))
    scored = table(shared_project, "scores").groupby("method").size()
    assert set(scored) == {len(table(shared_project, "instances"))}


def test_the_quarantine_can_be_opened_as_a_spreadsheet(shared_project: Path) -> None:
    rows = table(shared_project, "quarantine")
    shown = pd.read_csv(shared_project / "data/02_intermediate/phantom/quarantine.csv", dtype=str)
    assert list(shown.columns) == list(rows.columns)
    assert shown["key"].tolist() == rows["key"].tolist()
    assert shown["reason"].tolist() == rows["reason"].tolist()


def test_what_could_be_read_is_counted_for_each_model_and_condition(shared_project: Path) -> None:
    rows = json.loads((shared_project / "data/08_reporting/phantom/readability.json").read_text())
    instances = table(shared_project, "instances").groupby("condition").size()
    for one in rows:
        expected = instances[one["condition"]] if one["condition"] else instances.sum()
        assert one["instances"] == one["answered"] + one["failed"] == expected
        assert one["answers"] == one["named"] + one["unnamed"] + one["cut"] == one["instances"]
        assert sum(shape["n"] for shape in one["shapes"]) == one["unnamed"]
    assert {one["condition"] for one in rows} == {"", *instances.index}


def test_the_three_claims_are_judged(shared_project: Path) -> None:
    claims = json.loads((shared_project / "data/08_reporting/phantom/claims.json").read_text())
    assert {one["claim"] for one in claims} == {
        "ue_tracks_accuracy",
        "ue_tracks_accuracy_within_models",
        "nota_blindness",
        "nota_hardly_moves",
        "fragility_is_foreseeable",
    }
    for one in claims:
        assert one["rule"]
        assert (
            one["verdict"]
            in ("supported", "not supported", "inconclusive", "supported (falls)", "not supported (falls)")
            or one["reason"]
        )


def test_mlflow_holds_a_parent_with_a_child_for_each_method(shared_project: Path) -> None:
    [parent], children = runs_of(shared_project)
    methods = set(table(shared_project, "scores")["method"])
    assert {run.data.tags["method"] for run in children} == methods
    assert {run.info.status for run in [parent, *children]} == {"FINISHED"}
    metrics = table(shared_project, "metrics")
    [child] = [run for run in children if run.data.tags["method"] == "label_nll"]
    [row] = metrics.query("metric == 'accuracy' and condition == 'clean' and subset == 'all'").to_dict(
        "records"
    )
    assert child.data.metrics["accuracy.clean"] == pytest.approx(row["value"])
    assert {"study", "dataset", "model", "method"} <= set(child.data.tags)


def test_what_answered_is_in_mlflow_and_on_the_page(shared_project: Path) -> None:
    facts = json.loads((shared_project / "data/08_reporting/phantom/model_facts.json").read_text())
    [(model, own)] = facts.items()
    assert own["class"] == "Idefics3ForConditionalGeneration"
    assert own["packages"] == f"torch {version('torch')}, transformers {version('transformers')}"
    for child in runs_of(shared_project)[1]:
        params = child.data.params
        assert {k.removeprefix("engine."): v for k, v in params.items() if k.startswith("engine.")} == own
    listed = (shared_project / "data/08_reporting/phantom/tables/models.csv").read_text()
    assert all(text in listed for text in (model, own["dtype"], own["processor"], own["chat_template"]))


@pytest.mark.usefixtures("undrawn")
def test_running_again_computes_no_evidence_and_changes_no_byte(finished: Path, run: Run) -> None:
    """What is drawn is held against another run's drawing by the next test."""
    first, made = contents(finished), shards(finished)
    run(finished, params=NO_MLFLOW)
    assert len(made) > 0
    assert shards(finished) == made
    again = contents(finished)
    assert {name: again[name] for name in first.keys() - DRAWN} == {
        name: first[name] for name in first.keys() - DRAWN
    }


def test_row_order_changes_nothing(
    shared_project: Path, project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vqa_canary.sources import registration

    read = registration.read_datasets

    def reversed_rows(*args: Any) -> Any:
        items, refusals = read(*args)
        return items[::-1], refusals[::-1]

    monkeypatch.setattr(registration, "read_datasets", reversed_rows)
    run(project, params=NO_MLFLOW)
    assert contents(project) == contents(shared_project)


def test_batch_size_moves_no_choice(shared_project: Path, project: Path, run: Run) -> None:
    [name] = yaml.safe_load((project / "conf/base/parameters_inference.yml").read_text())["models"]
    asked_alone = NO_MLFLOW | {"models": {name: {"batch_size": 1}}}
    run(project, "data_engineering", "inference", "ue_scoring", params=asked_alone)
    one, other = table(shared_project, "scores"), table(project, "scores")
    assert one["choice"].equals(other["choice"])
    assert np.allclose(one["uncertainty"], other["uncertainty"], atol=1e-5, equal_nan=True)


@pytest.mark.slow  # the documented command is run by the tests of the docs
def test_one_model_alone_runs_by_its_namespace(project: Path, run: Run) -> None:
    [name] = yaml.safe_load((project / "conf/base/parameters_inference.yml").read_text())["models"]
    run(project, "data_engineering", params=NO_MLFLOW)
    run(project, "inference", namespaces=[name], params=NO_MLFLOW)
    assert (project / f"data/07_model_output/phantom/evidence/{name}/manifest.json").is_file()


def test_a_broken_contract_stops_the_run_and_writes_nothing(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kedro.validation import DataValidationError

    from vqa_canary.conditions import presentation

    show_all = presentation.show_all

    def break_one(*args: Any) -> Any:
        instances, refusals = show_all(*args)
        return [replace(instances[0], answer_index=99), *instances[1:]], refusals

    monkeypatch.setattr(presentation, "show_all", break_one)
    with pytest.raises(DataValidationError, match=r"(?s)instances.*answer_index.*99"):
        run(project)
    assert not (project / "data/05_model_input/phantom/instances.parquet").exists()
    [parent], children = runs_of(project)
    assert (parent.info.status, children) == ("FAILED", [])


def test_every_dataset_of_every_pipeline_is_in_the_catalog(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kedro keeps a name that is missing there in memory, and loses it."""
    from kedro.framework.project import pipelines
    from kedro.framework.session import KedroSession

    monkeypatch.chdir(project)
    bootstrap(project)
    with KedroSession.create(project_path=project) as session:
        assert isinstance(session, KedroSession)  # Kedro types what is entered as the abstract session
        catalog = session.load_context().catalog
        names = {name for pipeline in pipelines.values() for name in pipeline.datasets()}
    assert len(names) > 10
    assert [name for name in sorted(names) if name not in catalog] == []


@pytest.mark.usefixtures("undrawn")
def test_questions_and_images_are_shown_of_named_datasets_only(finished: Path, run: Run) -> None:
    report = finished / "data/08_reporting/phantom/report.html"
    questions = set(table(finished, "items")["question"])
    assert any(question in report.read_text() for question in questions)
    assert "data:image/jpeg" in report.read_text()  # phantoms are drawings
    shown = {"show_questions": ["other"], "show_images": ["other"]}
    run(finished, "reporting", params=NO_MLFLOW | {"report": shown})
    assert not any(question in report.read_text() for question in questions)
    assert "data:image/jpeg" not in report.read_text()


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_a_quantised_copy_is_compared_and_has_no_say_in_the_claims(
    shared_project: Path, finished: Path, run: Run
) -> None:
    [(name, model)] = yaml.safe_load((finished / "conf/base/parameters_inference.yml").read_text())[
        "models"
    ].items()
    copy = model | {"quantization": "int8", "baseline": name}
    run(finished, params=NO_MLFLOW | {"models": {f"{name}-int8": copy}})
    folder = finished / "data/08_reporting/phantom"
    rows = json.loads((folder / "variants.json").read_text())
    assert {row["change"] for row in rows} == {"quantization: int8"}
    assert {row["model"] for row in rows} == {"", f"{name}-int8"}
    assert (folder / "claims.json").read_bytes() == (
        shared_project / "data/08_reporting/phantom/claims.json"
    ).read_bytes()
    assert json.loads((shared_project / "data/08_reporting/phantom/variants.json").read_text()) == []
    uncertainty = table(finished, "scores").pivot(
        index=["instance_id", "method"], columns="model", values="uncertainty"
    )
    moved = uncertainty[f"{name}-int8"] - uncertainty[name]
    assert 0 < moved.abs().median() < 0.05
    facts = json.loads((folder / "model_facts.json").read_text())
    told = {model: own["quantisation"] for model, own in facts.items()}
    assert told == {name: "none", f"{name}-int8": "int8: 61 % of parameters"}
