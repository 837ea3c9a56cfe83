"""A study in a bucket: what is saved is whole, what several want is had by one, and what is lacking is said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Any

import fsspec
import pyarrow as pa
import pytest
from kedro.io import DatasetError
from tests.datasets.test_evidence_of_workers import plan
from tests.s3_server import CARELESS, KEY, SECRET, options
from tests.s3_server import s3_address as s3_address
from tests.s3_server import s3_server as s3_server

from vqa_canary.datasets import parquet, worker_share
from vqa_canary.datasets.claims import Claims
from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.exclusive import create_file
from vqa_canary.datasets.parquet import read_seal, write_sealed
from vqa_canary.datasets.sealed import SealedTable, WholeJSON, WholeText
from vqa_canary.datasets.store import check_store, configure_store, file_system
from vqa_canary.datasets.whole_csv import WholeCSV
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.datasets.whole_folder import WholeFolder
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.locking.study_lock import StudyLock
from vqa_canary.pipelines.storing import check_reachable, open_store
from vqa_canary.rows import Refusal
from vqa_canary.seals import Damaged, Origin

pytestmark = pytest.mark.usefixtures("s3_address")  # it is started before a test looks what threads there are


@pytest.fixture(params=["memory", "s3"])
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of an empty store: fsspec's in memory, and a bucket of a server where one can be started."""
    monkeypatch.setattr(worker_share, "POLL", 0.01)
    if request.param == "s3":
        configure_store("s3://bucket", options(request.getfixturevalue("s3_server")))
    url = {"memory": "memory:///bucket", "s3": "s3://bucket"}[
        request.param
    ]  # Kedro loses a host of memory://
    yield f"{url}/some where"
    fs, root = file_system(url)
    for path in fs.find(root):
        fs.rm_file(path)
    configure_store("data", {})


def found(url: str) -> list[str]:
    """Names of all files below a URL."""
    fs, root = file_system(url)
    return sorted(path.removeprefix(root).lstrip("/") for path in fs.find(root))


def test_tables_documents_and_folders_are_whole_and_sealed(bucket: str) -> None:
    rows = frame([Refusal("sources", "a.json:1", "no answer", {"x": "ä"})], "quarantine")
    table = SealedTable(table="quarantine", filepath=f"{bucket}/q.parquet")
    page, document = WholeText(filepath=f"{bucket}/p.html"), WholeJSON(filepath=f"{bucket}/c.json")
    cells, folder = WholeCSV(filepath=f"{bucket}/q.csv"), WholeFolder(f"{bucket}/tables")
    made: list[tuple[Any, Any]] = [
        (table, rows),
        (page, "ä\n"),
        (document, {"a": ["ä"]}),
        (cells, rows[["key"]]),
    ]
    for saved, data in made:
        saved.save(data)
    folder.save({"a.csv": "1", "b.csv": "2"})
    folder.save({"b.csv": "3"})
    assert table.load().equals(rows)
    assert (page.load(), document.load(), folder.load()) == ("ä\n", {"a": ["ä"]}, {"b.csv": "3"})
    assert list(cells.load()["key"]) == ["a.json:1"]
    names = [".c.json.seal", ".p.html.seal", "c.json", "p.html", "q.csv", "q.parquet", "tables/b.csv"]
    assert found(bucket) == names
    fs, root = file_system(bucket)
    fs.pipe_file(f"{root}/c.json", b'{"a": ["b"]}')
    with pytest.raises(DatasetError, match="its content is not what was written"):
        document.load()


def test_a_writer_that_fails_leaves_the_old_file(bucket: str) -> None:
    fs, root = file_system(bucket)
    for content, fails in (("old", False), ("new", True)):
        try:
            with whole_file(fs, f"{root}/f", "w") as file:
                file.write(content)
                assert not fails, "on purpose"
        except AssertionError:
            assert fails
    assert fs.cat_file(f"{root}/f") == b"old"
    assert found(bucket) == ["f"]


def test_evidence_goes_on_where_it_was_interrupted(bucket: str) -> None:
    made: list[str] = []

    def interrupt_once(key: str) -> None:
        made.append(key)
        if made.count("b") == 1 and key == "b":
            raise KeyboardInterrupt

    data = EvidenceShards(f"{bucket}/m")
    with pytest.raises(KeyboardInterrupt):
        data.save(plan("abc", interrupt_once))
    assert found(bucket) == ["m/a.parquet"]
    with pytest.raises(DatasetError, match="inference did not finish"):
        data.load()
    data.save(plan("abc", interrupt_once))
    assert made == ["a", "b", "b", "c"]
    assert list(data.load()["instance_id"]) == ["a", "b", "c"]
    fs, root = file_system(bucket)
    fs.pipe_file(f"{root}/m/b.parquet", b"cut off")
    with pytest.raises(DatasetError, match="it is no whole Parquet file"):
        data.load()
    data.save(plan("abc", made.append))
    assert made[4:] == ["b"]
    assert len(data.load()) == 3


def test_workers_share_a_bucket(bucket: str) -> None:
    made: list[str] = []
    with ThreadPoolExecutor(3) as pool:
        list(
            pool.map(
                lambda k: EvidenceShards(f"{bucket}/m", worker=f"{k}/3").save(plan("abcd", made.append)),
                (1, 2, 3),
            )
        )
    assert sorted(made) == list("abcd")
    assert found(bucket) == [*(f"m/{key}.parquet" for key in "abcd"), "m/manifest.json"]
    assert list(EvidenceShards(f"{bucket}/m").load()["instance_id"]) == list("abcd")


def test_of_many_that_make_a_file_at_once_one_does(s3_server: str) -> None:
    fs, root = file_system("s3://bucket/race", options(s3_server))
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda n: create_file(fs, f"{root}/{n // 16}", str(n).encode()), range(64)))
    assert [sum(won[first : first + 16]) for first in range(0, 64, 16)] == [1] * 4
    assert [int(fs.cat_file(f"{root}/{k}")) for k in range(4)] == [n for n in range(64) if won[n]]


def test_a_server_that_takes_the_condition_and_writes_nevertheless_is_for_one_run(
    s3_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The message names the store and the remedies, and what was tried is removed."""
    configure_store("s3://bucket", options(s3_server))
    store = f"s3://{CARELESS}/study"
    try:
        told = rf"store: s3://{CARELESS}/study/m/claims: .* one run alone, without `worker`, or .* conditional writes"
        with pytest.raises(DatasetError, match=told):
            EvidenceShards(f"{store}/m", worker="1/2").save(plan("ab"))
        with pytest.raises(BadInput, match="conditional writes"):
            StudyLock(store, "study-s", "study 's'", "kedro run", worker=True).acquire()
        assert found(f"s3://{CARELESS}") == []
        alone, later = (StudyLock(store, "study-s", "study 's'", "kedro run", worker=False) for _ in range(2))
        alone.acquire()
        assert "Start one run at a time" in caplog.text
        with pytest.raises(BadInput, match="Another process writes study 's': process"):
            later.acquire()
        alone.release()
        EvidenceShards(f"{store}/m").save(plan("ab"))
        assert found(store) == ["m/a.parquet", "m/b.parquet", "m/manifest.json"]
    finally:
        configure_store("data", {})


def test_a_damaged_shard_is_set_aside_where_the_folder_looks_like_a_pattern(bucket: str) -> None:
    """`m[1]` would be read as `m1`, whose shards are sound."""
    for name in ("m1", "m[1]"):
        EvidenceShards(f"{bucket}/{name}").save(plan("a"))
    fs, root = file_system(bucket)
    fs.pipe_file(f"{root}/m[1]/a.parquet", b"cut off")
    made: list[str] = []
    EvidenceShards(f"{bucket}/m[1]", worker="1/1").save(plan("a", made.append))
    assert made == ["a"]
    [aside] = [name for name in found(bucket) if name.startswith("m[1]/rejected/a-")]
    assert fs.cat_file(f"{root}/{aside}") == b"cut off"
    assert len(EvidenceShards(f"{bucket}/m[1]").load()) == len(EvidenceShards(f"{bucket}/m1").load()) == 1


def test_a_seal_is_read_from_the_end_of_the_file(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fs, root = file_system(bucket)
    cat_file = fs.cat_file
    texts = [hashlib.sha256(str(k).encode()).hexdigest() for k in range(4000)]  # which cannot be compressed
    table = pa.table({"x": texts})
    for about, least in ({"k": "v"}, 0), ({"ids": texts[:3000]}, parquet._END):
        written = write_sealed(fs, f"{root}/t.parquet", table, Origin("n", about=about))
        fetched = list[int]()

        def noted(path: str, fetched: list[int] = fetched, **limits: Any) -> bytes:
            fetched.append(len(content := cat_file(path, **limits)))
            return bytes(content)

        with monkeypatch.context() as patch:
            patch.setattr(fs, "cat_file", noted)
            assert read_seal(fs, f"{root}/t.parquet") == written
        assert least < max(fetched) < fs.size(f"{root}/t.parquet") - 100_000
    for content in (b"", b"PAR1", b"\xff" * 200_000):
        fs.pipe_file(f"{root}/t.parquet", content)
        with pytest.raises(Damaged):
            read_seal(fs, f"{root}/t.parquet")


def test_a_claim_in_a_bucket_passes_from_the_silent_to_one(bucket: str) -> None:
    fs, root = file_system(bucket)
    now = [0.0]
    holder, *watchers = (
        Claims(fs, PurePosixPath(root), owner=f"{'f' * 8}-{n}-{'0' * 8}", lease=100, clock=lambda: now[0])
        for n in range(5)
    )
    assert holder.take("k")
    assert not any(watcher.take("k") for watcher in watchers)
    holder.renew()
    now[0] = 100
    assert not any(watcher.take("k") for watcher in watchers)
    now[0] = 200
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda watcher: watcher.take("k"), watchers)) == 1
    holder.renew()
    assert not holder.holds("k")


def test_the_lock_of_a_study_in_a_bucket(bucket: str) -> None:
    def lock(worker: bool = False) -> StudyLock:
        return StudyLock(bucket, "study-s", "study 's'", "kedro run", worker)

    alone = lock()
    alone.acquire()
    for other in (lock(), lock(worker=True)):
        with pytest.raises(BadInput, match=r"Another process writes study 's': process .* on"):
            other.acquire()
    alone.release()
    first = lock(worker=True)
    first.acquire()
    with pytest.raises(BadInput, match="A worker of study 's' is at work"):
        lock().acquire()
    first.release()
    last = lock()
    last.acquire()
    last.release()
    assert found(bucket) == []


def test_a_bucket_that_is_not_there_is_named_and_no_secret_is(s3_server: str) -> None:
    parameters = {"store": "s3://no-such-bucket/x"}
    open_store(parameters, {"store": options(s3_server)})
    with pytest.raises(BadInput, match="there is no bucket 'no-such-bucket'") as error:
        check_reachable(parameters)
    assert SECRET not in str(error.value)
    assert KEY not in str(error.value)
    check_reachable({"store": "s3://bucket/nothing-in-it-yet"})
    open_store({"store": "data"}, {})
    assert "s3" not in {name for name, value in fsspec.config.conf.items() if value}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s4://bucket/x", "there is no protocol 's4'. Give a folder, or a URL"),
        ("gs://bucket/x", "the package that speaks gs:// is not installed. Remedy: .*gcsfs"),
        ("abfs://box/x", "the package that speaks abfs:// is not installed. Remedy: .*adlfs"),
    ],
)
def test_what_is_lacking_is_named(url: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        check_store(url)


def test_an_entry_of_the_credentials_that_is_none_is_not_quoted() -> None:
    with pytest.raises(BadInput, match=r"credentials\.yml: store: must be a mapping") as error:
        open_store({"store": "memory://x"}, {"store": "hunter2"})
    assert "hunter2" not in str(error.value)
