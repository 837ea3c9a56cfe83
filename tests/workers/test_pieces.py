"""Which piece a worker gets next, and how many workers there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vqa_canary.planned_shard import Needs
from vqa_canary.workers import settings
from vqa_canary.workers.pieces import Piece, Waiting
from vqa_canary.workers.settings import n_processes


def piece(model: str, number: int, size: int = 10, **more: Any) -> Piece:
    return Piece(model, f"{model}{number}", size, print, **({"needs": Needs()} | more))


def keys_of(waiting: Waiting[Piece], *workers: str | None) -> list[str]:
    """Keys of the pieces that the workers get, one after the other."""
    return [found.key if (found := waiting.next(before)) else "" for before in workers]


def test_a_worker_goes_on_with_its_model_and_joins_the_largest_rest_at_the_end() -> None:
    pieces = [piece("a", 1), piece("b", 1), *(piece("c", number) for number in range(4))]
    waiting = Waiting(pieces)
    assert keys_of(waiting, None, None) == ["c0", "a1"]  # the largest model first; no two at one model
    assert keys_of(waiting, "c", "a") == ["c1", "b1"]  # a has no more
    assert keys_of(waiting, "b", "c") == ["c2", "c3"]  # only c is left, and both share it
    assert keys_of(waiting, "c", "c") == ["", ""]
    assert not waiting


def test_of_a_model_the_largest_piece_comes_first() -> None:
    waiting = Waiting([piece("a", number, size) for number, size in enumerate((5, 9, 7))])
    assert keys_of(waiting, None, "a", "a") == ["a1", "a2", "a0"]


def test_a_piece_that_is_not_wanted_any_more_is_left_out_and_asked_when_it_is_begun() -> None:
    asked: list[int] = []

    def refuse(number: int) -> bool:
        asked.append(number)
        return number != 0

    waiting = Waiting([piece("a", number, wanted=lambda n=number: refuse(n)) for number in range(3)])
    assert asked == []  # a claim is not held while a piece waits
    assert keys_of(waiting, None, "a", "a") == ["a1", "a2", ""]
    assert asked == [0, 1, 2]
    waiting.put_back([piece("a", 3, wanted=lambda: refuse(3))])  # what was lost is begun, and asked, again
    assert keys_of(waiting, None) == ["a3"]
    assert asked == [0, 1, 2, 3]


def test_what_was_lost_comes_first() -> None:
    pieces = [piece("a", number) for number in range(3)]
    waiting = Waiting(pieces)
    assert keys_of(waiting, None) == ["a0"]
    waiting.put_back(pieces[:1])
    assert keys_of(waiting, None, "a", "a") == ["a0", "a1", "a2"]


@pytest.mark.parametrize(
    ("workers", "gpus", "needs", "n"),
    [
        ("auto", [], Needs(), 8),
        ("auto", [], Needs(threads=3), 2),  # 8 cores
        ("auto", [], Needs(threads=16), 1),
        ("auto", ["0", "1"], Needs(gpu=True), 2),
        (3, ["0"], Needs(gpu=True), 3),  # they share it
        (64, [], Needs(), 9),  # there is no more to do
        (1, [], Needs(), 1),
    ],
)
def test_number_of_processes(
    monkeypatch: pytest.MonkeyPatch, workers: Any, gpus: list[str], needs: Needs, n: int
) -> None:
    monkeypatch.setattr(settings, "n_cores", lambda: 8)
    assert n_processes(workers, [piece("a", number, needs=needs) for number in range(9)], gpus) == n


@pytest.mark.parametrize(
    ("text", "n"), [("max 100000", 4), ("250000 100000", 2), ("50000 100000", 1), ("", 4)]
)
def test_a_container_may_grant_fewer_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, n: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr(settings, "CGROUP", tmp_path / "cpu.max")
    (tmp_path / "cpu.max").write_text(text)
    assert settings.n_cores() == n
