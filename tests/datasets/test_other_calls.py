"""Every request is counted: those of rows, of canaries, and of whatever no row tells of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest
from kedro.io import DatasetError
from tests.engines.endpoint.asking import SAMPLING, draw, make_engine, make_instances
from tests.engines.endpoint.fault_server import Fault, Script, serving
from tests.engines.endpoint.faults import RandomFaults

from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.other_calls import OtherCalls
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.planned_shard import ShardPlan
from vqa_canary.rows import Evidence, Instance


def plan(engine: Any, n: int = 30, size: int = 7) -> ShardPlan:
    return evidence_shards("fake", make_instances(n), engine, draw, Prompts(), SAMPLING, 7, size)


def told(data: EvidenceShards) -> int:
    return int(data.load().attrs["engine"]["calls"])


def test_a_run_that_ends_counts_every_request(tmp_path: Path) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    with serving(script=lambda number, _: Fault(503, body=b"") if number % 5 == 4 else None) as server:
        data.save(plan(make_engine(server)))
        assert told(data) == len(server.requests)
        assert told(data) > data.load()["calls"].sum()
        data.save(plan(make_engine(server)))  # asks nothing
        assert told(data) == len(server.requests)


def test_stopped_resumed_and_asked_again_it_still_counts_them_all(tmp_path: Path) -> None:
    folder = str(tmp_path / "m")
    with serving() as server:
        server.script = lambda number, _: Fault(500, body=b"") if number >= 60 else None
        with pytest.raises(DatasetError):
            EvidenceShards(folder).save(plan(make_engine(server, retries=1, concurrency=2)))
        faults = RandomFaults(0.2, 3)
        begun = len(server.requests) + 10

        def script(number: int, body: Any) -> Fault | None:
            return faults(number, body) if number >= begun else None

        server.script, faults.server = script, server
        careless: dict[str, Any] = {
            "retries": 0,
            "stop_after_failures": None,
            "stop_at_failure_share": None,
            "timeout": 2,
        }
        EvidenceShards(folder).save(plan(make_engine(server, **careless)))
        failed = EvidenceShards(folder).failures().total()
        assert failed > 0
        server.script = lambda *_: None
        again = EvidenceShards(folder, retry_failed=True)
        again.save(plan(make_engine(server)))
        assert again.failures().total() == 0
        # A thread that was stopped may have counted the request that it did not send any more.
        assert 0 <= told(again) - len(server.requests) <= 2


def refusing_from(first: int) -> Script:
    return lambda number, _: Fault(401, body=b"") if number >= first else None


def test_what_fails_in_run_after_run_is_counted_each_time(tmp_path: Path) -> None:
    folder = str(tmp_path / "m")
    with serving() as server:
        for _ in range(3):  # each answers some, and stops with failed rows in the journal
            until = len(server.requests) + 16
            server.script = refusing_from(until)
            with pytest.raises(DatasetError):
                EvidenceShards(folder).save(plan(make_engine(server, concurrency=1), size=100))
        server.script = lambda *_: None
        data = EvidenceShards(folder)
        data.save(plan(make_engine(server), size=100))
        assert data.failures().total() == 0
        assert 0 <= told(data) - len(server.requests) <= 3


class Counting:
    """An engine of no requests but one a row and three of its own."""

    fingerprint = "f"

    def __init__(self, breaks_at: int = 999) -> None:
        self.facts: dict[str, str] = {}
        self.untold_calls, self._breaks_at = 0, breaks_at

    def answer(self, part: list[Instance], _: object) -> Iterator[Evidence]:
        self.untold_calls += 0 if self.untold_calls else 3
        for at, one in enumerate(part):
            if at == self._breaks_at:
                raise KeyboardInterrupt
            yield Evidence("fake", one.instance_id, calls=1)


def test_an_interrupted_run_leaves_its_count(tmp_path: Path) -> None:
    data = EvidenceShards(str(tmp_path / "m"))
    for _ in range(2):
        with contextlib.suppress(KeyboardInterrupt):
            data.save(plan(Counting(breaks_at=2), n=7))
    data.save(plan(Counting(), n=7))
    assert told(data) == 7 + 3 * 3


def test_counts_are_kept_by_settings(tmp_path: Path) -> None:
    one, other = {"model": "m", "prompts": ("a",)}, {"model": "m", "prompts": ("b",)}
    fs = fsspec.filesystem("memory")
    calls = OtherCalls(fs, PurePosixPath("/other-calls"))
    assert calls.total(one) == 0
    calls.add(3, one)
    calls.add(0, one)
    calls.add(4, one)
    calls.add(5, other)
    assert (calls.total(one), calls.total(other)) == (7, 5)
    assert calls.total({"model": "m", "prompts": ["a"]}) == 7  # as JSON gives them back
    fs.pipe_file("/other-calls/other_calls.of-another.json", b'{"broken": ')
    fs.pipe_file("/other-calls/other_calls.of-a-third.json", b'{"x": -3}')
    assert calls.total(one) == 7
