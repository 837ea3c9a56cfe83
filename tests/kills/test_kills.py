"""Whenever a run is killed, the same command goes on, and in the end every file is that of an undisturbed run."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import pytest
from tests.conftest import copy_project, edit
from tests.engines.endpoint.fault_server import serving
from tests.kills.study import NO_MLFLOW, Study
from tests.phantom_audit import set_up

pytestmark = pytest.mark.slow

CONDITIONS = ["clean", "nota_replace", "nota_last", "no_image"]
METHODS = ["margin", "p_true", "sample_disagreement"]


def small_study(folder: Path) -> Study:
    """Two models, three images."""
    copy_project(folder)
    base = folder / "conf/base"

    def shrink(parameters: dict[str, Any]) -> None:
        path = "data/06_models/reference/phantom-llava-600"
        parameters["models"] = {name: {"path": path, "batch_size": 64} for name in ("one", "two")}
        parameters["models"]["two"]["path"] = path.replace("600", "1000")
        parameters["sampling"]["n_samples"] = 2

    edit(base / "parameters_inference.yml", shrink)
    edit(
        base / "parameters_data_engineering.yml",
        lambda p: (p["datasets"]["phantom"].update(n_images=3), p.update(conditions=CONDITIONS)),
    )
    edit(base / "parameters_ue_scoring.yml", lambda p: p["scoring"].update(methods=METHODS))
    return Study(folder)


def forget(study: Study) -> None:
    """All that runs have made."""
    for stage in ("02_intermediate", "03_primary", "05_model_input", "07_model_output", "08_reporting"):
        shutil.rmtree(study.folder / "data" / stage, ignore_errors=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the small study leaves."""
    study = small_study(tmp_path_factory.mktemp("undisturbed"))
    assert not study.run(*NO_MLFLOW).killed
    return study.content()


@pytest.mark.parametrize("chain", range(5))
def test_killed_main_process(tmp_path: Path, undisturbed: dict[str, bytes], chain: int) -> None:
    """Five kills one after the other, then a run to the end."""
    study, random = small_study(tmp_path), Random(f"kills of the main process, chain {chain}")
    steps, kills = study.run(*NO_MLFLOW).steps, 0
    assert steps > 100
    forget(study)
    for _ in range(30):
        kills += study.run(*NO_MLFLOW, at=random.randint(1, steps)).killed
        if kills == 5:
            break
    assert kills == 5
    assert not study.run(*NO_MLFLOW).killed
    assert study.content() == undisturbed


@pytest.mark.parametrize("dies", ["itself", "main"])
@pytest.mark.parametrize("pipeline", ["data_engineering", "inference", "ue_scoring"])
def test_killed_workers(tmp_path: Path, undisturbed: dict[str, bytes], pipeline: str, dies: str) -> None:
    """Two workers; one of them is killed, or the process that they work for."""
    study, random = small_study(tmp_path), Random(f"kills of workers, {pipeline} {dies}")
    parallel = ("--runner", "ParallelRunner", "--runner-params", "max_workers=2", *NO_MLFLOW)
    before = {"data_engineering": [], "inference": ["data_engineering"]}.get(
        pipeline, ["data_engineering", "inference"]
    )
    for name in before:
        study.run("--pipelines", name, *NO_MLFLOW)
    steps = study.run("--pipelines", pipeline, *parallel, steps_of="workers").steps
    assert steps > 5
    if pipeline == "inference":
        shutil.rmtree(study.folder / "data/07_model_output")
    kills = 0
    for _ in range(20):
        at = random.randint(1, steps)
        kills += study.run("--pipelines", pipeline, *parallel, at=at, steps_of="workers", dies=dies).killed
        if kills == 3:
            break
    assert kills == 3
    assert not study.run("--pipelines", pipeline, *parallel).killed
    assert not study.run(*NO_MLFLOW).killed
    assert study.content() == undisturbed


def journal_lines(study: Study) -> int:
    """Lines in the journals of unfinished shards."""
    journals = (study.folder / "data/07_model_output/audit/evidence/my-model").glob(".*.jsonl")
    return sum(path.read_bytes().count(b"\n") for path in journals)


def test_killed_while_the_journal_of_an_endpoint_is_written(tmp_path: Path) -> None:
    """Fifteen kills: when the journal has so many lines, and in the middle of a line by turns."""
    random, lock = Random("kills of an endpoint's run"), Lock()
    victim = wanted = 0

    def kill(*_: object) -> None:
        """At a request, if the journal is long enough by then."""
        nonlocal victim
        with lock:
            if victim and journal_lines(killed) >= wanted:
                os.kill(victim, signal.SIGKILL)
                victim = 0

    def begun(pid: int) -> None:
        nonlocal victim
        with lock:
            victim = pid

    with serving(script=kill) as server:
        studies = []
        for name in ("whole", "killed"):
            study = Study(copy_project(tmp_path / name))
            endpoint = {"engine": "endpoint", "base_url": server.url, "model": "m", "min_wait": 0.001}
            set_up(study.folder, edit, n_images=8, **endpoint)
            studies.append(study)
        whole, killed = studies
        assert not whole.run("--env", "audit", *NO_MLFLOW).killed
        grown = []
        for number in range(15):
            more = random.randint(1, 5)
            if number % 2:
                ended = killed.run("--env", "audit", *NO_MLFLOW, line=more)
            else:
                wanted = journal_lines(killed) + more
                ended = killed.run("--env", "audit", *NO_MLFLOW, while_it_runs=begun)
            assert ended.killed
            assert "cannot be used" not in ended.told
            grown.append(journal_lines(killed))
        assert grown == sorted(grown)
        assert grown[-1] > 15
        assert not killed.run("--env", "audit", *NO_MLFLOW).killed
    assert killed.content() == whole.content()
