"""A run that stopped of itself goes on where it stopped, and asks those that failed just before once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DatasetError

from vqa_canary.datasets.ask_again import AskAgain
from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.engines.stopping import Breaker, Stopping
from vqa_canary.errors import TooManyFailures
from vqa_canary.planned_shard import ShardPlan
from vqa_canary.rows import Evidence, Instance

IDS = [f"{at:02}" for at in range(40)]


class Breaking:
    """Fails on some instances for good and, from one moment on, on all, until its breaker opens; as an endpoint whose
    key is revoked does."""

    fingerprint = "f"

    def __init__(self, dead_from: int = 999, fails: tuple[str, ...] = ("03",), most: int = 5) -> None:
        self.asked: list[str] = []
        self.facts: dict[str, str] = {}
        self._dead_from, self._fails = dead_from, fails
        self._breaker = Breaker("m", Stopping(stop_after_failures=most))

    def answer(self, part: list[Instance], _: object) -> Iterator[Evidence]:
        for one in part:
            self.asked.append(one.instance_id)
            error = (
                "bad key"
                if len(self.asked) > self._dead_from
                else "its own"
                if one.instance_id in self._fails
                else ""
            )
            failed: dict[str, Any] = {"status": "failed", "error": error} if error else {"greedy_text": "A"}
            row = Evidence("m", one.instance_id, calls=1, **failed)
            yield row
            self._breaker.count(row)


def plan(engine: Any, size: int, ids: list[str] = IDS) -> ShardPlan:
    instances = [Instance(at, "d", at, "clean", "?", ("a", "b"), at, "", "", 0) for at in ids]
    unopened: Any = None
    return evidence_shards("m", instances, engine, unopened, Prompts(), Sampling(n_samples=0), 7, size)


def stop(data: EvidenceShards, planned: ShardPlan) -> None:
    """Save as far as the model lets one."""
    with pytest.raises(DatasetError) as caught:
        data.save(planned)
    assert isinstance(caught.value.__cause__, TooManyFailures)
    assert "5 questions in a row failed" in str(caught.value)


@pytest.mark.parametrize(
    ("size", "dead_from"),
    [(1, 9), (3, 0), (3, 1), (3, 20), (7, 9), (7, 34), (40, 0), (40, 9), (40, 34)],
)
def test_what_failed_before_the_stop_is_asked_again_and_nothing_else(
    tmp_path: Path, size: int, dead_from: int
) -> None:
    """Whether its row is in a journal or in a shard that was finished while the model was failing already."""
    data, fresh = EvidenceShards(str(tmp_path / "m")), EvidenceShards(str(tmp_path / "fresh"))
    first = Breaking(dead_from)
    stop(data, plan(first, size))
    answered = dead_from - (first.asked.index("03") < dead_from if "03" in first.asked else 0)
    second = Breaking()
    data.save(plan(second, size))
    # "03" lasts, and is asked again where it stood in the row of failures that stopped the run
    again = len(set(first.asked) & set(second.asked) - {"03"})
    assert again == len(first.asked) - answered - ("03" in first.asked)
    assert sorted({*first.asked, *second.asked}) == IDS
    fresh.save(plan(Breaking(), size))
    assert data.load().equals(fresh.load())
    assert data.failures() == {"its own": 1}
    assert not list((tmp_path / "m").glob("ask_again*"))
    third = Breaking()
    data.save(plan(third, size))
    assert third.asked == []


def test_it_may_stop_again_and_again(tmp_path: Path) -> None:
    data, asked = EvidenceShards(str(tmp_path / "m")), []
    for dead_from in (3, 0, 7, 1, 12):
        engine = Breaking(dead_from, fails=())
        stop(data, plan(engine, 7))
        asked += engine.asked[:dead_from]
    last = Breaking(fails=())
    data.save(plan(last, 7))
    assert sorted(asked + last.asked) == IDS  # each was answered once
    assert set(data.load()["status"]) == {"ok"}


def test_what_another_model_failed_on_is_not_asked_again(tmp_path: Path) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    gathering = data.gather(plan(Breaking(), 40))
    with pytest.raises(TooManyFailures), gathering:
        raise TooManyFailures("stopped", "another model", ("00", "01"))
    assert AskAgain(gathering._files._fs, gathering._files._root).ids() == set()
    with pytest.raises(TooManyFailures), gathering:
        raise TooManyFailures("stopped", "m", ("00", "01", "of another study"))
    assert AskAgain(gathering._files._fs, gathering._files._root).ids() == {"00", "01"}


def test_a_damaged_file_asks_nothing_again(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    for at, text in enumerate(['{"instances"', "[]", '{"instances": 3}', "\xff"]):
        (tmp_path / f"m/ask_again.{at}.json").write_bytes(text.encode("latin-1"))
    data = EvidenceShards(str(tmp_path / "m"))
    data.save(plan(Breaking(), 40))
    assert len(data.load()) == len(IDS)


def test_one_of_several_workers_leaves_it_to_a_run_alone(tmp_path: Path) -> None:
    """A finished shard never changes while workers share the study."""
    worker = EvidenceShards(str(tmp_path / "m"), worker="1/1")
    stop(worker, plan(Breaking(9, fails=()), 3))
    second = Breaking(fails=())
    worker.save(plan(second, 3))
    in_finished = worker.failures().total()
    assert 0 < in_finished < 5
    assert len(second.asked) == len(IDS) - 9 - in_finished
    alone = EvidenceShards(str(tmp_path / "m"))
    third = Breaking(fails=())
    alone.save(plan(third, 3))
    assert len(third.asked) == in_finished
    assert alone.failures().total() == 0
