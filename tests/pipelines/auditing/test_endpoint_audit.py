"""An audit of an endpoint: its key, what fails, an interruption, and what must be seen nowhere."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import FaultServer, serving
from tests.phantom_audit import set_up

Run = Callable[..., Any]
NO_MLFLOW = {"tracking": {"enabled": False}}
KEY = "sk-very-secret-0123456789"


def point_to(server: FaultServer, project: Path, edit_yaml: Callable[..., None], **options: Any) -> None:
    endpoint = {"engine": "endpoint", "base_url": server.url, "model": "m", "min_wait": 0.001, "retries": 0}
    set_up(project, edit_yaml, n_images=6, **endpoint, **options)


def evidence(project: Path) -> pd.DataFrame:
    folder = project / "data/07_model_output/audit/evidence/my-model"
    return pd.concat([pq.read_table(path).to_pandas() for path in sorted(folder.glob("*.parquet"))])


def written(project: Path) -> bytes:
    """Every file that a run has written but the tables' own folders of questions and images."""
    files = (path for path in project.rglob("*") if path.is_file() and not path.is_symlink())
    kept = [path for path in files if not {"01_raw", "local", "06_models"} & set(path.parts)]
    assert len(kept) > 20
    return b"".join(path.read_bytes() for path in kept)


def test_the_key_of_a_credentials_entry_reaches_the_server_and_nothing_else(
    project: Path, run: Run, edit_yaml: Callable[..., None], capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    (project / "conf/local").mkdir(exist_ok=True)
    (project / "conf/local/credentials.yml").write_text(f"ours: {{api_key: {KEY}}}\n")
    with serving() as server:
        point_to(server, project, edit_yaml, credentials="ours")
        run(project, env="audit")
        assert set(server.keys) == {f"Bearer {KEY}"}
    told = capsys.readouterr()
    assert KEY.encode() not in written(project)
    assert KEY not in told.out + told.err + caplog.text


def test_an_interrupted_run_asks_no_instance_twice(
    project: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    from vqa_canary.engines.endpoint_engine import EndpointEngine

    answer = EndpointEngine.answer

    def stopped(self: Any, instances: Any, open_image: Any) -> Any:
        yield from itertools.islice(answer(self, instances, open_image), 10)
        raise KeyboardInterrupt

    with serving() as server:
        point_to(server, project, edit_yaml, concurrency=1)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(EndpointEngine, "answer", stopped)
            run(project, env="audit", params=NO_MLFLOW)
        [journal] = (project / "data/07_model_output/audit/evidence/my-model").glob(".*.jsonl")
        kept = [json.loads(line)["instance_id"] for line in journal.read_text().splitlines()]
        before = len(server.requests)
        run(project, env="audit", params=NO_MLFLOW)
        again = len(server.requests) - before
    assert len(kept) == 10
    rows = evidence(project)
    facts = json.loads((project / "data/08_reporting/audit/model_facts.json").read_text())["my-model"]
    new = rows[~rows["instance_id"].isin(kept)]
    assert again == new["calls"].sum() + int(facts["canary_calls"])


def test_answers_without_log_probs_are_audited_as_far_as_they_go(
    project: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    with serving(FakeModel(depth=None)) as server:
        point_to(server, project, edit_yaml)
        run(project, env="audit", params=NO_MLFLOW)
    audit = json.loads((project / "data/08_reporting/audit/audit.json").read_text())
    reasons = {row["method"]: row["reason"] for row in audit["methods"]}
    assert reasons["margin"] == "no option_logprobs: the endpoint gives no log-probs"
    measured = {row["method"] for row in audit["methods"] if row["auroc"]["n"]}
    assert measured == {"sample_disagreement", "semantic_entropy", "verbalized"}
    page = (project / "data/08_reporting/audit/audit.html").read_text()
    assert "No log-probs" in page
    [model] = audit["models"]
    assert model["calls"] == evidence(project)["calls"].sum()
