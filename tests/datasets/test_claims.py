"""Of several workers exactly one has a piece of work, the dead lose theirs, and the living do not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest

from vqa_canary.datasets.claims import ClaimLost, Claims
from vqa_canary.datasets.exclusive import create_file
from vqa_canary.datasets.worker_share import Worker
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
        BadInput, match="sftp:///f: this kind of store cannot make a file only if there is none"
    ):
        create_file(Other(), "/f", b"")


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


@pytest.mark.parametrize(
    "setting", ["0/4", "5/4", "1/0", "2", "1/2/3", "-1/2", "a/b", "1.0/2", 0.5, True, "", "½/2"]
)
def test_what_names_no_worker_is_refused(setting: object) -> None:
    with pytest.raises(BadInput, match="is no worker i/N, such as 2/4"):
        Worker.parsed(setting)


def test_every_worker_begins_with_its_share_and_goes_on_with_the_others() -> None:
    keys = list("abcdefgh")
    turns = [Worker(number, 3).in_turn(keys) for number in (1, 2, 3)]
    assert turns == [list("adgbehcf"), list("behcfadg"), list("cfadgbeh")]
    assert Worker(9, 64).in_turn(keys) == keys  # more workers than shards
    assert Worker.parsed(" 2/4 ") == Worker(2, 4)
    assert Worker.parsed(None) is None
