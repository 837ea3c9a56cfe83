"""What MLflow could not take is kept as a whole, and written once, however often the writing is cut off."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from mlflow import MlflowClient
from tests.optional import not_none

from vqa_canary.tracking import client as client_module
from vqa_canary.tracking.away import Away, within
from vqa_canary.tracking.client import Store
from vqa_canary.tracking.entry import Entry, Results, from_json, to_json
from vqa_canary.tracking.record import MetricPoint, RunRecord
from vqa_canary.tracking.replay import FILE, keep, kept, replay

DATASET = {
    "name": "d",
    "digest": "1",
    "source_type": "local",
    "source": "{}",
    "schema": None,
    "profile": None,
}
CHILDREN = [
    RunRecord(
        "margin · m", {"kind": "model x method", "undefined.a": "why"}, {"p": "1"}, {"auroc.clean": 0.8}
    ),
    RunRecord(
        "training of m",
        {"kind": "training"},
        curves=[MetricPoint("loss", 0, 2.0), MetricPoint("loss", 1, 1.0)],
    ),
]
PARENT = RunRecord("s reporting", {"kind": "study", "tracking.key": "key"}, {"seed": "7"})


def entry_of(project: Path, key: str = "key", status: str = "FINISHED") -> Entry:
    """A small one with everything in it; its report says `as it was`."""
    report = project / "report.html"
    report.write_text("as it was")
    parent = replace(PARENT, tags={**PARENT.tags, "tracking.key": key})
    return Entry(key, "s", 1000, parent, status, 2000, Results(CHILDREN, [DATASET], [report]))


def artifacts(client: MlflowClient, run_id: str) -> list[tuple[str, str]]:
    found = [file.path for file in client.list_artifacts(run_id)]
    return [(path, Path(client.download_artifacts(run_id, path)).read_text()) for path in found]


def everything(client: MlflowClient) -> list[Any]:
    """All that MLflow holds of the experiment, without the ids that it makes up."""
    experiment = client.get_experiment_by_name("vqa-canary/s")
    if experiment is None:
        return []
    runs = client.search_runs([experiment.experiment_id])
    names = {run.info.run_id: run.info.run_name for run in runs}
    return sorted(
        (
            run.info.run_name,
            run.info.status,
            (run.info.start_time, run.info.end_time),
            sorted((name, names.get(value, value)) for name, value in run.data.tags.items()),
            sorted(run.data.params.items()),
            sorted(
                (point.key, point.value, point.step, point.timestamp)
                for name in run.data.metrics
                for point in client.get_metric_history(run.info.run_id, name)
            ),
            [one.dataset.name for one in not_none(run.inputs).dataset_inputs],
            artifacts(client, run.info.run_id),
        )
        for run in runs
    )


@pytest.fixture
def whole(project: Path, client: MlflowClient) -> list[Any]:
    """What MLflow holds after an undisturbed writing."""
    Store(project, "s").record(entry_of(project))
    return everything(client)


class Outage:
    """Lets `n` requests through, then none; the one after these is carried out or not, and fails in either case."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n: int | None = None
        self.carried_out = False
        self.asked = 0

        def cut(seconds: float, call: Callable[[], Any]) -> Any:
            self.asked += 1
            if self.n is None or self.asked <= self.n:
                return within(seconds, call)
            if self.carried_out and self.asked == self.n + 1:
                within(seconds, call)
            raise ConnectionError("gone")

        monkeypatch.setattr(client_module, "within", cut)

    def after(self, n: int | None, carried_out: bool = False) -> None:
        self.n, self.carried_out, self.asked = n, carried_out, 0


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    return Outage(monkeypatch)


def new_study(project: Path, empty_store: Path) -> MlflowClient:
    """Another store, for the same project."""
    folder = project / f"attempt-{len(list(project.iterdir()))}"
    folder.mkdir()
    shutil.copy(empty_store, folder / "mlflow.db")
    return MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")


def folder_of(client: MlflowClient) -> Path:
    return Path(client.tracking_uri.removeprefix("sqlite:///")).parent


@pytest.mark.whole
@pytest.mark.parametrize("carried_out", [pytest.param(False, marks=pytest.mark.slow), True])
def test_cut_off_at_any_request_and_written_again_it_is_as_if_written_at_once(
    project: Path, empty_store: Path, whole: list[Any], outage: Outage, carried_out: bool
) -> None:
    assert [run[0] for run in whole] == ["margin · m", "s reporting", "training of m"]
    n = 0
    while True:
        client = new_study(project, empty_store)
        study = folder_of(client)
        outage.after(n, carried_out)
        try:
            Store(study, "s").record(entry_of(project))
        except Away:
            keep(study, entry_of(project))
            (project / "report.html").write_text("of a later run")
            outage.after(n // 2)  # a replay that is cut off, too
            assert replay(study)
            outage.after(None)
            assert replay(study) == {}
            assert replay(study) == {}
        else:
            break
        assert everything(client) == whole, f"cut after {n} requests"
        assert not list((study / "data/08_reporting/s").rglob("*"))
        n += 1
    assert n > 15


def test_what_is_kept_is_read_back(project: Path) -> None:
    entry = entry_of(project)
    folder = keep(project, entry)
    read = from_json((folder / FILE).read_text())
    assert to_json(read) == to_json(entry)
    assert (read.parent.tags, [child.name for child in read.results.children]) == (
        entry.parent.tags,
        ["margin · m", "training of m"],
    )
    assert sorted(file.name for file in folder.iterdir()) == [FILE, "report.html"]
    assert kept(project) == kept(project, "s") == [folder]
    assert kept(project, "other") == []


@given(st.text(), st.floats(), st.floats(allow_nan=False), st.integers(0, 2**40))
def test_every_text_and_number_is_read_back(text: str, any_float: float, value: float, step: int) -> None:
    record = RunRecord(text, {text: text}, {text: text}, {text: value}, [MetricPoint(text, step, any_float)])
    read = from_json(to_json(Entry("k", text, step, record, results=Results([record], [{"name": text}]))))
    assert (read.study, read.begun, read.results.datasets) == (text, step, [{"name": text}])
    assert read.results.children == [read.parent]
    assert read.parent.tags == record.tags
    assert repr((read.parent.metrics, read.parent.curves)) == repr((record.metrics, record.curves))


def test_a_full_disk_leaves_nothing_half(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vqa_canary.tracking.replay.to_json", full)
    with pytest.raises(OSError, match="No space"):
        keep(project, entry_of(project))
    assert not [
        path for path in (project / "data").rglob("*") if path.name not in ("08_reporting", "s", "tracking")
    ]


def test_an_entry_that_is_no_entry_is_named_and_left(project: Path, client: MlflowClient) -> None:
    bad, good = keep(project, entry_of(project, "a")), keep(project, entry_of(project, "b"))
    (bad / FILE).write_text(json.dumps({"key": 1})[:-1])
    assert list(replay(project)) == [bad]
    assert bad.is_dir()
    assert not good.exists()
    assert len(everything(client)) == 3


def test_two_processes_do_not_write_one_entry(project: Path, client: MlflowClient) -> None:
    folder = keep(project, entry_of(project))
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        assert replay(project) == {folder: "another process is at it"}
    assert everything(client) == []
    assert replay(project) == {}


def test_failed_and_killed_runs_are_kept_as_such(project: Path, client: MlflowClient) -> None:
    for status in ("FAILED", "KILLED"):
        keep(project, replace(entry_of(project, status, status), results=Results()))
    assert replay(project) == {}
    assert sorted(run[1] for run in everything(client)) == ["FAILED", "KILLED"]


def test_a_run_that_another_closed_meanwhile_ends_as_it_should(project: Path, client: MlflowClient) -> None:
    store = Store(project, "s")
    entry = entry_of(project)
    store.begin(entry)
    [run] = store.running()
    store.end(run.info.run_id, "KILLED")
    store.record(entry)
    assert {run[1] for run in everything(client)} == {"FINISHED"}
