"""The table of embeddings: what is known is not computed again, and what was computed is not lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vqa_canary.contracts import Contract, ContractError
from vqa_canary.datasets import embeddings
from vqa_canary.datasets.embeddings import EmbeddingTable
from vqa_canary.planned_embeddings import PlannedEmbeddings
from vqa_canary.sample_texts import text_hash

SIZE = 6


def vector_of(text: str, embedder: str = "one") -> NDArray[np.float32]:
    vector = np.random.default_rng(int(text_hash(embedder + text)[:8], 16)).normal(size=SIZE)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class Embedding:
    """A made-up embedder that notes what it was asked for, and may stop half-way."""

    def __init__(self, name: str = "one", stops_after: int | None = None) -> None:
        self.name, self.asked, self._stops_after = name, list[str](), stops_after

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._stops_after is not None and len(self.asked) >= self._stops_after:
            raise KeyboardInterrupt
        self.asked += texts
        return np.stack([vector_of(text, self.name) for text in texts])

    def plan(self, *texts: str) -> PlannedEmbeddings:
        return PlannedEmbeddings(dict(sorted((text_hash(text), text) for text in texts)), self.name, self)


Store = Callable[[str], EmbeddingTable]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return lambda model: EmbeddingTable(filepath=str(tmp_path / "embeddings" / f"{model}.parquet"))


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.rglob("*.parquet"))


def check(table: pd.DataFrame, *texts: str, embedder: str = "one") -> None:
    expected = {text_hash(text): vector_of(text, embedder) for text in texts}
    assert table["text_sha256"].tolist() == sorted(expected)
    assert set(table["embedder"]) <= {embedder}
    for key, vector in zip(table["text_sha256"], table["vector"], strict=True):
        assert vector.dtype == np.float32
        assert vector.tobytes() == expected[key].tobytes()


def test_it_holds_one_vector_for_each_text_of_the_plan(store: Store, tmp_path: Path) -> None:
    embedding = Embedding()
    store("m").save(embedding.plan("b", "a", "c"))
    check(store("m").load(), "a", "b", "c")
    assert sorted(embedding.asked) == ["a", "b", "c"]
    assert files(tmp_path) == ["m.parquet"]


def test_only_what_is_not_known_is_computed(store: Store) -> None:
    store("m").save(Embedding().plan("a", "b"))
    again, more, fewer = Embedding(), Embedding(), Embedding()
    store("m").save(again.plan("a", "b"))
    assert again.asked == []
    store("m").save(more.plan("a", "b", "c"))
    assert more.asked == ["c"]
    store("m").save(fewer.plan("c"))
    assert fewer.asked == []
    check(store("m").load(), "c")  # one row for each text of the plan, and no other


def test_models_of_a_study_share_what_they_say(store: Store) -> None:
    store("m").save(Embedding().plan("a", "b"))
    second = Embedding()
    store("n").save(second.plan("b", "c"))
    assert second.asked == ["c"]
    check(store("n").load(), "b", "c")
    check(store("m").load(), "a", "b")


def test_another_embedder_makes_everything_anew(store: Store) -> None:
    store("m").save(Embedding().plan("a", "b"))
    other = Embedding("two")
    store("m").save(other.plan("a", "b"))
    assert sorted(other.asked) == ["a", "b"]
    check(store("m").load(), "a", "b", embedder="two")


def test_an_interrupted_run_goes_on_where_it_stopped(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "PART", 3)
    texts = [f"text {number}" for number in range(10)]
    stopped = Embedding(stops_after=6)
    with pytest.raises(KeyboardInterrupt):
        store("m").save(stopped.plan(*texts))
    assert not store("m").exists()
    assert len(files(tmp_path)) == 2  # parts
    resumed = Embedding()
    store("m").save(resumed.plan(*texts))
    assert sorted([*stopped.asked, *resumed.asked]) == sorted(texts)
    assert len(resumed.asked) == 4
    check(store("m").load(), *texts)
    assert files(tmp_path) == ["m.parquet"]


def test_a_damaged_file_is_computed_anew_and_spoils_no_other(store: Store, tmp_path: Path) -> None:
    store("m").save(Embedding().plan("a", "b"))
    store("n").save(Embedding().plan("c"))
    path = tmp_path / "embeddings/m.parquet"
    content = bytearray(path.read_bytes())
    at = content.index(vector_of("a").tobytes()[:8])
    content[at] ^= 1
    path.write_bytes(content)
    (tmp_path / "embeddings/of_somebody_else.parquet").write_bytes(b"PAR1")
    again = Embedding()
    store("m").save(again.plan("a", "b", "c"))
    assert sorted(again.asked) == ["a", "b"]
    check(store("m").load(), "a", "b", "c")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(plans=st.lists(st.sets(st.sampled_from("abcdefgh")), max_size=5), part=st.integers(1, 9))
def test_the_table_does_not_depend_on_what_was_known_before(
    plans: list[set[str]],
    part: int,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embeddings, "PART", part)
    folder = tmp_path_factory.mktemp("embeddings")
    known: set[str] = set()
    for number, texts in enumerate([*plans, {"a", "c", "f"}]):
        embedding = Embedding()
        table = EmbeddingTable(filepath=str(folder / f"m{number}.parquet"))
        table.save(embedding.plan(*texts))
        assert sorted(embedding.asked) == sorted(texts - known)
        known |= texts
    alone = EmbeddingTable(filepath=str(tmp_path_factory.mktemp("alone") / "m.parquet"))
    alone.save(Embedding().plan("a", "c", "f"))
    assert table.stored_seal().content == alone.stored_seal().content


def test_no_text_gives_an_empty_table(store: Store) -> None:
    embedding = Embedding()
    store("m").save(embedding.plan())
    assert len(store("m").load()) == 0
    assert embedding.asked == []
    store("m").save(embedding.plan("a"))
    check(store("m").load(), "a")


def test_a_table_that_breaks_its_contract_is_not_stored(store: Store) -> None:
    def too_long(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([2 * vector_of(text) for text in texts])

    plan = Contract("embeddings").validate(PlannedEmbeddings({text_hash("a"): "a"}, "one", too_long))
    with pytest.raises(ContractError, match="breaks its contract") as raised:
        store("m").save(plan)
    assert "vectors_of_unit_length" in str(raised.value)
    assert not store("m").exists()
    sound = Contract("embeddings").validate(Embedding().plan("a", "b"))
    store("m").save(sound)
    check(store("m").load(), "a", "b")


def test_the_texts_themselves_are_not_in_the_file(store: Store, tmp_path: Path) -> None:
    store("m").save(Embedding().plan("Jane Doe, born 1950"))
    assert b"Jane" not in (tmp_path / "embeddings/m.parquet").read_bytes()
    assert "Jane" not in json.dumps(vars(store("m").stored_seal().origin), default=str)
