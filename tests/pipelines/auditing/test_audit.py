"""A whole audit: questions in a CSV, a model, a page; and its numbers found again by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.phantom_audit import N_IMAGES, set_up

from vqa_canary.audit.splitting import calibration_images
from vqa_canary.errors import BadInput

Run = Callable[..., Any]
NO_MLFLOW = {"tracking": {"enabled": False}}
pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory, edit_yaml: Callable[..., None]) -> Path:
    """A project whose audit has been run; to be looked at, not changed."""
    from tests.conftest import copy_project, leave_undrawn, run_in

    project = copy_project(tmp_path_factory.mktemp("audit"))
    set_up(project, edit_yaml)
    with pytest.MonkeyPatch.context() as patch:
        leave_undrawn(patch)
        run_in(patch, project, env="audit", params=NO_MLFLOW)
    return project


def audit_of(project: Path, study: str = "audit") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / f"data/08_reporting/{study}/audit.json").read_text())
    return found


def table(project: Path, name: str, study: str = "audit") -> pd.DataFrame:
    [path] = (project / "data").glob(f"*/{study}/{name}.parquet")
    found: pd.DataFrame = pq.read_table(path).to_pandas()
    return found


def clean_scores(project: Path, method: str) -> pd.DataFrame:
    scores = table(project, "scores").query("condition == 'clean' and method == @method")
    return scores.merge(table(project, "items"), on=["dataset", "item_id"])


def test_the_headline_is_that_of_the_tables(audited: Path) -> None:
    [headline] = audit_of(audited)["headline"]
    scores = clean_scores(audited, "label_nll")
    assert headline["accuracy"]["value"] == pytest.approx(scores["correct"].mean())
    assert headline["accuracy"]["n_clusters"] == N_IMAGES
    hidden = table(audited, "scores").query("condition == 'nota_replace' and method == 'label_nll'")
    both = scores.merge(hidden, on="item_id", suffixes=("", "_nota"))
    at_risk = both[both["nota_valid"] & both["correct"].astype(bool)]
    assert headline["collapse_rate"]["value"] == pytest.approx(1 - at_risk["correct_nota"].mean())


def test_the_policy_is_found_again_by_hand(audited: Path) -> None:
    audit = audit_of(audited)
    [headline] = audit["headline"]
    policy = headline["policy"]
    assert policy["verdict"] == "policy found"
    scores = clean_scores(audited, policy["method"])
    images = calibration_images(table(audited, "items")["image_id"].unique(), audit["seed"])
    held_out = scores[~scores["image_id"].isin(images)]
    answered = held_out[held_out["uncertainty"] <= policy["threshold"]]
    assert policy["held_out"]["coverage"]["value"] == pytest.approx(len(answered) / len(held_out))
    assert policy["held_out"]["risk"]["value"] == pytest.approx(1 - answered["correct"].mean())
    inside = scores[scores["image_id"].isin(images)]
    assert policy["calibration"]["coverage"] == pytest.approx(
        (inside["uncertainty"] <= policy["threshold"]).mean()
    )
    assert "to a person; " in headline["answer"]


def test_conformal_sets_have_the_coverage_that_is_told(audited: Path) -> None:
    audit = audit_of(audited)
    sets = json.loads((audited / "data/08_reporting/audit/conformal_sets.json").read_text())
    assert sets
    for row in audit["conformal"]:
        hit = [one["answer_index"] in one[row["score"].lower()] for one in sets]
        assert row["coverage"]["value"] == pytest.approx(np.mean(hit))
        assert row["mean_size"] == pytest.approx(np.mean([len(one[row["score"].lower()]) for one in sets]))


def test_the_fragile_questions_are_those_that_were_right(audited: Path) -> None:
    rows = audit_of(audited)["fragility"]
    scores = clean_scores(audited, rows[0]["method"])
    right = scores[scores["correct"].astype(bool) & scores["nota_valid"]]
    assert {row["item_id"] for row in rows} == set(right["item_id"])
    values = [row["uncertainty"] for row in rows]
    assert values == sorted(values, reverse=True)
    hidden = table(audited, "scores").query("condition == 'nota_replace' and method == 'label_nll'")
    held = dict(zip(hidden["item_id"], hidden["correct"], strict=True))
    for row in rows:
        assert row["outcomes"]["nota_replace"] == ("held" if held[row["item_id"]] else "collapsed")


def test_a_column_of_ones_own_cuts_the_results(audited: Path) -> None:
    rows = {row["value"]: row for row in audit_of(audited)["subgroups"] if row["column"] == "site"}
    assert set(rows) == {"north", "south"}
    scores = clean_scores(audited, "label_nll")
    north = scores["image_id"].map(lambda one: int(one, 16) % 2 == 1)
    assert rows["north"]["accuracy"]["value"] == pytest.approx(scores.loc[north, "correct"].mean())
    assert rows["north"]["n"] == north.sum()
    metrics = table(audited, "metrics").query("subset == 'site=north' and metric == 'accuracy'")
    assert set(metrics["condition"]) == {"clean", "nota_replace", "nota_control"}


def test_every_file_that_the_page_names_is_there(audited: Path) -> None:
    folder = audited / "data/08_reporting/audit"
    page = (folder / "audit.html").read_text()
    named = set(re.findall(r"audit_(?:figures|tables)/\w+\.\w+", page))
    assert len(named) > 10
    assert [name for name in named if not (folder / name).is_file()] == []


def test_calls_and_reasons_are_told(audited: Path) -> None:
    audit = audit_of(audited)
    calls = {row["method"]: row["calls"] for row in audit["methods"]}
    assert (calls["label_nll"], calls["semantic_entropy"], calls["p_true"]) == (1, 4, 2)
    assert (calls["embedding_eigen"], calls["radial_dispersion"]) == (4, 4)  # both rest on the same samples
    [model] = audit["models"]
    assert (model["failed"], model["calls"]) == (0, None)
    assert set(audit["fingerprints"]) >= {"items", "instances", "evidence", "scores", "prompts", "models"}
    assert {row["guideline"] for row in audit["guidelines"]} == {"TRIPOD+AI", "STARD-AI", "CLAIM"}
    page = (audited / "data/08_reporting/audit/audit.html").read_text()
    questions = set(table(audited, "items")["question"])
    assert not any(question in page for question in questions)


def test_the_same_audit_has_the_same_bytes(audited: Path, run: Run) -> None:
    folder = audited / "data/08_reporting/audit"
    names = ("audit.json", "audit.html", "committee.html", "conformal_sets.json")
    before = {name: (folder / name).read_bytes() for name in names}
    run(audited, "auditing", env="audit", params=NO_MLFLOW)
    assert {name: (folder / name).read_bytes() for name in names} == before


@pytest.mark.whole
def test_a_new_version_is_held_against_the_old_one(
    audited: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    model = {"path": "data/06_models/reference/phantom-llava-600", "batch_size": 256}
    new = NO_MLFLOW | {"study": "audit-2", "baseline": "audit", "models": {"my-model": model}}
    run(audited, env="audit", params=new)
    compared = audit_of(audited, "audit-2")["comparison"]
    assert compared["baseline"] == "audit"
    assert compared["joined"] == {
        "instances": len(table(audited, "instances").query("condition != 'nota_control'")),
        "changed": 0, "only_new": 0, "only_old": 0,
    }  # fmt: skip
    [row] = [
        row
        for row in compared["differences"]
        if (row["quantity"], row["condition"], row["subset"]) == ("accuracy", "clean", "all")
    ]
    old, now = (
        table(audited, "scores", study)
        .query("condition == 'clean' and method == 'label_nll'")
        .set_index("item_id")["correct"]
        for study in ("audit", "audit-2")
    )
    assert row["difference"]["value"] == pytest.approx(now.mean() - old.mean())
    assert row["verdict"] == "worse"
    lost = {f"questions/{item}" for item in old.index[old.astype(bool) & ~now[old.index].astype(bool)]}
    assert set(compared["items"]["lost"]) == lost
    assert any(row["subset"] == "site=north" for row in compared["differences"])
    page = (audited / "data/08_reporting/audit-2/audit.html").read_text()
    assert "Against the audit" in page
    said = capsys.readouterr().out
    assert "Audit: data/08_reporting/audit-2/audit.html" in said
    assert "For the committee: data/08_reporting/audit-2/committee.html" in said


def test_an_unknown_baseline_stops_the_run_before_it_asks(audited: Path, run: Run) -> None:
    with pytest.raises(BadInput, match=r"baseline: there is no audit 'audlt'.* Did you mean 'audit'"):
        run(audited, env="audit", params=NO_MLFLOW | {"study": "audit-3", "baseline": "audlt"})
    assert not (audited / "data/07_model_output/audit-3").exists()


def test_a_dry_run_asks_nothing_and_tells_the_cost_and_without_evidence_there_is_no_audit(
    project: Path, run: Run, edit_yaml: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint: dict[str, Any] = {
        "engine": "endpoint",
        "base_url": "http://127.0.0.1:9/v1",
        "model": "m",
        "max_calls": 100,
    }
    set_up(project, edit_yaml, **endpoint)
    with (project / "data/01_raw/audit/questions.csv").open("a") as file:
        file.write("qx,images/none.png,What?,Lung,Liver,,,,A,organ,CT,north\n")
    run(project, "data_engineering", env="audit", params=NO_MLFLOW)
    told = capsys.readouterr().out
    n_items, n = len(table(project, "items")), len(table(project, "instances"))
    assert f"{n_items} usable questions with {N_IMAGES} images, {n} instances to ask" in told
    assert "1 x image …: there is no such file" in told
    assert f"Cost of my-model: {2 * n:,} to {7 * n:,} calls" in told
    assert "Its max_calls of 100 may end the run" in told
    assert not (project / "data/07_model_output").exists()

    with pytest.raises(BadInput, match=r"my-model_evidence: it is not there") as raised:
        run(project, "auditing", env="audit", params=NO_MLFLOW)
    assert "kedro run --pipelines inference,ue_scoring,auditing --env audit" in str(raised.value)


def test_recorded_answers_are_audited_without_a_model(
    project: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    set_up(project, edit_yaml, engine="recorded", path="data/01_raw/audit/answers.csv")
    folder = project / "data/01_raw/audit"
    asked = pd.read_csv(folder / "questions.csv", dtype=str)
    rng = np.random.default_rng(3)
    confidence = rng.uniform(0.2, 1, len(asked))
    right = rng.uniform(size=len(asked)) < confidence
    other = asked["answer"].map({"A": "B"}).fillna("A")
    answers = asked[["id"]].assign(answer=asked["answer"].where(right, other), confidence=confidence.round(3))
    answers.to_csv(folder / "answers.csv", index=False)
    edit_yaml(
        project / "conf/audit/parameters_data_engineering.yml", lambda p: p.update(conditions=["clean"])
    )
    edit_yaml(
        project / "conf/audit/parameters_reporting.yml",
        lambda p: p["evaluation"].update(nota_conditions=[]),
    )
    run(project, env="audit", params=NO_MLFLOW)
    audit = audit_of(project)
    [headline] = audit["headline"]
    assert headline["accuracy"]["value"] == pytest.approx(right.mean())
    assert headline["recommended"] == "verbalized"
    assert headline["nota_condition"] is None
    rows = {row["method"]: row for row in audit["methods"]}
    assert rows["verbalized"]["auroc"]["value"] > 0.6
    assert rows["label_nll"]["auroc"]["value"] is None
    assert "not recorded" in rows["label_nll"]["reason"]
