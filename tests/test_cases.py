"""Files and endpoints that went wrong elsewhere: what becomes of each is what docs/what_is_read.md says.

`python -m tests.test_cases` prints the rows of that page.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from tests.conftest import ROOT, copy_project, edit, run_in

from vqa_canary.errors import BadInput

CASES = Path(os.environ.get("VQA_CANARY_CASES", ROOT.parent / "shared" / "cases"))
NAMES = sorted(path.parent.name for path in CASES.glob("*/conf"))
PAGE = ROOT / "docs/what_is_read.md"
NO_MLFLOW = {"tracking": {"enabled": False}}
ASKED_ALL_THE_SAME = {"planning": {"without_policy": True}}
"""The cases have too few questions for an audit, which would stop before it asks."""
WIDEST = 700
"""Most characters of a message that are compared."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not NAMES, reason="no cases: set VQA_CANARY_CASES to their folder"),
]


@contextmanager
def quirky_server() -> Iterator[str]:
    """The endpoint of the cases, on a free port: its address."""
    spec = importlib.util.spec_from_file_location("quirks", CASES / "_server/quirks.py")
    assert spec is not None
    assert spec.loader is not None
    quirks: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(quirks)
    with quirks.ThreadingHTTPServer(("127.0.0.1", 0), quirks.H) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def prepare(folder: Path, name: str, url: str) -> tuple[Path, bool]:
    """A project with the case's settings as an environment, and whether there is something to ask or to read."""
    project = copy_project(folder / "project")
    (folder / "shared").mkdir()
    (folder / "shared/cases").symlink_to(CASES)
    shutil.copytree(CASES / name / "conf", project / "conf" / name)
    recorded = []

    def point(parameters: dict[str, Any]) -> None:
        for model in parameters["models"].values():
            if "base_url" in model:
                model["base_url"] = url
            recorded.append(project / model["path"] if "path" in model else ROOT)

    edit(project / "conf" / name / "parameters_inference.yml", point)
    return project, all(path.exists() for path in recorded)


def outcome(folder: Path, name: str, url: str, patch: pytest.MonkeyPatch) -> str:
    """What becomes of a case, in words."""
    project, asked = prepare(folder, name, url)
    only: dict[str, Any] = (
        {} if asked else {"to_nodes": ["gather_refusals"]}
    )  # what would be asked is no part of the case
    try:
        run_in(patch, project, "data_engineering", env=name, params=NO_MLFLOW, **only)
    except Exception as error:
        return stop(error, project)
    study = yaml.safe_load((project / "conf" / name / "globals.yml").read_text())["study"]
    n_items, n_refused = (
        pq.read_table(project / "data" / stage / study / f"{table}.parquet").num_rows
        for stage, table in (("03_primary", "items"), ("02_intermediate", "quarantine"))
    )
    told = f"{n_items} usable, {n_refused} refused"
    if not asked:
        return told
    try:
        run_in(patch, project, "inference", env=name, params=NO_MLFLOW | ASKED_ALL_THE_SAME)
    except Exception as error:
        return f"{told}; {stop(error, project)}"
    by_model: dict[str, list[str]] = {}
    for model in sorted((project / "data/07_model_output" / study / "evidence").iterdir()):
        by_model.setdefault(counts(model), []).append(model.name)
    alone = len(by_model) == 1
    return "; ".join(
        [told, *(said if alone else f"{', '.join(who)}: {said}" for said, who in by_model.items())]
    )


def counts(evidence: Path) -> str:
    """How many answers of a model name an option, have log-probs, and failed."""
    rows = [row for path in evidence.glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    answered = [row for row in rows if row["status"] == "ok"]
    named = sum(row["greedy_choice"] is not None for row in answered)
    letters = sum(row["option_logprobs"] is not None for row in answered)
    failed = f", {len(rows) - len(answered)} failed" if len(rows) > len(answered) else ""
    return f"{named} of {len(answered)} answers name an option, {letters} with log-probs{failed}"


def stop(error: BaseException, project: Path) -> str:
    """The message of a run that ends, which is one of ours."""
    while not isinstance(error, BadInput):
        assert error.__cause__ is not None or error.__context__ is not None, error
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # one of both is there
    text = " ".join(str(error).replace(str(project), "").split())
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:18765", re.sub(r"[^\s'\"]*shared/cases/", "", text))
    return f"stops: {text[:WIDEST]}".replace("|", "\\|")


def row(name: str, told: str) -> str:
    about = (CASES / name / "README").read_text().splitlines()[0].replace("|", "\\|")
    return f"| {name} | {about} | {told} |"


@pytest.mark.parametrize("name", NAMES)
def test_the_outcome_of_each_case_is_as_documented(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quirky_server() as url:
        told = outcome(tmp_path, name, url, monkeypatch)
    assert row(name, told) in PAGE.read_text().splitlines()


if __name__ == "__main__":
    import tempfile

    with quirky_server() as address, pytest.MonkeyPatch.context() as changes:
        for case in NAMES:
            with tempfile.TemporaryDirectory() as scratch:
                here = Path.cwd()
                print(row(case, outcome(Path(scratch), case, address, changes)), flush=True)
                os.chdir(here)
