"""Locks of attempts as files: written once, found again, and refused where they were changed."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.io import DatasetError
from tests.made_up_locks import decided

from vqa_canary.datasets.kept_attempts import KeptAttempts, KeptAudit
from vqa_canary.datasets.protocol_locks import Decided, ProtocolLocks
from vqa_canary.errors import BadInput

PLAN = Decided(decided())
OTHER = Decided(decided(method="margin"))


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A folder, or a bucket in memory."""
    if request.param == "folder":
        yield str(tmp_path)
        return
    url = f"memory://locks-{uuid4().hex}"
    yield url
    fs, root = fsspec.url_to_fs(url)
    if fs.exists(root):
        fs.rm(root, recursive=True)


def locks_in(store: str, study: str = "audit") -> ProtocolLocks:
    return ProtocolLocks(
        f"{store}/08_reporting/{study}/attempts", f"{store}/07_model_output/{study}/evidence"
    )


def write(store: str, name: str, data: bytes) -> None:
    fs, root = fsspec.url_to_fs(store)
    path = f"{root}/{name}"
    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
    fs.pipe_file(path, data)


def files_of(store: str) -> dict[str, bytes]:
    """All files, by their place in the store."""
    fs, root = fsspec.url_to_fs(store)
    return {str(path).removeprefix(root): fs.cat_file(path) for path in fs.find(root)}


def answer(store: str, study: str = "audit", status: str = "ok") -> None:
    """A shard with one instance."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"status": [status]}), sink)
    write(store, f"07_model_output/{study}/evidence/m/{status}.parquet", sink.getvalue().to_pybytes())


def test_the_same_plan_is_locked_once_and_never_written_over(store: str) -> None:
    first, new = locks_in(store).lock(PLAN)
    before = files_of(store)
    assert (first.number, first.answered, new) == (1, False, True)
    again, new = locks_in(store).lock(Decided(json.loads(json.dumps(PLAN.protocol))))
    assert (again, new) == (first, False)
    assert files_of(store) == before
    assert list(before) == ["/08_reporting/audit/attempts/1/protocol.lock"]


def test_another_plan_is_another_attempt_and_follows_the_first(store: str) -> None:
    first, _ = locks_in(store).lock(PLAN)
    answer(store)
    second, new = locks_in(store).lock(OTHER)
    assert (second.number, second.answered, second.before, new) == (2, True, first.hash, True)
    assert locks_in(store).load().locks == [first, second]
    assert locks_in(store).lock(PLAN) == (first, False)


def test_failed_instances_and_empty_journals_are_no_answers(store: str) -> None:
    answer(store, status="failed")
    write(
        store, "07_model_output/audit/evidence/m/.k.jsonl", b'0123 {"journal": 1, "key": "k", "model": "m"}\n'
    )
    assert not locks_in(store).lock(PLAN)[0].answered
    failed = b'0123 {"instance_id": "a", "status": "failed"}\n'
    write(store, "07_model_output/audit/evidence/m/.k.jsonl", failed)
    assert not locks_in(store).lock(OTHER)[0].answered


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("07_model_output/audit/evidence/m/.k.jsonl", b'0123 {"instance_id": "a", "status": "ok"}\n'),
        ("07_model_output/audit/evidence/m/.k.jsonl", b'0123 {"instance_id": "a", "status": "ok"'),
        ("07_model_output/audit/evidence/m/k.parquet", b"no Parquet"),
        ("08_reporting/audit/audit.json", b"{}"),
        ("08_reporting/audit/attempts/1/audit.json", b"{}"),
    ],
)
def test_answers_and_audits_are_seen_wherever_they_are(store: str, name: str, data: bytes) -> None:
    write(store, name, data)
    assert locks_in(store).lock(PLAN)[0].answered


def test_an_audit_without_its_lock_is_a_lost_lock(store: str) -> None:
    write(store, "08_reporting/audit/attempts/1/audit.json", b"{}")
    lock, _ = locks_in(store).lock(PLAN)
    assert (lock.number, lock.lost) == (2, (1,))


def test_what_a_killed_writer_leaves_is_no_attempt(tmp_path: Path) -> None:
    write(str(tmp_path), "08_reporting/audit/attempts/1/.protocol.lock.0123.part", b"{")
    lock, _ = locks_in(str(tmp_path)).lock(PLAN)
    assert (lock.number, lock.lost) == (1, ())


@pytest.mark.parametrize("keep", [0, 1, 0.5, -1])
def test_half_a_lock_is_refused_before_anything_is_asked(store: str, keep: float) -> None:
    locks_in(store).lock(PLAN)
    name = "08_reporting/audit/attempts/1/protocol.lock"
    whole = files_of(store)[f"/{name}"]
    write(store, name, whole[: int(keep * len(whole)) if 0 < keep < 1 else int(keep)])
    told = r"attempts/1/protocol.lock: this lock .* cannot be relied on: .* Put back the file"
    with pytest.raises(BadInput, match=told):
        locks_in(store).lock(PLAN)
    with pytest.raises(DatasetError, match=told):
        locks_in(store).load()
    with pytest.raises(DatasetError, match=told):
        locks_in(store).save(PLAN)
    assert files_of(store)[f"/{name}"] != whole


def test_a_lock_that_was_written_by_somebody_else_does_not_follow(store: str) -> None:
    locks_in(store).lock(PLAN)
    locks_in(store).lock(OTHER)
    other, _ = locks_in(f"{store}/else").lock(Decided(decided(largest_error=0.5)))
    write(store, "08_reporting/audit/attempts/1/protocol.lock", other.to_bytes())
    with pytest.raises(BadInput, match=r"attempts/2/protocol.lock: .* one was replaced"):
        locks_in(store).lock(PLAN)


def test_a_lock_under_another_number_is_refused(store: str) -> None:
    locks_in(store).lock(PLAN)
    lock = files_of(store)["/08_reporting/audit/attempts/1/protocol.lock"]
    write(store, "08_reporting/audit/attempts/2/protocol.lock", lock)
    with pytest.raises(BadInput, match=r"attempts/2/protocol.lock: .* does not follow"):
        locks_in(store).lock(OTHER)


def test_another_study_counts_where_it_has_answers_of_the_same_model_to_the_same_questions(
    store: str,
) -> None:
    locks_in(store, "one").lock(PLAN)
    assert locks_in(store, "two").lock(OTHER)[0].elsewhere == ()
    answer(store, "one", "failed")
    assert locks_in(store, "three").lock(OTHER)[0].elsewhere == ()
    answer(store, "one")
    answer(store, "three")
    assert locks_in(store, "four").lock(OTHER)[0].elsewhere == ("one", "three")
    assert locks_in(store, "five").lock(PLAN)[0].elsewhere == ("one", "three")
    for change in ({"models": {"m": "g"}}, {"models": {"m": None}}, {"questions": {"items": "r"}}):
        plan = Decided({**decided(), **change})
        assert locks_in(store, f"six-{len(files_of(store))}").lock(plan)[0].elsewhere == ()
    write(store, "08_reporting/one/attempts/1/protocol.lock", b"changed")
    assert locks_in(store, "seven").lock(PLAN)[0].elsewhere == ("three",)


def _lock(store: str, plans: list[dict[str, Any]]) -> list[tuple[int, str, bool]]:
    found = []
    for plan in plans:
        lock, new = locks_in(store).lock(Decided(plan))
        found.append((lock.number, lock.hash, new))
    return found


def test_of_several_processes_one_writes_each_lock(tmp_path: Path) -> None:
    plans = [decided(seed=seed) for seed in range(6)]
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("fork")) as pool:
        done = list(pool.map(_lock, [str(tmp_path)] * 4, [plans, plans[::-1], plans, plans[::-1]]))
    locks = locks_in(str(tmp_path)).load().locks
    assert [lock.number for lock in locks] == [1, 2, 3, 4, 5, 6]
    assert sorted(lock.decided["seed"] for lock in locks) == list(range(6))
    assert {(number, text) for one in done for number, text, _ in one} == {
        (lock.number, lock.hash) for lock in locks
    }
    assert sum(new for one in done for _, _, new in one) == 6


def audit(store: str, attempt: int, text: str, page: str = "page") -> None:
    """Keep an audit as files."""
    files = {"audit.json": json.dumps({"text": text}), "audit.html": page, "audit_tables/a.csv": "a\n1\n"}
    KeptAttempts(f"{store}/08_reporting/audit/attempts").save(KeptAudit(attempt, files))


def test_an_audit_is_kept_once_and_another_one_beside_it(store: str) -> None:
    for text in ("a", "b", "a", "c", "b"):
        audit(store, 1, text)
    audit(store, 2, "a")
    folder = "/08_reporting/audit/attempts"
    kept = {name.removeprefix(folder): data for name, data in files_of(store).items()}
    records = {name: json.loads(data)["text"] for name, data in kept.items() if name.endswith("audit.json")}
    assert records == {
        "/1/audit.json": "a", "/1/again-2/audit.json": "b", "/1/again-3/audit.json": "c", "/2/audit.json": "a",
    }  # fmt: skip
    assert len(kept) == 4 * 3
    locks_in(store).lock(PLAN)  # number 3, for two have audits
    assert KeptAttempts(f"{store}/08_reporting/audit/attempts").load() == [1, 2]


def test_a_page_of_the_same_audit_is_brought_up_to_date_and_nothing_else_is_written(tmp_path: Path) -> None:
    audit(str(tmp_path), 1, "a")
    folder = tmp_path / "08_reporting/audit/attempts/1"
    before = {path.name: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    audit(str(tmp_path), 1, "a")
    assert {path.name: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    audit(str(tmp_path), 1, "a", page="with questions")
    assert (folder / "audit.html").read_text() == "with questions"
    assert (folder / "audit.json").stat().st_mtime_ns == before["audit.json"]


def test_audits_of_an_attempt_come_in_the_order_in_which_they_were_made(store: str) -> None:
    locks_in(store).lock(PLAN)
    for text in ("a", "b"):
        audit(store, 1, text)
    assert locks_in(store).load().audits == {1: [{"text": "a"}, {"text": "b"}]}
