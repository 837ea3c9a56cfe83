"""What answered travels with the evidence, from shard to frame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError

from vqa_canary.contracts.contract import Contract
from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.gathering import joined_facts
from vqa_canary.datasets.journal import Journal
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.planned_shard import ShardPlan
from vqa_canary.rows import Evidence, Gap, Instance, Sample


class Fake:
    """Answers, and knows what it is only then."""

    fingerprint = "f"

    def __init__(self, **facts: str) -> None:
        self._known = facts
        self.facts: dict[str, str] = {}

    def answer(self, part: list[Instance], _: object) -> list[Evidence]:
        self.facts = self._known
        return [Evidence("m", one.instance_id, status="failed", error="made up") for one in part]


@pytest.fixture
def instances() -> list[Instance]:
    return [Instance(str(k), "d", str(k), "clean", "?", ("a", "b"), str(k), "", "", 0) for k in range(3)]


def shards(engine: Any, instances: list[Instance]) -> ShardPlan:
    unopened: Any = None
    return evidence_shards("m", instances, engine, unopened, Prompts(), Sampling(), 7, 1)


def test_facts_of_the_shards_are_those_of_the_frame(tmp_path: Path, instances: list[Instance]) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    data.save(Contract("evidence").validate(shards(Fake(dtype="float32"), instances)))
    found = Contract("evidence").validate(data.load())
    assert found.attrs["engine"] == {"dtype": "float32", "fingerprint": "f"}
    assert found.attrs["settings"]["sampling"] == Sampling().model_dump()
    assert len(found) == 3


def test_shards_of_two_machines_say_both(tmp_path: Path, instances: list[Instance]) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    data.save(shards(Fake(device="cpu", dtype="float32"), instances[:1]))
    data.save(shards(Fake(device="cuda", dtype="float32"), instances))  # resumed: the first shard is there
    assert data.load().attrs["engine"] == {"device": "cpu; cuda", "dtype": "float32", "fingerprint": "f"}


def test_joined_facts_keep_their_order_and_say_each_value_once() -> None:
    assert joined_facts([{"a": "1"}, {"a": "2", "b": "x"}, {"a": "1"}, {}]) == {"a": "1; 2", "b": "x"}
    assert joined_facts([]) == {}


class OneByOne:
    """Gives its rows one by one; `fails` do not answer, and it breaks off before row `stops_at`."""

    fingerprint = "f"

    def __init__(self, fails: set[str] | None = None, stops_at: int = 99) -> None:
        self.asked: list[str] = []
        self.facts = {"run": "1"}
        self._fails, self._stops_at = fails or set(), stops_at

    def answer(self, part: list[Instance], _: object) -> Iterator[Evidence]:
        for at, one in enumerate(part):
            if at == self._stops_at:
                raise KeyboardInterrupt
            self.asked.append(one.instance_id)
            if one.instance_id in self._fails:
                yield Evidence("m", one.instance_id, status="failed", error="made up", calls=1)
            else:
                logprobs = (-0.1 / 3, float("-inf"))
                samples = (Sample("A", 0, (-0.5,)), Sample("x", None, ()))
                gaps = (Gap("p_true", "none"),)
                yield Evidence(
                    "m",
                    one.instance_id,
                    option_logprobs=logprobs,
                    option_mass=math.exp(logprobs[0]),
                    samples=samples,
                    calls=3,
                    gaps=gaps,
                )


def whole(engine: Any, instances: list[Instance]) -> ShardPlan:
    unopened: Any = None
    return evidence_shards("m", instances, engine, unopened, Prompts(), Sampling(), 7)


def test_an_interrupted_shard_goes_on_at_the_instance(tmp_path: Path, instances: list[Instance]) -> None:
    data, fresh = EvidenceShards(str(tmp_path / "m")), EvidenceShards(str(tmp_path / "fresh"))
    with pytest.raises(KeyboardInterrupt):
        data.save(whole(OneByOne(stops_at=2), instances))
    [journal] = (tmp_path / "m").glob(".*.jsonl")
    with journal.open("a") as file:
        file.write('{"model": "m", "inst')  # cut off by a crash
    second = OneByOne()
    data.save(whole(second, instances))
    assert second.asked == ["2"]
    assert not list((tmp_path / "m").glob(".*"))
    fresh.save(whole(OneByOne(), instances))
    pd.testing.assert_frame_equal(data.load(), fresh.load())


def test_failed_rows_alone_are_asked_again_when_told_so(tmp_path: Path, instances: list[Instance]) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    data.save(whole(OneByOne(fails={"1"}), instances))
    again = OneByOne()
    data.save(whole(again, instances))
    assert again.asked == []
    assert data.failures().total() == 1
    retrying = EvidenceShards(str(tmp_path / "m"), retry_failed=True)
    with pytest.raises(KeyboardInterrupt):
        retrying.save(whole(OneByOne(stops_at=0), instances))
    assert list(data.load()["status"]) == ["ok", "failed", "ok"]
    retrying.save(whole(again, instances))
    assert again.asked == ["1"]
    found = data.load()
    assert list(found["status"]) == ["ok"] * 3
    # The request that failed and was repeated is in no row any more, but it was sent.
    assert found.attrs["engine"] == {"run": "1", "fingerprint": "f", "calls": str(3 + 1 + 3 + 3)}
    retrying.save(whole(again, instances))
    assert again.asked == ["1"]


def test_a_journal_beside_a_finished_shard_goes_where_the_shard_has_it_all(
    tmp_path: Path, instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is killed between writing the shard and removing its journal leaves both."""
    folder = tmp_path / "m"
    data, retrying = EvidenceShards(str(folder)), EvidenceShards(str(folder), retry_failed=True)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "remove", lambda self: None)
        data.save(whole(OneByOne(fails={"0", "1"}), instances))
    assert list(folder.glob(".*.jsonl"))
    data.save(whole(OneByOne(), instances))
    assert not list(folder.glob(".*.jsonl"))
    with pytest.raises(KeyboardInterrupt):
        retrying.save(whole(OneByOne(stops_at=1), instances))
    data.save(whole(OneByOne(), instances))  # asks nothing, and keeps what was answered again
    last = OneByOne()
    retrying.save(whole(last, instances))
    assert last.asked == ["1"]
    assert not list(folder.glob(".*.jsonl"))


def test_an_engine_that_loses_a_row_is_caught(tmp_path: Path, instances: list[Instance]) -> None:
    class Loses(OneByOne):
        def answer(self, part: list[Instance], _: object) -> Iterator[Evidence]:
            yield from super().answer(part[1:], _)

    with pytest.raises(DatasetError, match="exactly one row"):
        EvidenceShards(str(tmp_path / "m")).save(whole(Loses(), instances))


def sized(engine: Any, instances: list[Instance], size: int) -> ShardPlan:
    unopened: Any = None
    return evidence_shards("m", instances, engine, unopened, Prompts(), Sampling(), 7, size)


def names_in(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.parquet")}


def test_what_is_computed_elsewhere_in_any_order_is_what_saving_computes(
    tmp_path: Path, instances: list[Instance]
) -> None:
    alone, shared = EvidenceShards(str(tmp_path / "alone")), EvidenceShards(str(tmp_path / "shared"))
    alone.save(sized(OneByOne(fails={"1"}), instances, 1))
    plan = sized(OneByOne(fails={"1"}), instances, 1)
    gathering = shared.gather(plan)
    assert [(piece.key, piece.size) for piece in gathering.pieces()] == [(key, 1) for key in plan]
    for piece in reversed(gathering.pieces()):
        gathering.store(piece, piece.to_send(far_away=True)())
    assert gathering.left == shared.gather(plan).left == []
    last = OneByOne()
    shared.save(sized(last, instances, 1))
    assert last.asked == []
    assert shared.failures() == alone.failures() == {"made up": 1}
    files = [
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("alone", "shared")
    ]
    assert files[0] == files[1]


def test_another_size_of_shards_asks_nothing_again_and_loads_in_the_same_order(
    tmp_path: Path, instances: list[Instance]
) -> None:
    """Their order by id is none by images, so that shards of one size come in another order than those of the next.

    The folder's name holds what a pattern of names would read as one.
    """
    rows = [replace(one, image_id=str(9 - at)) for at, one in enumerate(instances)]
    data, fresh = EvidenceShards(str(tmp_path / "m [1]")), EvidenceShards(str(tmp_path / "fresh"))
    with pytest.raises(KeyboardInterrupt):
        data.save(sized(OneByOne(stops_at=0), rows, 1))
    [first, *_] = sized(OneByOne(), rows, 1).values()
    gathering = data.gather(sized(OneByOne(), rows, 1))
    [piece] = [one for one in gathering.pieces() if one.planned.expected == first.expected]
    gathering.store(piece, piece.run())
    rest = OneByOne()
    data.save(sized(rest, rows, 3))
    assert sorted([*rest.asked, *first.expected]) == ["0", "1", "2"]
    assert piece.key in names_in(tmp_path / "m [1]")
    none = OneByOne()
    data.save(sized(none, rows, 2))
    assert none.asked == []
    fresh.save(sized(OneByOne(), rows, 3))
    pd.testing.assert_frame_equal(data.load(), fresh.load())


def test_an_error_that_another_machine_did_not_know_to_be_secret_is_masked(
    tmp_path: Path, instances: list[Instance]
) -> None:
    from vqa_canary.masking import remember_secret

    class Tells(OneByOne):
        def answer(self, part: list[Instance], _: object) -> list[Evidence]:  # type: ignore[override]  # at once
            return [Evidence("m", one.instance_id, status="failed", error="got word-2-Hide") for one in part]

    data = EvidenceShards(str(tmp_path / "m"))
    gathering = data.gather(sized(Tells(), instances, 9))
    [piece] = gathering.pieces()
    shard = piece.to_send(far_away=True)()
    remember_secret("word-2-Hide")
    gathering.store(piece, shard)
    data.save(sized(Tells(), instances, 9))
    assert data.failures() == {"got hidden": 3}
