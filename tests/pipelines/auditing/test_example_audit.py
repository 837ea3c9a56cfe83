"""`kedro run --env audit` on a fresh clone."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.conftest import command

EXAMPLE, GUIDE = "data/01_raw/audit_example", "docs/how-to/audit.md"


@pytest.mark.whole
@pytest.mark.usefixtures("undrawn")
def test_the_audit_runs_as_it_comes_and_finds_a_policy(
    root: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 120 drawn images with a reference model; so the guide can begin with it."""
    shutil.copytree(root / EXAMPLE, project / EXAMPLE)
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    status, said = command("run", "--env", "audit", "--params", "tracking.enabled=false")
    assert status == 0, said[-2000:]
    assert "353 usable questions with 120 images" in said
    assert "Target, method and split were locked before the first answer." in said
    told, guide = (
        re.search(pattern, text)
        for pattern, text in (
            (r"Of 100 (?:calibration )?questions it answers (\d+)", said),
            (r"of 100 questions the model answers about (\d+)", (root / GUIDE).read_text(encoding="utf-8")),
        )
    )
    assert told
    assert guide
    assert abs(int(told[1]) - int(guide[1])) <= 3  # answers near a tie differ from one processor to another
    audit = json.loads((project / "data/08_reporting/audit/audit.json").read_text())
    assert audit["protocol"]["standing"] == "first look"
    [headline] = audit["headline"]
    assert headline["policy"]["verdict"] == "policy found"
    assert headline["policy"]["held_out"]["risk"]["n"] > 100
