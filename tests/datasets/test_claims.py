"""Of several workers exactly one has a piece of work, the dead lose theirs, and the living do not."""

from __future__ import annotations

import errno
import json
import os
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest

from vqa_canary.datasets.claims import ClaimLost, Claims
from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.exclusive import _open_new, create_file
from vqa_canary.datasets.worker_share import WaitForOthers, Worker
from vqa_canary.errors import BadInput
from vqa_canary.processes import own_token

Make = Callable[..., Claims]


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["file", "memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes the claims of one worker of another machine; all workers share a folder."""
    fs = fsspec.filesystem(request.param)
    folder = PurePosixPath("/claims" if request.param == "memory" else str(tmp_path / "claims"))

    def claims(name: str, **options: Any) -> Claims:
        return Claims(fs, folder, owner=f"{'f' * 8}-{name}-{'0' * 8}", lease=100, **options)

    yield claims
    if request.param == "memory" and fs.exists(str(folder)):
        fs.rm(str(folder), recursive=True)


def test_of_many_at_once_one_has_it(tmp_path: Path) -> None:
    fs, keys = fsspec.filesystem("file"), [str(key) for key in range(20)]
    workers = [Claims(fs, PurePosixPath(tmp_path), owner=f"{'f' * 8}-{n}-{'0' * 8}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda worker: [key for key in keys if worker.take(key)], workers))
    assert sorted(key for own in taken for key in own) == sorted(keys)
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".claim"]


def test_a_file_is_made_once_and_never_changed(tmp_path: Path) -> None:
    for fs, path in (
        (fsspec.filesystem("file"), str(tmp_path / "a" / "f")),
        (fsspec.filesystem("memory"), "/f-1"),
    ):
        assert [create_file(fs, path, content) for content in (b"one", b"two")] == [True, False]
        assert fs.cat_file(path) == b"one"
        fs.rm_file(path)


def test_a_store_without_conditional_writes_is_refused() -> None:
    class Other(fsspec.AbstractFileSystem):  # type: ignore[misc]
        protocol = "sftp"

    with pytest.raises(
        BadInput, match="sftp:///folder: this kind of store cannot make a file only if there is none"
    ):
        create_file(Other(), "/folder/f", b"")


def test_the_silent_lose_it_to_one_and_the_living_keep_it(make: Make) -> None:
    clock = Clock()
    holder, watchers = make("1"), [make(str(n), clock=clock) for n in (2, 3)]
    assert holder.take("k")
    for clock.now in (0, 99, 198, 297):  # unchanged for nearly a lease, again and again
        assert not any(watcher.take("k") for watcher in watchers)
        holder.renew()
    assert not any(watcher.take("k") for watcher in watchers)
    clock.now += 100
    assert [watcher.take("k") for watcher in watchers] == [True, False]
    assert holder.holds("k")  # it was paused, and does not know yet
    holder.check("k")
    holder.renew()
    assert not holder.holds("k")
    with pytest.raises(ClaimLost):
        holder.check("k")
    holder.release("k")
    assert not holder.take("k")
    watchers[0].renew()
    assert watchers[0].holds("k")


def test_no_clock_but_the_watchers_own_counts(make: Make) -> None:
    """Neither what a holder says of the time, nor what the file system says, decides."""
    clock = Clock()
    holder, watcher = make("1"), make("2", clock=clock)
    holder.take("k")
    fs, path = holder._fs, holder._path("k", 1)
    for year in ("1970", "2999"):
        fs.pipe_file(path, json.dumps({**holder._facts(), "since": f"{year}-01-01 00:00:00 UTC"}).encode())
        if Path(path).exists():
            os.utime(path, (0, 0) if year == "1970" else (4e9, 4e9))
        assert not watcher.take("k")
        clock.now += 99
        assert not watcher.take("k")
    clock.now += 1
    assert watcher.take("k")


def test_what_is_given_back_is_free_at_once(make: Make) -> None:
    first, second = make("1"), make("2")
    with pytest.raises(KeyboardInterrupt), first:
        assert first.take("k")
        assert not second.take("k")
        raise KeyboardInterrupt
    assert second.take("k")
    assert not first.take("k")


@pytest.mark.parametrize(("boot", "free"), [(None, True), ("of another machine", False)])
def test_an_ended_process_of_this_machine_is_dead_at_once(make: Make, boot: str | None, free: bool) -> None:
    machine = own_token().split("-")[0]
    dead = Claims(make("1")._fs, make("1")._folder, owner=f"{machine}-999999999-{'a' * 8}")
    assert dead.take("k")
    if boot is not None:  # machines may have one name
        dead._write("k", 1, {**dead._facts(), "boot": boot})
    assert make("2").take("k") is free


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"lease": -1, "owner": 7}', b'{"lease": "x"}']
)
def test_an_unreadable_claim_is_waited_for_a_lease(make: Make, content: bytes) -> None:
    clock = Clock()
    watcher = make("1", clock=clock)
    create_file(watcher._fs, watcher._path("k", 1), content)
    assert not watcher.take("k")
    clock.now = 100
    assert watcher.take("k")


def test_a_claim_that_was_ended_in_between_is_no_base_for_the_next(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look of one and its own claim, another takes the work over, does it, and clears all claims away."""
    late = make("1")
    make("2").take("k")

    def free(*_: object) -> bool:
        make("3").clear("k")
        return True

    with monkeypatch.context() as patch:
        patch.setattr(late, "_is_free", free)
        assert not late.take("k")
    assert make("4").take("k")
    assert not late.take("k")


def test_work_that_was_done_in_between_is_not_taken(make: Make) -> None:
    late = make("1", is_done=lambda key: key == "k")
    assert not late.take("k")
    assert not late.holds("k")
    assert not late._fs.find(str(late._folder))
    assert late.take("another")


def test_a_chain_of_which_the_beginning_was_cleared_away_is_gone_on_with(make: Make) -> None:
    """Somebody was killed between the removal of one file and that of the next."""
    first, second, third = make("1"), make("2"), make("3")
    first.take("k")
    first.release("k")
    second.take("k")
    second.release("k")
    second._remove("k", 1)
    assert third.take("k")
    third.renew()
    assert third.holds("k")
    assert not first.take("k")
    third.clear("k")
    assert not third._fs.find(str(third._folder))


def test_a_claim_whose_name_begins_like_another_is_another(make: Make) -> None:
    assert make("1").take("k.1")
    assert make("2").take("k")


def test_a_file_system_without_hard_links_makes_it_once_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs, path = fsspec.filesystem("file"), tmp_path / "f"

    def fail_with(number: int) -> None:
        def link(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "link", link)

    fail_with(errno.ENOSPC)  # no reason to do without a link
    with pytest.raises(OSError, match="No space left"):
        create_file(fs, str(path), b"one")
    assert not list(tmp_path.iterdir())
    fail_with(errno.EPERM)
    assert [create_file(fs, str(path), content) for content in (b"one", b"two")] == [True, False]
    assert path.read_bytes() == b"one"
    path.unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            _open_new(path, b"more than that")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not path.exists()


@pytest.mark.parametrize("lease", [0, -1, 0.5, True, "300", None, float("nan"), float("inf")])
def test_a_lease_that_is_no_number_of_seconds_is_refused(tmp_path: Path, lease: Any) -> None:
    with pytest.raises(BadInput, match=r"the evidence of m: lease: .* such as 300"):
        EvidenceShards(str(tmp_path / "m"), lease=lease)


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        *((setting, "i and N are whole numbers") for setting in ("2", "1/2/3", "-1/2", "a/b", "1.0/2")),
        *((setting, "i and N are whole numbers") for setting in (0.5, True, "", "½/2")),
        *((setting, "i must be from 1 to N") for setting in ("5/4", "1/0", "0/0")),
        ("0/4", "workers are counted from 1"),
    ],
)
def test_what_names_no_worker_is_refused(setting: object, why: str) -> None:
    with pytest.raises(BadInput, match=f"is no worker i/N, such as 2/4, the second of four: {why}"):
        Worker.parsed(setting)


def test_every_worker_begins_with_its_share_and_goes_on_with_the_others() -> None:
    keys = list("abcdefgh")
    turns = [Worker(number, 3).in_turn(keys) for number in (1, 2, 3)]
    assert turns == [list("adgbehcf"), list("behcfadg"), list("cfadgbeh")]
    assert Worker(9, 64).in_turn(keys) == keys  # more workers than shards
    assert Worker(3, 999_999_999).in_turn(keys) == list("cdefghab")
    models = list("abcdefghijkl")
    assert [Worker(number, 8).beginning_at(models)[0] for number in range(1, 9)] == list("abdeghjk")
    assert sorted(Worker(7, 8).beginning_at(models)) == models
    assert Worker.parsed(" 2/4 ") == Worker(2, 4)
    assert Worker.parsed(None) is None


def test_those_who_wait_look_ever_more_rarely_and_not_together() -> None:
    assert len({WaitForOthers("m", Worker(number, 3), 30).pause() for number in (1, 2, 3)}) == 3
    waiting, again = (WaitForOthers("m", Worker(1, 3), 30) for _ in range(2))
    times = [waiting.pause() for _ in range(20)]
    assert times == [again.pause() for _ in range(20)]
    assert 1 <= times[0] <= 2 < times[8] <= 30
    assert all(15 <= pause <= 30 for pause in times[10:])
    waiting.begin_anew()
    assert waiting.pause() == times[0]
