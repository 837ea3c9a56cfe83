"""The environment `paper`, whole: its twelve models, conditions and methods, on small models of the same classes.

Ten have random weights, two answer behind a server here, and the questions are made up in the layout of the benchmark:
what is shown is that everything in it runs, and that each thing it asks for is in the results.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image
from tests.conftest import Run, edit
from tests.engines.endpoint.fault_server import Fault, serving
from tests.engines.endpoint.faults import error_body
from tests.engines.endpoint.keeping import keeping
from tests.engines.families import building
from tests.engines.families.catalogue import FAMILIES
from tests.engines.families.stand_ins import register
from tests.engines.test_paper_models import CLASSES, HUB, MODELS, VENDORS
from tests.made_up_gmai import NAMES, record, write
from tests.ue.test_ue_registration import DEFAULT

from vqa_canary.seeding import generator_for
from vqa_canary.sources.phantom_drawing import draw_scene, render

ROOT = Path(__file__).parents[2]
ASKED: dict[str, Any] = yaml.safe_load((ROOT / "conf/paper/parameters_data_engineering.yml").read_text())
PER_MODALITY = 3
"""Questions of each of the eight modalities; the study's limit of 210 is far."""
CONDITIONS = {next(iter(one)) if isinstance(one, dict) else one for one in ASKED["conditions"]}
CLAIMS = {
    "ue_tracks_accuracy",
    "ue_tracks_accuracy_within_models",
    "nota_blindness",
    "nota_hardly_moves",
    "fragility_is_foreseeable",
}


@pytest.fixture
def paper(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose environment `paper` asks small models; all else is as it is in the repository."""
    for name in ("parameters_inference.yml", "parameters_ue_scoring.yml", "parameters_reporting.yml"):
        (project / "conf/base" / name).write_text((ROOT / "conf/base" / name).read_text())
    write(project / "data/01_raw/gmai_mmbench", [*_records()])
    register()

    def ask_small_models(study: dict[str, Any]) -> None:
        study["workers"] = 1
        for number, name in enumerate(HUB):
            model, folder = study["models"][name], project / "small" / name
            folder.mkdir(parents=True)
            monkeypatch.setattr(building, "SEED", number)
            monkeypatch.setattr(building, "ENDS_OFTEN", True)
            FAMILIES[CLASSES[model["family"]]](folder)
            del model["revision"]
            # A random model rambles now and then: an answer that is cut fails its row, and the run goes on.
            model.update(path=str(folder), stop_after_failures=None, stop_at_failure_share=None)
        for name in VENDORS:
            del study["models"][name]["credentials"]

    edit(project / "conf/paper/parameters_inference.yml", ask_small_models)
    return project


def _records() -> list[dict[str, Any]]:
    records = []
    for number, name in enumerate(NAMES):
        for at in range(PER_MODALITY):
            index = number * PER_MODALITY + at
            key = f"paper/{index}"
            buffer = io.BytesIO()
            pixels = render(draw_scene(generator_for(1, key, "scene")), generator_for(1, key, "pixels"))
            Image.fromarray(pixels).save(buffer, "PNG")
            answer = "ABCD"[index % 4]
            records.append(
                record(
                    index,
                    image=base64.b64encode(buffer.getvalue()).decode(),
                    question="What is shown?",  # one for all, so that images can be swapped
                    modality=name,
                    answer=answer,
                    category={"A": "cyst", "B": "polyp", "C": "normal mucosa", "D": "ulcer"}[answer],
                )
            )
    return records


@pytest.mark.slow
def test_the_whole_environment_runs_on_small_models(paper: Path, run: Run) -> None:
    def script(_: int, body: Any) -> Fault | None:
        refuses = body.get("model") == MODELS["gemini-2-5-flash"]["model"] and "logprobs" in body
        return Fault(400, body=error_body(param="logprobs")) if refuses else None

    with serving(keeping("top_p"), script) as server:
        edit(
            paper / "conf/paper/parameters_inference.yml",
            lambda study: [study["models"][name].update(base_url=server.url) for name in VENDORS],
        )
        run(paper, env="paper", params={"tracking": {"enabled": False}})
    results = paper / "data/08_reporting/paper"
    metrics = pq.read_table(results / "metrics.parquet").to_pandas()
    assert set(metrics["model"]) >= set(MODELS)
    assert set(metrics["condition"]) >= CONDITIONS
    assert set(metrics["method"]) >= {*DEFAULT}

    # Two models behind endpoints: one shows log-probs, and of the other what needs them is null with the reason.
    scores = pq.read_table(paper / "data/07_model_output/paper/scores.parquet").to_pandas()
    clean = scores[scores["condition"] == "clean"].set_index(["model", "method"])["uncertainty"]
    assert clean.loc["gpt-4-1", "label_nll"].notna().all()
    assert clean.loc["gemini-2-5-flash", "self_consistency"].notna().all()
    assert clean.loc["gemini-2-5-flash", "label_nll"].isna().all()
    assert scores.loc[scores["uncertainty"].isna(), "reason"].notna().all()

    # Twenty-four questions decide nothing; each verdict is there all the same, with a number or the reason for none.
    claims = [one for one in json.loads((results / "claims.json").read_text()) if one["level"] == "headline"]
    assert {one["claim"] for one in claims} == CLAIMS
    assert all(one["estimate"] is not None or one["reason"] for one in claims)
    page = (results / "report.html").read_text()
    assert all(name in page for name in MODELS)
