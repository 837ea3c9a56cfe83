"""Several workers make the evidence of one: each shard once, whoever dies or is paused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from threading import Barrier
from typing import Any

import fsspec
import pytest
from kedro.io import DatasetError

from vqa_canary.datasets import worker_share
from vqa_canary.datasets.claims import ClaimLost, Claims
from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.journal import Journal
from vqa_canary.datasets.manifest import MANIFEST
from vqa_canary.datasets.shard_files import ShardFiles
from vqa_canary.frames import frame
from vqa_canary.planned_shard import PlannedShard
from vqa_canary.processes import own_token
from vqa_canary.rows import Evidence

SETTINGS = {"model": "m", "fingerprint": "f"}
DEAD = f"{own_token().split('-')[0]}-999999999-{'a' * 8}"
"""A process of this machine that has ended."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for others looks again after a moment."""
    monkeypatch.setattr(worker_share, "POLL", 0.01)


def plan(
    keys: str, make: Callable[[str], Any] = lambda key: None, answer: str = ""
) -> dict[str, PlannedShard]:
    """Shards of one instance each, which bears the shard's name; `make` is called for each that is computed."""

    def planned(key: str) -> PlannedShard:
        def compute(answered: Any, keep: Any) -> Any:
            make(key)
            if answered:
                return frame([*answered.values()], "evidence")
            row = Evidence("m", key, greedy_text=answer or key)
            keep(row)
            return frame([row], "evidence")

        return PlannedShard(compute, (key,), SETTINGS)

    return {key: planned(key) for key in keys}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_workers_share_and_leave_what_one_leaves(tmp_path: Path) -> None:
    made: list[str] = []
    keys, together = "abcdefgh", Barrier(3)

    def work(number: int) -> None:
        together.wait()
        EvidenceShards(str(tmp_path / "three"), worker=f"{number}/3").save(plan(keys, made.append))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, (1, 2, 3)))
    assert sorted(made) == list(keys)
    EvidenceShards(str(tmp_path / "one")).save(plan(keys))
    assert contents(tmp_path / "three") == contents(tmp_path / "one")
    assert list((tmp_path / "three" / "claims").iterdir()) == []
    assert list(EvidenceShards(str(tmp_path / "three")).load()["instance_id"]) == list(keys)


def test_one_takes_over_from_the_dead_and_goes_on_with_their_answers(tmp_path: Path) -> None:
    folder, made = tmp_path / "m", list[str]()
    dead = Claims(fsspec.filesystem("file"), PurePosixPath(folder / "claims"), owner=DEAD)
    assert dead.take("b")
    with Journal(folder / f".b.{DEAD}.jsonl", "b", "m", ("b",)) as journal:
        journal.keep(Evidence("m", "b", greedy_text="of the dead"))
    EvidenceShards(str(folder), worker="1/2").save(plan("abcd", made.append))
    assert made == ["a", "c", "b", "d"]
    assert list(EvidenceShards(str(folder)).load()["greedy_text"]) == ["a", "of the dead", "c", "d"]
    assert not list(folder.glob(".*"))
    assert not list((folder / "claims").iterdir())


def test_what_another_answers_after_the_work_was_planned_is_used(tmp_path: Path) -> None:
    """A worker plans all at once and claims a shard hours later: another may have been at it since, and died."""
    folder, made = tmp_path / "m", list[str]()
    data = EvidenceShards(str(folder), worker="1/2")
    with data.gather(plan("abc", made.append)) as gathering:
        here, sent, far = gathering.pieces()
        for piece in (here, sent, far):
            path = folder / f".{piece.key}.{DEAD}.jsonl"
            with Journal(path, piece.key, "m", piece.planned.expected) as journal:
                journal.keep(Evidence("m", piece.key, greedy_text=f"{piece.key} of the dead"))
            with path.open("ab") as file:
                file.write(b"no line of a journal\n")
            before = path.read_bytes()
            run = {"a": piece.run, "c": piece.to_send(), "b": piece.to_send(far_away=True)}[piece.key]
            assert list(run()["greedy_text"]) == [f"{piece.key} of the dead"]
            assert path.read_bytes() == before  # the other may be paused, with the file open
            gathering.store(piece, run())
            assert not path.exists()
    assert gathering.left == []


def test_a_run_alone_goes_on_where_workers_were_killed(tmp_path: Path) -> None:
    folder, made = tmp_path / "m", list[str]()
    Claims(fsspec.filesystem("file"), PurePosixPath(folder / "claims")).take("b")
    with Journal(folder / f".b.{DEAD}.jsonl", "b", "m", ("b",)) as journal:
        journal.keep(Evidence("m", "b", greedy_text="of the dead"))
    EvidenceShards(str(folder)).save(plan("ab", made.append))
    assert list(EvidenceShards(str(folder)).load()["greedy_text"]) == ["a", "of the dead"]
    assert not list(folder.glob(".*"))
    assert not list((folder / "claims").iterdir())


def test_ctrl_c_frees_the_shard_at_once(tmp_path: Path) -> None:
    def interrupt(key: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EvidenceShards(str(tmp_path / "m"), worker="1/2").save(plan("ab", interrupt))
    EvidenceShards(str(tmp_path / "m"), worker="2/2").save(plan("ab"))
    assert EvidenceShards(str(tmp_path / "m")).exists()


def test_one_that_was_paused_changes_nothing_when_it_returns(tmp_path: Path) -> None:
    """While it makes `a`, another takes its claim over, makes `a` with another answer, and writes the manifest."""
    folder = tmp_path / "m"

    def while_paused(key: str) -> None:
        if key == "a":
            for claim in (folder / "claims").iterdir():
                claim.unlink()
            EvidenceShards(str(folder), worker="2/2").save(plan("ab", answer="of the other"))

    paused = EvidenceShards(str(folder), worker="1/2")
    paused.save(plan("ab", while_paused))
    assert list(EvidenceShards(str(folder)).load()["greedy_text"]) == ["of the other"] * 2


def test_one_that_lost_its_claim_names_model_and_shard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another has taken it over, or was paused and has finished the shard now: the claim does not tell which."""
    claims, other = (EvidenceShards(str(tmp_path / "m"), worker=f"{k}/2")._claims(plan("a")) for k in (1, 2))
    assert claims.take("a")
    other.clear("a")
    assert isinstance(claims, Claims)
    claims.renew()
    assert "m: another worker has finished shard a or taken it over." in caplog.text


def test_one_that_lost_its_claim_stops_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other, check = EvidenceShards(str(tmp_path / "m"), worker="2/2"), Claims.check

    def lost(claims: Claims, key: str) -> None:
        monkeypatch.setattr(Claims, "check", check)
        claims.clear(key)
        other.save(plan("a", answer="of the other"))
        raise ClaimLost(key)

    monkeypatch.setattr(Claims, "check", lost)
    EvidenceShards(str(tmp_path / "m"), worker="1/2").save(plan("a"))
    assert list(other.load()["greedy_text"]) == ["of the other"]


def test_a_damaged_shard_is_made_anew_by_one(tmp_path: Path) -> None:
    made: list[str] = []
    EvidenceShards(str(tmp_path / "m")).save(plan("ab"))
    (tmp_path / "m" / "b.parquet").write_bytes(b"cut off")
    EvidenceShards(str(tmp_path / "m"), worker="1/1").save(plan("ab", made.append))
    assert made == ["b"]
    assert [path.name[:2] for path in (tmp_path / "m" / "rejected").iterdir()] == ["b-"]
    assert len(EvidenceShards(str(tmp_path / "m")).load()) == 2


@pytest.mark.parametrize("content", [b"", b"cut off", None])
def test_a_manifest_that_is_damaged_or_just_removed_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    """Somebody else has made it first, and it is not sound, or is gone when this worker looks."""
    manifest = tmp_path / "m" / MANIFEST

    def made_by_another(*_: object) -> bool:
        if content is not None:
            manifest.write_bytes(content)
        return False

    with monkeypatch.context() as patch:
        patch.setattr("vqa_canary.datasets.manifest.create_file", made_by_another)
        EvidenceShards(str(tmp_path / "m"), worker="1/2").save(plan("ab"))
    assert len(EvidenceShards(str(tmp_path / "m")).load()) == 2


def test_a_shard_that_comes_back_damaged_each_time_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_aside = ShardFiles._set_aside

    def put_back(files: ShardFiles, key: str, why: str) -> None:
        set_aside(files, key, why)
        Path(files.path(key)).write_bytes(b"cut off")

    monkeypatch.setattr(ShardFiles, "_set_aside", put_back)
    EvidenceShards(str(tmp_path / "m")).save(plan("b"))
    (tmp_path / "m" / "b.parquet").write_bytes(b"cut off")
    with pytest.raises(
        DatasetError, match=r"b\.parquet: cannot be written: a file of this name .* comes back"
    ):
        EvidenceShards(str(tmp_path / "m"), worker="1/1").save(plan("b"))


def test_workers_with_different_settings_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(key: str) -> None:
        EvidenceShards(str(tmp_path / "m"), worker="2/2").save(plan("x"))

    with pytest.raises(DatasetError, match="a worker with other settings has written it meanwhile"):
        EvidenceShards(str(tmp_path / "m"), worker="1/2").save(plan("a", meanwhile))
    assert MANIFEST in contents(tmp_path / "m")
