"""From the table `metrics` to child runs; no MLflow needed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pandas as pd
import pytest

from vqa_canary.frames import frame
from vqa_canary.tracking.children import children
from vqa_canary.tracking.record import RunRecord

PARAMETERS: dict[str, Any] = {
    "study": "slake",
    "seed": 7,
    "models": {"tiny": {"path": "models/tiny", "revision": None, "endpoint": {"api_key": "sk-1"}}, "big": {}},
    "scoring": {"methods": ["margin", "p_true"], "label": "choice"},
    "sampling": {"n_samples": 10},
}
FINGERPRINTS = {"prompts": "aaaa", "conditions": {"clean": "bbbb"}, "models": {"tiny": "cccc"}}


def row(metric: str, value: float | None, **changed: Any) -> dict[str, Any]:
    plain = {"model": "tiny", "dataset": "slake", "condition": "clean", "subset": "all", "method": "margin"}
    numbers = {"value": value, "ci_low": None, "ci_high": None, "n": 10, "n_clusters": 5, "reason": None}
    return plain | {"metric": metric} | numbers | changed


def records(*rows: dict[str, Any]) -> dict[str, RunRecord]:
    made = children(frame(rows, "metrics"), PARAMETERS, FINGERPRINTS, {"nota_last"})
    return {record.name: record for record in made}


def test_one_child_for_each_model_and_method() -> None:
    made = records(
        *(row("auroc", 0.5, model=m, method=k) for m in ("tiny", "big") for k in ("margin", "p_true"))
    )
    assert list(made) == ["margin · big", "p_true · big", "margin · tiny", "p_true · tiny"]
    assert made["p_true · big"].tags == {
        "study": "slake",
        "kind": "model x method",
        "dataset": "slake",
        "model": "big",
        "method": "p_true",
    }


def test_metric_is_named_with_its_condition_and_limits() -> None:
    [made] = records(row("auroc", 0.8, ci_low=0.7, ci_high=0.9), row("brier", 0.1)).values()
    assert made.metrics == {
        "auroc.clean": 0.8,
        "auroc.clean.ci_low": 0.7,
        "auroc.clean.ci_high": 0.9,
        "brier.clean": 0.1,
    }


def test_what_belongs_to_no_method_stands_in_every_child() -> None:
    made = records(row("accuracy", 0.6, method=""), row("auroc", 0.8), row("auroc", 0.7, method="p_true"))
    assert {name: record.metrics["accuracy.clean"] for name, record in made.items()} == {
        "margin · tiny": 0.6,
        "p_true · tiny": 0.6,
    }


def test_headline_subset_is_nota_valid_under_nota_conditions_and_all_elsewhere() -> None:
    rows = [
        row("auroc", value, condition=condition, subset=subset)
        for condition, values in {
            "clean": (0.1, 0.2),
            "nota_last": (0.3, 0.4),
            "answer_removed": (0.5, 0.6),
        }.items()
        for subset, value in zip(("all", "nota_valid"), values, strict=True)
    ]
    [made] = records(*rows, row("auroc", 0.9, subset="modality=CT")).values()
    assert made.metrics == {"auroc.clean": 0.1, "auroc.nota_last": 0.4}  # others are in the table alone


def test_several_datasets_stand_before_the_metric() -> None:
    [made] = records(row("auroc", 0.8), row("auroc", 0.7, dataset="vqa_rad")).values()
    assert made.metrics == {"slake.auroc.clean": 0.8, "vqa_rad.auroc.clean": 0.7}
    assert made.tags["dataset"] == "slake, vqa_rad"


def test_undefined_metric_is_a_tag_with_its_reason() -> None:
    [made] = records(row("auroc", None, reason="one class only"), row("brier", 0.1)).values()
    assert list(made.metrics) == ["brier.clean"]
    assert made.tags["undefined.auroc.clean"] == "one class only"


def test_long_reason_is_cut_and_odd_name_made_legal() -> None:
    rows = [row("auroc", None, dataset=name, reason="x" * 10_000) for name in ("a@20%", "b")]
    [made] = records(*rows).values()
    assert len(made.tags["undefined.a-20-.auroc.clean"]) == 500


def test_other_metrics_are_in_the_table_alone() -> None:
    [made] = records(row("auroc", 0.8), row("aurc", 0.1), row("auprc", None, reason="none")).values()
    assert (made.metrics, [name for name in made.tags if "undefined" in name]) == ({"auroc.clean": 0.8}, [])


def test_parameters_say_what_was_run_and_hide_secrets() -> None:
    [made] = records(row("auroc", 0.8)).values()
    assert made.params == {
        "model": "tiny",
        "method": "margin",
        "seed": "7",
        "model.path": "models/tiny",
        "model.endpoint.api_key": "hidden",
        "sampling.n_samples": "10",
        "scoring.label": "choice",
        "fingerprint.model": "cccc",
        "fingerprint.prompts": "aaaa",
        "fingerprint.condition.clean": "bbbb",
    }


def test_what_answered_is_a_parameter_of_every_child_of_the_model() -> None:
    rows = [row("auroc", 0.8), row("auroc", 0.7, method="p_true"), row("auroc", 0.7, model="big")]
    facts = {"tiny": {"dtype": "float32", "revision": ""}}
    made = children(frame(rows, "metrics"), PARAMETERS, FINGERPRINTS, (), facts)
    of = {record.name: record.params.get("engine.dtype") for record in made}
    assert of == {"margin · big": None, "margin · tiny": "float32", "p_true · tiny": "float32"}


@pytest.mark.parametrize("datasets", [["slake"], ["slake", "vqa_rad"]])
def test_the_share_of_answers_that_were_read_is_a_metric(datasets: list[str]) -> None:
    rows = [
        row("auroc", 0.5, dataset=dataset, model=model) for dataset in datasets for model in ("tiny", "big")
    ]
    read = [
        {
            "dataset": dataset,
            "model": model,
            "condition": condition,
            "headline": "all",
            "read": {"value": value},
        }
        for dataset in datasets
        for model, value in (("tiny", 0.25), ("big", None))
        for condition in ("", "clean")
    ]
    made = {
        one.name: one.metrics
        for one in children(frame(rows, "metrics"), PARAMETERS, FINGERPRINTS, (), None, read)
    }
    names = {name: value for name, value in made["margin · tiny"].items() if "answers_read" in name}
    if len(datasets) == 1:
        assert names == {"answers_read": 0.25, "answers_read.clean": 0.25}
    else:
        ends = ("answers_read", "answers_read.clean")
        assert names == {f"{dataset}.{end}": 0.25 for dataset in datasets for end in ends}
    assert not any("answers_read" in name for name in made["margin · big"])


def test_empty_metrics_make_no_children() -> None:
    assert records() == {}


@pytest.mark.parametrize("order", [slice(None, None, -1), slice(1, None)])
def test_row_order_does_not_matter(order: slice) -> None:
    table = frame([row("auroc", 0.8), row("brier", 0.1), row("ece", 0.2)], "metrics")
    turned = pd.concat([table[order], table[:1]]).drop_duplicates("metric")
    one, other = (next(children(data, PARAMETERS, FINGERPRINTS, ())) for data in (table, turned))
    assert one == other


def test_mapping_needs_no_mlflow() -> None:
    code = (
        "import sys, vqa_canary.tracking.children, vqa_canary.tracking;"
        "print(sorted({'mlflow', 'pandas', 'torch', 'great_expectations'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
