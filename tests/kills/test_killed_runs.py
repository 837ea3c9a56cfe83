"""Whenever a run is killed, the same command goes on, and in the end every file is that of an undisturbed run."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
from tests.kills.study import Runner, content, small_study

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("chain", range(5))
def test_killed_main_process(tmp_path: Path, victims: Runner, undisturbed: Path, chain: int) -> None:
    """Five kills one after the other, then a run to the end."""
    project, random = small_study(tmp_path), Random(f"kills of the main process, chain {chain}")
    steps = (undisturbed / "steps").stat().st_size
    assert steps > 100
    kills = 0
    while kills < 5:
        ended = victims.run(project, at=random.randint(1, steps))
        kills += ended.killed
        steps = steps if ended.killed else ended.steps  # what was finished takes no steps again
    assert not victims.run(project).killed
    assert content(project) == content(undisturbed)


MADE = {
    "data_engineering": ("02_intermediate", "03_primary", "05_model_input"),
    "inference": ("07_model_output/phantom/evidence",),
    "ue_scoring": ("07_model_output/phantom/scores", "07_model_output/phantom/scores.parquet"),
}
"""Folders and files that a pipeline makes."""


def forget(project: Path, pipeline: str) -> None:
    for name in MADE[pipeline]:
        path = project / "data" / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


@pytest.mark.parametrize("dies", ["itself", "main"])
@pytest.mark.parametrize("pipeline", MADE)
def test_killed_workers(tmp_path: Path, victims: Runner, undisturbed: Path, pipeline: str, dies: str) -> None:
    """Two workers; one of them is killed, or the process that they work for."""
    project = tmp_path / "project"
    shutil.copytree(undisturbed, project, symlinks=True)
    words = ("--pipelines", pipeline, "--runner", "ParallelRunner", "--runner-params", "max_workers=2")
    forget(project, pipeline)
    assert content(project) != content(undisturbed)
    whole = victims.run(project, *words, steps_of="workers")
    assert not whole.killed
    assert content(project) == content(undisturbed)
    forget(project, pipeline)
    random, kills = Random(f"kills of workers, {pipeline}, {dies}"), 0
    while kills < 3:
        at = random.randint(1, whole.steps)
        if victims.run(project, *words, at=at, steps_of="workers", dies=dies).killed:
            kills += 1
        else:
            forget(project, pipeline)
    assert not victims.run(project, *words).killed
    assert content(project) == content(undisturbed)
