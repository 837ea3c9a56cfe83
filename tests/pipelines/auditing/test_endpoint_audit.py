"""An audit of an endpoint: what fails, and an interruption. Its key: see `test_nothing_leaks.py`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import FaultServer, serving
from tests.phantom_audit import set_up

from vqa_canary.datasets.evidence import EvidenceShards

Run = Callable[..., Any]
NO_MLFLOW = {"tracking": {"enabled": False}}


def point_to(server: FaultServer, project: Path, edit_yaml: Callable[..., None], **options: Any) -> None:
    endpoint = {"engine": "endpoint", "base_url": server.url, "model": "m", "min_wait": 0.001, "retries": 0}
    set_up(project, edit_yaml, n_images=6, **endpoint, **options)


def give_key(project: Path, key: str) -> None:
    """The credentials entry `ours`."""
    (project / "conf/local").mkdir(exist_ok=True)
    (project / "conf/local/credentials.yml").write_text(f"ours: {{api_key: {key}}}\n")


def evidence(project: Path) -> pd.DataFrame:
    """All rows; `attrs["engine"]` says what answered."""
    return EvidenceShards(str(project / "data/07_model_output/audit/evidence/my-model")).load()


def test_an_interrupted_run_asks_no_instance_twice(
    project: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    from vqa_canary.engines.endpoint.engine import EndpointEngine

    answer = EndpointEngine.answer

    def stopped(self: Any, instances: Any, open_image: Any) -> Any:
        yield from itertools.islice(answer(self, instances, open_image), 10)
        raise KeyboardInterrupt

    asking = ("data_engineering", "inference")
    with serving() as server:
        point_to(server, project, edit_yaml, concurrency=1, credentials="ours")
        give_key(project, "sk-of-the-stopped-run")
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(EndpointEngine, "answer", stopped)
            run(project, *asking, env="audit", params=NO_MLFLOW)
        [journal] = (project / "data/07_model_output/audit/evidence/my-model").glob(".*.jsonl")
        lines = [line.partition(" ")[2] for line in journal.read_text().splitlines()[1:]]
        kept = [json.loads(line)["instance_id"] for line in lines]
        give_key(project, "sk-of-the-next-run")
        run(project, *asking, env="audit", params=NO_MLFLOW)
    assert len(kept) == 10
    # A request that was under way when its run was stopped may arrive while the next one asks: the key tells
    # whose it is.
    again = server.keys.count("Bearer sk-of-the-next-run")
    assert server.keys.count("Bearer sk-of-the-stopped-run") + again == len(server.keys)
    rows = evidence(project)
    new = rows[~rows["instance_id"].isin(kept)]
    assert again == new["calls"].sum() + int(rows.attrs["engine"]["canary_calls"])


@pytest.mark.whole
@pytest.mark.usefixtures("undrawn")
def test_answers_without_log_probs_are_audited_as_far_as_they_go(
    project: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    with serving(FakeModel(depth=None)) as server:
        point_to(server, project, edit_yaml)
        run(project, env="audit", params=NO_MLFLOW)
        asked = len(server.requests)
    audit = json.loads((project / "data/08_reporting/audit/audit.json").read_text())
    reasons = {row["method"]: row["reason"] for row in audit["methods"]}
    assert reasons["label_nll"] == "no option_logprobs: the endpoint gives no log-probs"
    measured = {row["method"] for row in audit["methods"] if row["auroc"]["n"]}
    vectors = {"embedding_eigen", "radial_dispersion"}
    assert measured == {"self_consistency", "semantic_entropy", "verbalized", *vectors}
    assert reasons["pro"] == "undefined: a sample has no log-probabilities of its tokens"
    page = (project / "data/08_reporting/audit/audit.html").read_text()
    assert "No log-probs" in page
    [model] = audit["models"]
    assert model["calls"] == asked > evidence(project)["calls"].sum()  # the canary's are calls, too
