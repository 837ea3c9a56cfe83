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
    """On 120 drawn images with a reference model; the guide begins with it, and with the three numbers that it says."""
    shutil.copytree(root / EXAMPLE, project / EXAMPLE)
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    status, said = command("run", "--env", "audit", "--params", "tracking.enabled=false")
    assert status == 0, said[-2000:]
    assert "353 usable questions with 120 images" in said
    assert "Target, method and split were locked before the first answer." in said
    audit = json.loads((project / "data/08_reporting/audit/audit.json").read_text())
    assert audit["protocol"]["standing"] == "first look"
    [headline] = audit["headline"]
    assert headline["policy"]["verdict"] == "policy found"
    kept, errors = (headline["policy"]["held_out"][name] for name in ("coverage", "risk"))
    assert errors["n"] > 100
    guide = (root / GUIDE).read_text(encoding="utf-8")
    told = re.search(
        r"of 100 questions the model answers about (\d+) .*?; about 1 in (\d+) of its answers is", guide
    )
    last = re.search(r"Of 100 questions it answers (\d+) and hands", said)
    assert told
    assert last
    assert 100 * kept["value"] == pytest.approx(int(last[1]), abs=0.5)
    # Answers near a tie differ from one processor to another.
    assert 100 * kept["value"] == pytest.approx(int(told[1]), abs=3)
    assert errors["value"] == pytest.approx(1 / int(told[2]), abs=1.5 / errors["n"])
    assert re.search(r"when the right\s+option is hidden, all its right answers collapse", guide)
    assert headline["collapse_rate"]["value"] == 1
