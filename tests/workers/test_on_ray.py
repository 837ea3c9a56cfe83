"""How many actors a cluster has room for, and what is said of Ray's own errors."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from vqa_canary.workers.on_ray import Reserved, _given_up, room
from vqa_canary.workers.pieces import Piece
from vqa_canary.workers.settings import Ray


@pytest.mark.parametrize(
    ("nodes", "free", "reserved", "n"),
    [
        (
            [{"CPU": 6}, {"CPU": 6}],
            {"CPU": 12},
            Reserved(4, 0),
            2,
        ),  # what is left over on each adds up to none
        ([{"CPU": 6}, {"CPU": 6}], {"CPU": 3}, Reserved(4, 0), 0),  # somebody else is at work
        ([{"CPU": 3}, {"CPU": 3}], {"CPU": 6}, Reserved(4, 0), 0),
        ([{"CPU": 8, "GPU": 1}, {"CPU": 8}], {"CPU": 16, "GPU": 1}, Reserved(1, 1), 1),
        ([{"CPU": 8, "GPU": 1}, {"CPU": 8, "GPU": 1}], {"CPU": 16, "GPU": 2}, Reserved(1, 0.5), 4),
        ([{"GPU": 1}, {}], {}, Reserved(1, 0), 0),
    ],
)
def test_room_is_counted_machine_by_machine(
    nodes: list[Mapping[str, float]], free: Mapping[str, float], reserved: Reserved, n: int
) -> None:
    dead = {"Alive": False, "Resources": {"CPU": 99.0, "GPU": 99.0}}
    assert room([dead, *({"Alive": True, "Resources": node} for node in nodes)], free, reserved) == n


def test_an_error_of_rays_says_what_happened_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_CLIENT_MODE", "0")  # which Ray sets when it is imported
    ray = pytest.importorskip("ray")
    kinds, piece, settings = ray.exceptions, Piece("m", "0", 1, print), Ray(address="auto", retries=2)
    last = "ModuleNotFoundError: No module named 'vqa_canary'"
    trace = "Traceback (most recent call last):\n" + "  File x\n" * 99 + last
    absent = kinds.RayTaskError("f", trace, ModuleNotFoundError("No module named 'vqa_canary'"))
    for error in (absent, absent.as_instanceof_cause(), kinds.ActorDiedError(absent)):
        told = _given_up(ray, piece, settings, error)
        assert "Ray could not have a shard of m done" in told
        assert f"{last})" in told
        assert "every machine of the cluster needs this package in the same version" in told
        assert "lost" not in told
        assert len(told) < 900
    full = kinds.OutOfMemoryError("Bearer abcdefgh12345678")
    for error in (kinds.ActorDiedError(), kinds.WorkerCrashedError(), full):
        told = _given_up(ray, piece, settings, error)
        assert "Ray gave up a shard of m: its process was lost 3 times, killed, for want of memory" in told
        assert f"({type(error).__name__}: " in told
        assert "abcdefgh12345678" not in told
    assert "Ray gave up a worker" in _given_up(ray, None, settings, kinds.ActorDiedError())
