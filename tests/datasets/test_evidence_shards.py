"""What answered travels with the evidence, from shard to frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from vqa_canary.contracts.contract import Contract
from vqa_canary.datasets.evidence import EvidenceShards, joined_facts
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import Sampling
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.tables import Evidence, Instance


class Fake:
    """Answers, and knows what it is only then."""

    fingerprint = "f"

    def __init__(self, **facts: str) -> None:
        self._known, self.facts = facts, {}

    def answer(self, part: list[Instance], _: object) -> list[Evidence]:
        self.facts = self._known
        return [Evidence("m", one.instance_id, status="failed", error="made up") for one in part]


@pytest.fixture
def instances() -> list[Instance]:
    return [Instance(str(k), "d", str(k), "clean", "?", ("a", "b"), str(k), "", "", 0) for k in range(3)]


def shards(engine: Any, instances: list[Instance]) -> dict[str, Any]:
    unopened: Any = None
    return evidence_shards(instances, engine, unopened, Prompts(), Sampling(), 7, 1)


def test_facts_of_the_shards_are_those_of_the_frame(tmp_path: Path, instances: list[Instance]) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    data.save(Contract("evidence").validate(shards(Fake(dtype="float32"), instances)))
    found = Contract("evidence").validate(data.load())
    assert found.attrs == {"engine": {"dtype": "float32"}}
    assert len(found) == 3


def test_shards_of_two_machines_say_both(tmp_path: Path, instances: list[Instance]) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    data.save(shards(Fake(device="cpu", dtype="float32"), instances[:1]))
    data.save(shards(Fake(device="cuda", dtype="float32"), instances))  # resumed: the first shard is there
    assert data.load().attrs["engine"] == {"device": "cpu; cuda", "dtype": "float32"}


def test_shards_written_without_facts_have_none(tmp_path: Path, instances: list[Instance]) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    data.save(shards(Fake(dtype="float32"), instances))
    for path in (tmp_path / "m").glob("*.parquet"):
        table = pq.read_table(path)
        del (metadata := dict(table.schema.metadata))[b"engine"]
        pq.write_table(table.replace_schema_metadata(metadata), path)
    assert len(data.load()) == 3
    assert data.load().attrs == {"engine": {}}


def test_joined_facts_keep_their_order_and_say_each_value_once() -> None:
    assert joined_facts([{"a": "1"}, {"a": "2", "b": "x"}, {"a": "1"}, {}]) == {"a": "1; 2", "b": "x"}
    assert joined_facts([]) == {}
