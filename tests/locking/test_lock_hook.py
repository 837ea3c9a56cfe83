"""Two `kedro run`s of one study: the second says who writes, and ends or waits."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from tests.locking.conftest import Project, until

from vqa_canary.errors import BadInput
from vqa_canary.locking import LockHook
from vqa_canary.locking.hook import _command, _written
from vqa_canary.processes import _begin


def facts(held: Project) -> list[str]:
    return sorted(path.name for path in (held.folder / "data/.locks").glob("*.json"))


@pytest.mark.whole
def test_a_second_run_ends_and_another_study_runs(held: Project) -> None:
    first = held.holding("--pipelines", "work")
    assert facts(held) == ["study-held.json"]
    code, told = held.run("--pipelines", "work")
    assert code != 0
    assert f"Another process writes study 'held': process {first.pid} on" in told
    assert "(kedro run --pipelines work)" in told
    assert "--params wait_for_lock=3600" in told
    reading = held.start("registry", "list")
    assert reading.wait() == 0
    training = held.start("run", "--pipelines", "train", wait=True)
    until(lambda: len(held.workers()) == 2)
    assert facts(held) == ["reference_models.json", "study-held.json"]
    held.let_go()
    assert held.run("--pipelines", "work", "--params", "study=other")[0] == 0
    assert (first.wait(), training.wait()) == (0, 0)
    assert facts(held) == []


@pytest.mark.slow
def test_a_second_run_waits_when_told_so(held: Project) -> None:
    first = held.holding("--pipelines", "work")
    second = held.start("run", "--pipelines", "work", "--params", "wait_for_lock=3600")
    until(lambda: "Waiting for at most 3600 seconds" in held.told(second))
    assert len(held.workers()) == 1
    held.let_go()
    assert (first.wait(), second.wait()) == (0, 0)
    assert len(held.workers()) == 2


@pytest.mark.parametrize("end", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_the_lock_is_free_however_the_run_ended(held: Project, end: signal.Signals) -> None:
    first = held.holding("--pipelines", "work")
    first.send_signal(end)
    assert first.wait() != 0
    assert facts(held) == ([] if end is signal.SIGINT else ["study-held.json"])
    assert held.run("--pipelines", "work")[0] == 0
    assert facts(held) == []


def test_a_failing_run_frees_it(held: Project) -> None:
    assert held.run("--pipelines", "fail")[0] != 0
    assert facts(held) == []


@pytest.mark.slow
def test_workers_do_not_free_it_and_end_with_their_run(held: Project) -> None:
    """A worker that outlived its run would write beside the next one."""
    words = "--pipelines", "work", "--runner", "ParallelRunner", "--runner-params", "max_workers=2"
    first = held.holding(*words, nodes=2)
    assert first.pid not in held.workers()
    assert facts(held) == ["study-held.json"]
    assert "process " + str(first.pid) in held.run("--pipelines", "work")[1]
    first.kill()
    first.wait()
    until(lambda: all(_begin(worker) is None for worker in held.workers()))
    assert held.run("--pipelines", "work")[0] == 0


def begin(folder: Path, run: str, **parameters: object) -> None:
    """A run of this process, as hooks see it."""
    catalog = DataCatalog({"parameters": MemoryDataset({"study": "s"} | parameters)})
    pipeline = Pipeline([Node(lambda study: study, "parameters", "done", name="work")])
    run_params = {"run_id": run, "project_path": str(folder)}
    LockHook().before_pipeline_run(run_params=run_params, pipeline=pipeline, catalog=catalog)


def test_runs_of_one_process_follow_each_other(tmp_path: Path) -> None:
    """After Ctrl-C, of which Kedro does not tell, the same thread may begin again; another one beside it may not."""
    begin(tmp_path, "first")
    begin(tmp_path, "second")
    with ThreadPoolExecutor(1) as beside:
        with pytest.raises(BadInput, match=f"process {os.getpid()} on"):
            beside.submit(begin, tmp_path, "third").result()
        LockHook().after_pipeline_run(run_params={"run_id": "first"})
        with pytest.raises(BadInput):
            beside.submit(begin, tmp_path, "third").result()
        LockHook().on_pipeline_error(run_params={"run_id": "second"})
        beside.submit(begin, tmp_path, "third").result()
    begin(tmp_path, "fourth")  # the third's thread is gone
    LockHook().after_pipeline_run(run_params={"run_id": "fourth"})
    assert not list((tmp_path / "data/.locks").glob("*.json"))


@pytest.mark.parametrize("value", [-1, "soon", True, None, float("nan"), float("inf")])
def test_a_wait_that_is_no_number_is_named(tmp_path: Path, value: object) -> None:
    with pytest.raises(BadInput, match=r"parameters: wait_for_lock: .* is no number of seconds"):
        begin(tmp_path, "first", wait_for_lock=value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("study", ["a/b", "..", "ä" * 200, "a b", "%"])
def test_any_name_of_a_study_has_a_lock_file(tmp_path: Path, study: str) -> None:
    pipeline = Pipeline([Node(lambda study: study, "parameters", "done", name="work")])
    [(name, what)] = _written(pipeline, DataCatalog(), {"study": study})
    assert what == f"study {study!r}"
    (tmp_path / f"{name}.lock").touch()
    assert len(list(tmp_path.iterdir())) == 1


def test_the_command_shows_no_value_of_a_parameter() -> None:
    run = {
        "env": "audit",
        "pipeline_names": ["inference", "reporting"],
        "runtime_params": {"models": {"m": {"api_key": "sk-secret"}}},
    }
    assert _command(run) == "kedro run --env audit --pipelines inference,reporting --params ..."
