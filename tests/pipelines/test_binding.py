"""A stage refuses what was not made from the present settings and tables, and says the command that mends it."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from kedro.io import DatasetError
from tests.conftest import ROOT, bootstrap

from vqa_canary.errors import BadInput
from vqa_canary.frames import to_frame
from vqa_canary.pipelines.auditing.pipeline import create_pipeline
from vqa_canary.pipelines.measuring.nodes import build_grids
from vqa_canary.pipelines.origins import stored_inputs
from vqa_canary.pipelines.parameters import Evaluation

pytestmark = pytest.mark.usefixtures("undrawn")

Run = Callable[..., Any]
QUIET = {"tracking": {"enabled": False}}
SCORING, REPORTING = ("ue_scoring", "reporting"), ("reporting",)


@pytest.fixture
def finished(shared_project: Path, tmp_path: Path) -> Path:
    """A finished small study of one's own."""
    return Path(shutil.copytree(shared_project, tmp_path / "finished", symlinks=True))


@pytest.fixture(scope="session")
def model() -> str:
    """The one model of the small study."""
    settings = yaml.safe_load((ROOT / "conf/base/parameters_inference.yml").read_text())
    return str(list(settings["models"])[-1])


def data(project: Path, name: str) -> Path:
    [path] = (project / "data").glob(f"*/phantom/{name}")
    return path


def edit_table(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """As somebody would in a notebook."""
    change(pq.read_table(path).to_pandas()).to_parquet(path)


STALE: dict[str, tuple[dict[str, Any], tuple[str, ...], str, str]] = {
    "seed": ({"seed": 8}, SCORING, "items: it was made with seed: 7, now 8", "data_engineering,inference,"),
    "temperature": (
        {"sampling": {"temperature": 0.5}},
        SCORING,
        "_evidence: it was made with sampling.temperature: 1.0, now 0.5",
        "inference,ue_scoring,reporting",
    ),
    "temperature, reporting alone": (
        {"sampling": {"temperature": 0.5}},
        REPORTING,
        "sampling.temperature: 1.0, now 0.5",
        "inference,ue_scoring,reporting",
    ),
    "prompt": (
        {"prompts": {"verbalized": "How sure?"}},
        SCORING,
        'now "How sure?"',
        "inference,ue_scoring,reporting",
    ),
    "condition": (
        {"conditions": ["clean", "nota_last", "nota_replace"]},
        SCORING,
        "instances: it was made with conditions: ",
        "data_engineering,inference,ue_scoring,reporting",
    ),
    "label": (
        {"scoring": {"label": "native"}},
        REPORTING,
        'it was made with scoring.label: "choice", now "native"',
        "ue_scoring,reporting",
    ),
    "questions": (
        {"datasets": {"phantom": {"n_images": 9}}},
        ("inference",),
        "items: it was made with datasets.phantom.n_images: 8, now 9",
        "data_engineering,inference",
    ),
}


@pytest.mark.parametrize("change", STALE)
def test_a_setting_that_was_changed_stops_the_stages_after_it(finished: Path, run: Run, change: str) -> None:
    params, pipelines, why, remedy = STALE[change]
    with pytest.raises(BadInput) as raised:
        run(finished, *pipelines, params=QUIET | params)
    assert why in str(raised.value)
    assert f"kedro run --pipelines {remedy}" in str(raised.value)


@pytest.mark.whole
def test_the_command_that_is_told_puts_it_right(finished: Path, run: Run) -> None:
    given = QUIET | {"sampling": {"temperature": 0.5}}
    with pytest.raises(BadInput) as raised:
        run(finished, *SCORING, params=given)
    [command] = re.findall(r"kedro run .*", str(raised.value))
    words = shlex.split(command)
    assert words[words.index("--params") + 1] == "tracking.enabled=false,sampling.temperature=0.5"
    run(finished, *words[words.index("--pipelines") + 1].split(","), params=given)
    assert "temperature: 0.5" in data(finished, "report.html").read_text()


@pytest.mark.whole
def test_what_changes_no_answer_stops_nothing(finished: Path, run: Run, model: str) -> None:
    settings = {model: {"batch_size": 3, "group": "another"}}
    run(finished, *SCORING, params=QUIET | {"models": settings, "retry_failed": True})


def test_other_weights_are_found(finished: Path, run: Run, model: str) -> None:
    folder = finished / "data/06_models/reference" / model
    (folder / "generation_config.json").write_text('{"temperature": 0.9}')
    with pytest.raises(BadInput, match=r"_evidence: it was made with fingerprint: "):
        run(finished, *SCORING, params=QUIET)


def test_evidence_is_scored_where_its_weights_are_not(
    finished: Path, run: Run, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(finished / "data/06_models/reference" / model)
    run(finished, "ue_scoring", params=QUIET)
    assert "its weights are not here" in caplog.text


def test_a_model_that_was_not_asked_is_named(finished: Path, run: Run, model: str) -> None:
    folder = f"data/06_models/reference/{model}"
    with pytest.raises(BadInput, match="second_evidence: it is not there"):
        run(finished, "ue_scoring", params=QUIET | {"models": {"second": {"path": folder}}})


@pytest.mark.whole
def test_instances_made_in_the_same_run_still_need_answers(finished: Path, run: Run) -> None:
    conditions = ["clean", "nota_replace", "nota_last"]
    more = [*conditions, "shuffled"]
    study = {"study": "other", "blank_images": "data/blank"}
    run(finished, "data_engineering", "inference", params=QUIET | study | {"conditions": conditions})
    with pytest.raises(BadInput, match=r"instances were never asked \(conditions: shuffled\)"):
        run(finished, "data_engineering", "ue_scoring", params=QUIET | study | {"conditions": more})


@pytest.mark.parametrize("name", ["items.parquet", "instances.parquet", "scores.parquet"])
def test_a_table_that_another_program_wrote_is_refused(finished: Path, run: Run, name: str) -> None:
    edit_table(data(finished, name), lambda table: table)
    with pytest.raises(
        BadInput, match=f"{name.removesuffix('.parquet')}: it says nothing of what it was made"
    ):
        run(finished, "reporting", params=QUIET)


def test_a_flipped_bit_in_a_table_is_found_when_it_is_read(finished: Path, run: Run) -> None:
    path = data(finished, "scores.parquet")
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"scores\.parquet cannot be used"):
        run(finished, "reporting", params=QUIET)


def test_a_table_that_another_node_made_is_refused(finished: Path, run: Run, model: str) -> None:
    """Its seal is whole and what it was made from is there, but it is the table of one model."""
    shutil.copy(data(finished, f"scores/{model}.parquet"), data(finished, "scores.parquet"))
    with pytest.raises(
        BadInput, match=r"scores: it was made by ue_scoring\.\S*, not by ue_scoring\.gather_scores"
    ):
        run(finished, "reporting", params=QUIET)


def test_scores_by_other_code_than_that_of_today_are_refused(
    finished: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vqa_canary.pipelines.origins.code_of", lambda methods: {"margin": "another"})
    with pytest.raises(BadInput, match=r"(?s)scoring\.code.*kedro run --pipelines ue_scoring,reporting"):
        run(finished, "reporting", params=QUIET)


def test_scores_that_lack_a_row_of_the_evidence_make_no_grid(finished: Path) -> None:
    scores, instances, items = (
        to_frame(pq.read_table(data(finished, f"{name}.parquet")))
        for name in ("scores", "instances", "items")
    )
    shards = (finished / "data").glob("*/phantom/evidence/*/*.parquet")
    evidence = pd.concat([to_frame(pq.read_table(shard)) for shard in shards])
    assert build_grids(scores, instances, items, evidence, Evaluation(), 7)
    with pytest.raises(
        BadInput, match=r"scores of \S+, \w+: \d+ instances have a row, and its evidence has \d+"
    ):
        build_grids(scores.iloc[1:], instances, items, evidence, Evaluation(), 7)


def test_an_audit_is_known_to_rest_on_its_settings(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    bootstrap(root)
    pipeline = create_pipeline()
    [node] = [node for node in pipeline.nodes if "audit" in node.outputs]
    stored = {"items", "instances", "scores", "quarantine", "metrics"}
    found = stored_inputs(node, pipeline, lambda name: name in stored)
    assert {f"params:{name}" for name in ("audit", "evaluation", "scoring", "seed")} | stored <= found


def test_a_claim_of_other_scores_is_not_rendered(finished: Path, run: Run, model: str) -> None:
    """Part of a pipeline alone: the claims on disk are those of the scores before."""
    methods = {"scoring": {"methods": ["margin", "p_true"]}, "evaluation": {"primary": "margin"}}
    run(finished, "ue_scoring", params=QUIET | methods)
    with pytest.raises(BadInput, match=r"claims: it was made with .*another table scores"):
        run(finished, "reporting", from_nodes=["gather_findings"], params=QUIET | methods)


@pytest.mark.whole
def test_facts_are_those_of_the_evidence_not_of_the_folder_today(
    finished: Path, run: Run, model: str, tmp_path: Path
) -> None:
    import json

    before = json.loads(data(finished, "model_facts.json").read_text())[model]["fingerprint"]
    shutil.rmtree(finished / "data/06_models/reference" / model)
    run(finished, "reporting", params={"tracking": {"enabled": True}})
    from tests.test_study import runs_of

    latest = max(runs_of(finished)[1], key=lambda child: child.info.start_time)
    assert latest.data.params["fingerprint.model"] == before
