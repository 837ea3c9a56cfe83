"""Learning curves in MLflow."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Run

from vqa_canary.tracking.client import Store
from vqa_canary.tracking.curves import training
from vqa_canary.tracking.entry import Entry
from vqa_canary.tracking.record import MetricPoint, RunRecord

CURVES = pd.DataFrame(
    [(250, "accuracy", 0.4), (500, "accuracy", 0.6), (500, "loss.letter", 1.25)],
    columns=["step", "measure", "value"],
)
PARAMETERS = {"study": "s", "reference_models": {"run": {"training": {"lengths": [250, 500]}}}}


def run_of(client: MlflowClient) -> Run:
    """The only one."""
    experiment = client.get_experiment_by_name("vqa-canary/s")
    assert experiment is not None
    [run] = client.search_runs([experiment.experiment_id])
    return run


def test_a_training_run_is_one_record_with_its_settings() -> None:
    record = training("run", CURVES, PARAMETERS)
    assert record.params == {"reference_model.training.lengths": "250, 500"}
    assert record.tags == {"study": "s", "kind": "training", "model": "run"}
    assert record.curves == [
        MetricPoint("accuracy", 250, 0.4),
        MetricPoint("accuracy", 500, 0.6),
        MetricPoint("loss.letter", 500, 1.25),
    ]


def test_every_step_is_in_the_store(project: Path, client: MlflowClient) -> None:
    Store(project, "s").begin(Entry("key", "s", 1, training("run", CURVES, PARAMETERS)))
    history = client.get_metric_history(run_of(client).info.run_id, "accuracy")
    assert [(point.step, point.value) for point in history] == [(250, 0.4), (500, 0.6)]


def test_more_than_one_request_holds_is_written_whole(project: Path, client: MlflowClient) -> None:
    many = RunRecord(
        "many",
        tags={f"tag{n}": "t" for n in range(230)},
        params={f"param{n}": "p" for n in range(101)},
        metrics={f"metric{n}": float(n) for n in range(1201)},
    )
    Store(project, "s").begin(Entry("key", "s", 1, many))
    data = run_of(client).data
    assert data.metrics == many.metrics
    assert data.params == many.params
    assert many.tags.items() <= data.tags.items()
