"""Runs that a killed process left open are closed by the next run; those of a living one are not."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from tests.tracking.three_pipelines import kedro_run, runs_of, statuses_of

from vqa_canary.tracking import process
from vqa_canary.tracking.away import Away
from vqa_canary.tracking.client import Store
from vqa_canary.tracking.entry import Entry, Results
from vqa_canary.tracking.orphans import LONG, TAG, close_orphans
from vqa_canary.tracking.process import Process, is_gone, process_of, this_process
from vqa_canary.tracking.record import RunRecord

HERE = this_process()
GONE = HERE._replace(started="1")
"""Whose id this process has now."""


@pytest.mark.slow
def test_the_next_run_closes_what_a_kill_left(project: Path) -> None:
    died = kedro_run(project, "die")
    assert (died.returncode, statuses_of(project)) == (-signal.SIGKILL, ["RUNNING"])
    done = kedro_run(project, "succeed")
    assert (done.returncode, statuses_of(project)) == (0, ["FAILED", "FINISHED"])
    killed, finished = runs_of(project)
    assert TAG in killed.data.tags
    assert TAG not in finished.data.tags
    assert "closed as FAILED" in done.stdout + done.stderr


def opened(store: Store, owner: Process, key: str = "key", **tags: str) -> str:
    """A run of `owner` that is left RUNNING, with a child."""
    parent = RunRecord(f"run {key}", {**owner.tags, **tags})
    entry = Entry(key, "s", 1, parent, "FINISHED", 2, Results([RunRecord("child", metrics={"m": 1.0})]))
    ask, asked = store._ask, []

    def cut(seconds: float, call: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(call)
        if call == store._client.set_terminated:
            raise Away("killed here")
        return ask(seconds, call, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Away):
        patch.setattr(store, "_ask", cut)
        store.record(entry)
    return key


def statuses(client: MlflowClient) -> dict[tuple[str, str], str]:
    """By key of the entry and name of the run."""
    found: list[Run] = client.search_runs([e.experiment_id for e in client.search_experiments()])
    return {(run.data.tags["tracking.key"], str(run.info.run_name)): run.info.status for run in found}


def test_parents_and_children_of_dead_processes_are_closed_and_no_others(
    project: Path, client: MlflowClient
) -> None:
    store = Store(project, "s")
    elsewhere = HERE._replace(host="another", started="1")
    for key, owner in {"dead": GONE, "alive": HERE, "elsewhere": elsewhere}.items():
        opened(store, owner, key)
    assert set(statuses(client).values()) == {"RUNNING"}
    assert sorted(close_orphans(store)) == ["child", "run dead"]
    assert {key for key, status in statuses(client).items() if status == "FAILED"} == {
        ("dead", "run dead"),
        ("dead", "child"),
    }
    assert close_orphans(store) == []


def test_a_run_that_is_kept_for_mlflow_is_left_to_its_replay(project: Path) -> None:
    store = Store(project, "s")
    assert close_orphans(store, [opened(store, GONE)]) == []


def test_a_run_that_does_not_say_whose_it_is_is_left_alone(project: Path, client: MlflowClient) -> None:
    store = Store(project, "s")
    [experiment] = [e for e in client.search_experiments() if e.name == "vqa-canary/s"]
    run = client.create_run(experiment.experiment_id)
    assert close_orphans(store) == []
    assert client.get_run(run.info.run_id).info.status == "RUNNING"


def test_an_old_run_of_another_machine_is_named_and_left_alone(
    project: Path, client: MlflowClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    store = Store(project, "s")
    opened(store, HERE._replace(host="another"), "old")
    opened(store, HERE, "mine")
    monkeypatch.setattr("vqa_canary.tracking.orphans.now", lambda: LONG + 10_000_000_000_000)
    assert close_orphans(store) == []
    [told] = [record.getMessage() for record in caplog.records if "more than a week" in record.getMessage()]
    assert "of another" in told
    assert "run mine" not in told
    assert set(statuses(client).values()) == {"RUNNING"}


FIRST = "4026531836"
LINUX = Process("h", "machine", "boot", FIRST, 7, "500")
MAC = Process("h", "card", "", "", 7, "")


@pytest.mark.parametrize(
    ("here", "other", "started", "gone"),
    [
        (LINUX, {}, None, True),
        (LINUX, {}, "500", False),
        (LINUX, {}, "501", True),  # the id was given out again
        (LINUX, {}, "", False),  # lives, and hides when it began
        (LINUX, {"host": "g"}, None, None),
        (LINUX, {"machine": "m"}, None, None),
        (LINUX, {"space": "1"}, None, None),  # of a container
        (LINUX, {"boot": "before"}, "500", True),  # a power cut
        (LINUX, {"boot": "before", "space": "1"}, None, None),
        (LINUX._replace(space="1"), {"boot": "before"}, None, None),
        (LINUX._replace(machine=""), {"boot": "before"}, None, None),
        (LINUX._replace(machine=""), {}, None, True),
        (LINUX, {"boot": ""}, None, None),
        (MAC, {}, None, True),
        (MAC, {}, "", False),
        (MAC, {"machine": "other"}, None, None),
        (MAC._replace(machine=""), {}, None, None),
    ],
)
def test_only_what_is_certain_counts(
    here: Process, other: Mapping[str, Any], started: str | None, gone: bool | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """`started`: when the process began that has the id now; None where no process has it."""
    monkeypatch.setattr(process, "this_process", lambda: here)
    monkeypatch.setattr(process, "_started", lambda _: started)
    assert is_gone(here._replace(**other)) is gone


def test_a_process_is_read_back_from_its_tags() -> None:
    for one in (HERE, LINUX, MAC, LINUX._replace(machine="", boot="", space="", started="")):
        assert process_of(one.tags) == one
    for tags in ({}, HERE.tags | {"process.pid": "x"}, HERE.tags | {"process.system": "a b"}):
        assert process_of(tags) is None


def test_this_process_lives_and_one_that_has_ended_does_not() -> None:
    assert is_gone(HERE) is False
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    begun = process._started(ended.pid)
    assert begun is not None
    assert ended.stdout is not None
    ended.stdout.read()  # until it has ended: a zombie now, for nobody has waited for it
    while process._started(ended.pid) is not None:
        pass
    assert is_gone(HERE._replace(pid=ended.pid, started=begun)) is True
    ended.wait()
    assert is_gone(HERE._replace(pid=ended.pid, started=begun)) is True
