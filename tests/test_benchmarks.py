"""The benchmarks run, and in them every path gets the same evidence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
RATIOS = {"vs_generate", "vs_num_return_sequences", "vs_repeated_cache", "vs_reserved", "vs_prefill"}
AGREEMENT = {"max_abs_diff", "changed_choices"}


def last_line(script: str) -> Any:
    command = [sys.executable, str(BENCHMARKS / script), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_every_path_gets_the_same_evidence() -> None:
    result = last_line("engine.py")
    assert result.keys() == RATIOS | AGREEMENT | {"lengths"}
    assert all(result[ratio] > 0 for ratio in RATIOS)
    assert result["lengths"].keys() == {"8", "16"}
    for own in result["lengths"].values():
        assert own.keys() == AGREEMENT | {"vs_num_return_sequences", "vs_reserved", "memory_vs_reserved"}
        assert own["vs_num_return_sequences"] > 0
        assert own["vs_reserved"] > 0
    for compared in (result, *result["lengths"].values()):
        assert compared["max_abs_diff"] <= 1e-4
        assert compared["changed_choices"] == 0


@pytest.mark.slow
def test_both_samplers_tell_the_same_log_probs() -> None:
    result = last_line("sampler.py")
    assert result.pop("max_abs_diff") <= 1e-9
    assert result.keys() == {"11x500", "11x1000"}
    for one in result.values():
        assert 0 < one["share_before"] < 1
        assert 0 < one["share_now"] < 1
        assert one["ratio"] > 0


@pytest.mark.slow
def test_the_run_for_a_gpu_does_all_its_parts() -> None:
    result = last_line("gpu.py")
    assert result["left_out"] == []
    told = {"making the model", "answers of 3 tokens", "answers of 8 tokens", "sampler, 11 lines"}
    assert result["parts"].keys() == told


@pytest.mark.slow
def test_the_memory_that_vectors_take_is_measured() -> None:
    result = last_line("embeddings.py")
    assert result.keys() == {"without vectors", "with vectors", "all_vectors"}
    assert result["all_vectors"] == 2000 * 10 * 384 * 8
    assert all(result[name]["seconds"] > 0 for name in ("without vectors", "with vectors"))


def test_parts_that_would_not_end_in_time_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from budget import Part, run_within

    now = [0.0]

    def taking(seconds: float) -> float:
        now[0] += seconds
        return seconds

    parts = [
        Part("first", lambda: taking(30)),
        Part("long", lambda: taking(100), times=4),
        Part("short", lambda: taking(60)),
        Part("late", lambda: taking(1)),
    ]
    found, left_out = run_within(100, parts, clock=lambda: now[0])
    assert found == {"first": 30, "short": 60}
    assert left_out == ["long", "late"]
    assert run_within(0, parts, clock=lambda: now[0]) == ({}, ["first", "long", "short", "late"])


def test_memory_that_cannot_be_measured_is_null(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import peak

    held: list[bytes] = []
    monkeypatch.setattr(peak, "CLEAR", tmp_path / "no such folder" / "clear_refs")
    assert peak.growth(lambda: held.append(b"")) is None
    assert not held
    assert peak.share(None, 100) is None
    assert peak.share(100, None) is None
    assert peak.share(100, 0) is None
    assert peak.share(25, 100) == 0.25
