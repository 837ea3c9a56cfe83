"""What the hook leaves in a real MLflow store."""

from __future__ import annotations

import json
import shutil
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from mlflow import MlflowClient
from mlflow.entities import Run
from tests.optional import not_none

from vqa_canary.datasets.sealed import SealedTable, WholeJSON, WholeText
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.pipelines.tracking import create_pipeline
from vqa_canary.tracking import TrackingHook
from vqa_canary.tracking.away import NotRecorded
from vqa_canary.tracking.client import Store
from vqa_canary.tracking.hook import kill_open_runs, told_again
from vqa_canary.tracking.replay import kept

MODEL = Path(__file__).parents[2] / "data/06_models/reference/phantom-llava-600"
PRIVATE = "Does the patient of room 7 have a tumour?"
ITEM = {
    "dataset": "slake",
    "split": "test",
    "image_id": "0" * 16,
    "image_path": "images/patient-of-room-7.png",
    "image_sha256": "0" * 64,
    "question": PRIVATE,
    "options": [PRIVATE + " yes", "no"],
    "answer_index": 0,
    "question_type": "presence",
    "answer_type": "open",
    "nota_valid": True,
    "source_id": "test.json:room-7",
}
METRIC = {"dataset": "slake", "condition": "clean", "subset": "all", "n": 10, "n_clusters": 5}
PARAMETERS: dict[str, Any] = {
    "study": "slake",
    "seed": 7,
    "tracking": {"enabled": True},
    "models": {"tiny": {"path": "tiny"}, "big": {"path": "no/such/model"}},
    "scoring": {"methods": ["margin", "p_true"], "label": "choice"},
    "sampling": {"n_samples": 10},
    "conditions": ["clean", "nota_replace"],
    "prompts": {},
}


def metrics_frame() -> Any:
    rows = []
    for model in ("tiny", "big"):
        rows.append(METRIC | {"model": model, "method": "", "metric": "accuracy", "value": 0.6})
        rows += [
            METRIC | {"model": model, "method": "margin", "metric": "auroc", "value": 0.8, "ci_low": 0.7},
            METRIC | {"model": model, "method": "p_true", "metric": "auroc", "reason": "one class only"},
        ]
    return frame(rows, "metrics")


class Study:
    """One `kedro run`, as hooks see it."""

    def __init__(self, project: Path, **parameters: Any) -> None:
        self.hook = TrackingHook()
        self.run_params: dict[str, Any] = {
            "run_id": "2026-01-01T00.00.00.000Z",
            "project_path": str(project),
            "env": "slake",
            "pipeline_names": ["reporting"],
            "namespaces": None,
            "runtime_params": {"models": {"tiny": {"token": "s3cret"}}},
        }
        shutil.copytree(MODEL, project / "tiny", dirs_exist_ok=True)
        self.pipeline = Pipeline(
            [Node(lambda items: items, "items", ["metrics", "claims", "report"], name="all")]
        )
        self.catalog = DataCatalog(
            {
                "parameters": MemoryDataset(PARAMETERS | parameters),
                "items": SealedTable(table="items", filepath=str(project / "items.parquet")),
                "metrics": SealedTable(table="metrics", filepath=str(project / "metrics.parquet")),
                "claims": WholeJSON(filepath=str(project / "claims.json")),
                "report": WholeText(filepath=str(project / "report.html")),
                "model_facts": MemoryDataset({"tiny": {"fingerprint": "0123456789abcdef"}}),
            }
        )
        self.catalog.save("items", frame([ITEM | {"item_id": f"item-{n}"} for n in range(3)], "items"))

    def start(self) -> None:
        self.hook.before_pipeline_run(
            run_params=self.run_params, pipeline=self.pipeline, catalog=self.catalog
        )

    def finish(self, page: str = "<html>") -> None:
        self.catalog.save("metrics", metrics_frame())
        self.catalog.save("claims", [{"claim": "nota_blindness", "level": "cell", "primary": False}])
        self.catalog.save("report", page)
        self.hook.after_pipeline_run(run_params=self.run_params, pipeline=self.pipeline, catalog=self.catalog)

    def fail(self) -> None:
        self.hook.on_pipeline_error(run_params=self.run_params)


def runs_of(client: MlflowClient) -> tuple[list[Run], list[Run]]:
    """Parents and children, oldest first."""
    experiment = client.get_experiment_by_name("vqa-canary/slake")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    children = [run for run in found if "mlflow.parentRunId" in run.data.tags]
    return [run for run in found if run not in children], children


def test_finished_study_is_a_parent_with_a_child_for_each_model_and_method(
    project: Path, client: MlflowClient, capsys: pytest.CaptureFixture[str]
) -> None:
    study = Study(project)
    study.start()
    [running], none = runs_of(client)
    assert (running.info.status, none) == ("RUNNING", [])
    study.finish()
    [parent], children = runs_of(client)
    assert parent.info.status == "FINISHED"
    assert parent.info.run_name == "slake reporting"
    assert parent.data.tags["study"] == "slake"
    assert parent.data.params == {
        "pipelines": "reporting",
        "env": "slake",
        "seed": "7",
        "models": "tiny, big",
        "runtime.models.tiny.token": "hidden",
    }
    assert sorted(file.path for file in client.list_artifacts(parent.info.run_id)) == [
        "claims.json",
        "leaderboard.json",
        "metrics.parquet",
        "report.html",
    ]
    assert {child.info.run_name for child in children} == {
        f"{method} · {model}" for model in ("tiny", "big") for method in ("margin", "p_true")
    }
    assert {child.info.status for child in children} == {"FINISHED"}
    assert {child.data.tags["mlflow.parentRunId"] for child in children} == {parent.info.run_id}
    said = capsys.readouterr().out
    assert (
        f"MLFLOW_DISABLE_TELEMETRY=true mlflow ui --workers 1 --backend-store-uri sqlite:///{project}/mlflow.db"
        in said
    )
    view = "workflowType=machine_learning&viewStateShareKey=vqa-canary"
    assert f"#/experiments/{parent.info.experiment_id}/runs?{view}" in said
    [experiment] = client.search_experiments(filter_string="name = 'vqa-canary/slake'")
    shown = json.loads(experiment.tags["mlflow.sharedViewState.vqa-canary"])
    listed = client.search_runs([experiment.experiment_id], shown["searchFilter"])
    assert len(listed) == 5  # the study and its children, whatever else the experiment holds
    [chart], [section] = shown["compareRunCharts"], shown["compareRunSections"]
    assert (chart["type"], chart["metricSectionId"]) == ("PARALLEL", section["uuid"])
    assert shown["selectedColumns"] == [f"metrics.`{name}`" for name in chart["selectedMetrics"]]
    assert {"accuracy.clean", "auroc.clean"} <= set(chart["selectedMetrics"]) & {
        name for child in children for name in child.data.metrics
    }
    assert shown["columnWidths"].keys() == set(shown["columnOrder"]) >= set(shown["selectedColumns"])
    models = client.search_logged_models([experiment.experiment_id])
    assert {(model.name, str(model.status)) for model in models} == {("tiny", "READY"), ("big", "READY")}
    [tiny] = [model for model in models if model.name == "tiny"]
    assert {metric.key for metric in tiny.metrics or ()} >= {"accuracy.clean", "auroc.clean"}


def test_child_holds_metrics_parameters_fingerprints_and_datasets(
    project: Path, client: MlflowClient
) -> None:
    study = Study(project)
    study.start()
    study.finish()
    found = {child.info.run_name: child for child in runs_of(client)[1]}
    child = found["margin · tiny"]
    assert child.data.metrics == {"accuracy.clean": 0.6, "auroc.clean": 0.8, "auroc.clean.ci_low": 0.7}
    params = child.data.params
    assert (params["model.path"], params["scoring.label"], params["sampling.n_samples"]) == (
        "tiny",
        "choice",
        "10",
    )
    names = ("model", "prompts", "condition.clean", "condition.nota_replace")
    assert all(len(params[f"fingerprint.{name}"]) == 16 for name in names)
    assert found["margin · big"].data.params["fingerprint.model"].startswith("unknown: ")
    undefined = found["p_true · tiny"]
    assert undefined.data.metrics == {"accuracy.clean": 0.6}
    assert undefined.data.tags["undefined.auroc.clean"] == "one class only"
    [dataset] = (each.dataset for each in not_none(child.inputs).dataset_inputs)
    assert (dataset.name, json.loads(not_none(dataset.profile))["num_rows"]) == ("slake", 3)


def test_dataset_digest_follows_the_options_too(project: Path) -> None:
    from vqa_canary.tracking.datasets import described_datasets

    items = frame([ITEM | {"item_id": "item"}], "items")
    other = frame([ITEM | {"item_id": "item", "options": ["yes", "no"]}], "items")
    digests = {next(described_datasets(data, project))["digest"] for data in (items, other, items.copy())}
    assert len(digests) == 2


def test_nothing_private_reaches_the_store(project: Path) -> None:
    study = Study(project)
    study.start()
    study.finish()
    failing = Study(project)
    failing.start()
    failing.fail()
    with sqlite3.connect(project / "mlflow.db") as store:
        text = "\n".join(store.iterdump())
    assert "nota_replace" in text
    assert not [word for word in ("tumour", "room", "s3cret") if word in text]


def test_failed_run_is_marked_failed_and_has_no_children(project: Path, client: MlflowClient) -> None:
    study = Study(project)
    study.start()
    study.fail()
    [parent], children = runs_of(client)
    assert (parent.info.status, children) == ("FAILED", [])


def test_what_mlflow_does_not_take_is_kept_and_the_next_run_of_the_study_gives_it(
    project: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as away:
        away.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")  # where nobody listens
        unlucky, failing = Study(project), Study(project)
        unlucky.start()
        assert sum("MLflow cannot be reached" in record.message for record in caplog.records) == 1
        with pytest.raises(NotRecorded, match=r"complete and saved.*kedro run --pipeline tracking$"):
            unlucky.finish()
        failing.start()
        failing.fail()
    kept_runs = kept(project, "slake")
    assert len(kept_runs) == 2
    text = "".join((folder / "entry.json").read_text() for folder in kept_runs)
    assert not [word for word in ("tumour", "room", "s3cret") if word in text]
    (project / "report.html").write_text("of a later run")
    other = Study(project)
    other.run_params["run_id"] = "2026-01-02T00.00.00.000Z"
    other.start()
    other.finish()
    parents, children = runs_of(client)
    assert [parent.info.status for parent in parents] == ["FINISHED", "FAILED", "FINISHED"]
    assert len(children) == 4  # both made the same, which is told once
    assert parents[0].data.tags["results.same_as"] == parents[2].info.run_id
    report = client.download_artifacts(parents[2].info.run_id, "report.html")
    assert Path(report).read_text() == "<html>"
    assert kept(project) == []


def test_another_study_does_not_give_what_was_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        study = Study(project)
        study.start()
        study.fail()
    other = Study(project, study="other")
    other.start()
    other.finish()
    assert len(kept(project, "slake")) == 1


def test_a_failing_run_is_not_hidden_by_mlflow(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study(project)
    study.start()
    monkeypatch.setattr("vqa_canary.tracking.run.keep", refuse)
    monkeypatch.setattr(Store, "record", refuse)
    study.fail()


def refuse(*_: Any) -> None:
    raise OSError("disk full")


def test_rerun_makes_a_new_parent_and_tells_results_once(
    project: Path, client: MlflowClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for page in ("<html>", "<html>", "<html>another"):
        study = Study(project)
        study.start()
        study.finish(page)
    parents, children = runs_of(client)
    assert [parent.info.status for parent in parents] == ["FINISHED"] * 3
    of = [run.data.tags["mlflow.parentRunId"] for run in children]
    assert [of.count(parent.info.run_id) for parent in parents] == [4, 0, 4]
    assert parents[1].data.tags["results.same_as"] == parents[0].info.run_id
    assert capsys.readouterr().out.count(f"these results already, of run {parents[0].info.run_id}") == 1


def test_a_study_that_was_finished_without_mlflow_is_told_once(project: Path, client: MlflowClient) -> None:
    study = Study(project, tracking={"enabled": False})
    study.start()
    study.finish()
    tell = partial(told_again, study.run_params, study.pipeline)
    assert tell(study.catalog, None) == (None, None, False)
    told = tell(Study(project).catalog, None)
    assert (told.line, told.now) == (None, True)
    again = tell(Study(project).catalog, told.fingerprint)
    assert (again.fingerprint, again.now) == (told.fingerprint, False)
    assert not_none(again.line).startswith("MLflow has this study already: ")
    [parent], children = runs_of(client)
    assert (parent.data.tags["results.fingerprint"], len(children)) == (told.fingerprint, 4)


def test_run_without_metrics_has_no_children(project: Path, client: MlflowClient) -> None:
    study = Study(project)
    study.pipeline = Pipeline([Node(lambda items: items, "items", "instances", name="show")])
    study.start()
    study.finish()
    [parent], children = runs_of(client)
    assert (parent.info.status, children) == ("FINISHED", [])
    assert client.list_artifacts(parent.info.run_id) == []


def test_tracking_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    study = Study(tmp_path, tracking={"enabled": False})
    study.start()
    study.finish()
    study.fail()
    assert not (tmp_path / "mlflow.db").exists()


def test_store_of_the_environment_wins(
    project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = project / "other.db"
    other.write_bytes(empty_store.read_bytes())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{other}")
    monkeypatch.chdir(project)  # where such a store puts its artifacts
    study = Study(project)
    study.start()
    study.finish()
    assert len(runs_of(MlflowClient(tracking_uri=f"sqlite:///{other}"))[0]) == 1
    assert (
        MlflowClient(tracking_uri=f"sqlite:///{project}/mlflow.db").get_experiment_by_name("vqa-canary/slake")
        is None
    )


def test_unusable_store_is_told_with_the_remedy(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://host")
    with pytest.raises(BadInput, match=r"MLFLOW_TRACKING_URI[\s\S]*tracking.enabled=false"):
        Study(project).start()


def test_a_pipeline_of_untracked_nodes_is_no_run(project: Path, client: MlflowClient) -> None:
    study = Study(project)
    study.pipeline = create_pipeline()
    study.start()
    assert client.get_experiment_by_name("vqa-canary/slake") is None


def test_deleted_experiment_is_restored(project: Path, client: MlflowClient) -> None:
    client.delete_experiment(client.create_experiment("vqa-canary/slake"))
    Study(project).start()
    assert len(runs_of(client)[0]) == 1


def test_a_run_that_is_interrupted_while_mlflow_is_loaded_is_left_to_the_next(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "begin", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Study(project).start()
    kill_open_runs()
    assert (kept(project), caplog.records) == ([], [])
