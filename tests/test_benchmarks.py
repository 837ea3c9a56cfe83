"""The benchmark runs, and in it every path gets the same evidence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "engine.py"
RATIOS = {"vs_generate", "vs_num_return_sequences", "vs_repeated_cache", "vs_prefill"}


@pytest.mark.slow
def test_every_path_gets_the_same_evidence() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--quick"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result.keys() == RATIOS | {"max_abs_diff", "changed_choices"}
    assert all(result[ratio] > 0 for ratio in RATIOS)
    assert result["max_abs_diff"] <= 1e-4
    assert result["changed_choices"] == 0
