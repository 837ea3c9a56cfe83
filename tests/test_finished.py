"""A finished study is not made again, and is never taken for finished where anything that it rests on has changed."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.io import CachedDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from tests.conftest import ROOT, bootstrap, command, edit
from tests.optional import not_none

from vqa_canary.datasets.sealed import WholeJSON, WholeText
from vqa_canary.errors import BadInput
from vqa_canary.finished import FinishedHook, NothingChanged, basis, by_command, hook, places, record, which
from vqa_canary.pipelines.parameters import TYPES
from vqa_canary.tracking.hook import ToldAgain

UNIMPORTANT = {"wait_for_lock", "worker", "workers", "ray", "retry_failed", "shown_images", "tracking"}
"""Parameters that may change without another result."""


def test_what_changed_is_named() -> None:
    finished = record.Finished("then", {"a": "1", "b": "1"}, {"report": "1"}, None)
    assert finished.changed({"a": "1", "b": "1"}, {"report": "1"}) == []
    assert finished.changed({"a": "1", "c": "1"}, {"report": "2"}) == ["b", "what it made (report)", "c"]
    assert record.told(list("abcdef")) == "a, b, c, d and 2 more"


def test_a_record_that_is_no_record_only_costs_a_run(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"ended": "then", "rests_on": 1, "made": {}, "told": null}'):
        (tmp_path / "record.json").write_text(text)
        assert record.read(tmp_path / "record.json") is None
    assert record.read(tmp_path / "none.json") is None
    finished = record.Finished("then", {"a": "1"}, {"report": "1"}, "told")
    record.write(tmp_path / "record.json", finished)
    assert record.read(tmp_path / "record.json") == finished


def test_every_byte_name_and_file_counts(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    seen = {places.digest_of_place(folder), places.digest_of_place(tmp_path / "none")}
    for name, text in (("a", "1"), ("a", "2"), ("b", "2"), ("sub", "")):
        (folder / name).write_text(text)
        seen.add(places.digest_of_place(folder))
    assert len(seen) == 6
    page = tmp_path / "page.html"
    page.write_text("page")
    bare = places.digest_of_place(page)
    (tmp_path / ".page.html.seal").write_text("seal")
    assert places.digest_of_place(page) != bare


def test_a_source_is_read_again_to_see_what_it_holds_now(tmp_path: Path) -> None:
    file = tmp_path / "questions.csv"
    file.write_text("as it was")
    stored = WholeJSON(filepath=str(tmp_path / "items.json"))
    catalog = DataCatalog({"items": stored, "params:seed": MemoryDataset(7), "grid": MemoryDataset()})
    reads = Node(
        lambda seed: {"seed": seed, "text": file.read_text()}, "params:seed", "items", name="collect"
    )
    later = Node(lambda items, seed: items, ["items", "params:seed"], "grid", name="build")
    stored.save({"text": "as it was", "seed": 7})
    pipeline = Pipeline([reads, later])  # the later one reads a table, which is compared as it is
    assert list(hook._read_otherwise(pipeline, catalog)) == []
    file.write_text("as it is now")
    assert list(hook._read_otherwise(pipeline, catalog)) == ["what the datasets hold (items)"]


class Study:
    """A study that makes a table of what a source finds, and a page of it; with a plug-in that is installed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.results = folder, folder / "data/08_reporting/made up"
        self.results.mkdir(parents=True)
        self.found: dict[str, Any] = {}
        self.run_params: dict[str, Any] = {
            "run_id": "now", "project_path": str(folder), "env": None, "pipeline_names": ["a", "b"],
        }  # fmt: skip
        self.entries: dict[str, Any] = {"report": {"type": "text", "filepath": "report.html"}}
        self.parameters: dict[str, Any] = {
            "study": "made up", "store": str(folder / "data"), "seed": 7, "tracking": {"enabled": False},
            "models": {"tiny": {"path": "model", "credentials": "open"}},
        }  # fmt: skip
        self.datasets: dict[str, Any] = {
            "items": WholeJSON(filepath=str(folder / "items.json")),
            "scores": WholeJSON(filepath=str(folder / "scores.json")),
            "report": WholeText(filepath=str(folder / "report.html")),
        }
        self.nodes = [
            Node(lambda seed: {"seed": seed} | self.found, "params:seed", "items", name="data_engineering"),
            Node(lambda items, scores: "page", ["items", "scores"], "report", name="reporting"),
        ]
        self.package, self.plugin = folder / "package/module.py", folder / "site/made_up_plugin.py"
        self.installed = folder / "site/made_up-1.0.dist-info"
        for file in (self.package, self.plugin, folder / "model/weights", self.installed / "METADATA"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("Name: made_up")
        (self.installed / "entry_points.txt").write_text(
            "[vqa_canary.sources]\nmade_up = made_up_plugin:read"
        )
        for name in ("items", "scores"):
            self.datasets[name].save({"seed": 7})
        self.datasets["report"].save("page")

    @property
    def pipeline(self) -> Pipeline:
        return Pipeline(self.nodes)

    @property
    def catalog(self) -> DataCatalog:
        read = {f"params:{name}": MemoryDataset(value) for name, value in self.parameters.items()}
        return DataCatalog({**self.datasets, **read, "parameters": MemoryDataset(self.parameters)})

    @property
    def basis(self) -> dict[str, str]:
        return basis.basis_of(self.run_params, self.pipeline, self.catalog, self.entries)

    def can_be_finished(self) -> bool:
        return which.can_be_finished(self.run_params, self.pipeline, self.catalog)

    def run(self, meanwhile: Callable[[], object] = lambda: None) -> list[Path]:
        """The records that are there after a run during which something happens."""
        seen = FinishedHook()
        seen.after_catalog_created(self.entries)
        seen.before_pipeline_run(self.run_params, self.pipeline, self.catalog)
        meanwhile()
        seen.after_pipeline_run(self.run_params, self.pipeline, self.catalog)
        return sorted(self.results.glob(".finished-*.json"))


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """Nothing of it is too young, whatever a developer has just edited."""
    made = Study(tmp_path)
    monkeypatch.syspath_prepend(str(made.plugin.parent))
    monkeypatch.setattr(basis, "PACKAGE", made.package.parent)
    monkeypatch.setattr(hook, "_imported", float("inf"))
    monkeypatch.setattr(basis, "_installed", basis._installed.__wrapped__)
    return made


def different(before: dict[str, str], now: dict[str, str]) -> set[str]:
    return {name for name in before | now if before.get(name) != now.get(name)}


def test_a_run_rests_on_all_that_can_change_its_results(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = study.basis

    def later(name: str, **changes: Any) -> None:
        """The basis changes in one place alone, and is as it was in all others."""
        nonlocal before
        for part, value in changes.items():
            setattr(study, part, value)
        now = study.basis
        assert different(before, now) == {name}
        before = now

    later("the parameter seed", parameters=study.parameters | {"seed": 8})
    (study.folder / "model/weights").write_text("others")
    later("model")
    study.datasets["scores"].save({"seed": 9})
    later("the table scores")
    later("the catalog's entries", entries={"report": {"type": "text", "filepath": "page.html"}})
    later("the nodes", nodes=[*study.nodes, Node(len, "report", "length", name="another")])
    study.package.write_text("edited")
    later("the source of vqa_canary")
    study.plugin.write_text("edited")
    later("the source of made_up_plugin")
    study.installed = study.installed.rename(study.installed.with_name("made_up-1.1.dist-info"))
    later("the package made_up")
    monkeypatch.setattr("platform.python_version", lambda: "4.0")
    later("Python")
    study.datasets["items"].save({"seed": 9})  # what the run makes itself is compared as made
    assert study.basis == before


def test_a_folder_that_a_library_adds_during_a_run_is_no_new_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = basis._installed()
    (tmp_path / "vendored-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert basis._installed() == before
    assert before


def test_every_parameter_counts_but_those_on_which_no_result_rests(study: Study) -> None:
    for file in (ROOT / "conf/base").glob("parameters*.yml"):
        study.parameters |= yaml.load(file.read_text(), yaml.CSafeLoader)
    counted = {name.removeprefix("the parameter ") for name in study.basis if name.startswith("the param")}
    assert counted == study.parameters.keys() - UNIMPORTANT
    assert study.parameters.keys() >= UNIMPORTANT


@pytest.mark.parametrize(
    ("section", "value", "named"),
    [
        ("models", {"other": {"path": "file"}}, "file"),
        ("review", "file", "file"),
        ("conditions", ["clean", {"mine": {"words": ["file"]}}], "file"),
        ("prompts", {"system": "file"}, "file"),
        ("scoring", {"methods": ["margin"]}, "margin"),
    ],
)
def test_files_that_settings_name_count(study: Study, section: str, value: Any, named: str) -> None:
    file = study.folder / named
    file.write_text("as it was")
    study.parameters[section] = TYPES[section].model_validate(value) if section in TYPES else value
    before = study.basis
    file.write_text("as it is now")
    assert different(before, study.basis) == {named}


def test_another_command_has_another_record(study: Study) -> None:
    own = basis.key_of(study.run_params)
    assert own == basis.key_of(study.run_params | {"pipeline_names": ["b", "a"], "run_id": "later"})
    filters = ("namespaces", "tags", "node_names", "from_nodes", "to_nodes", "from_inputs", "to_outputs")
    others: list[dict[str, Any]] = [{"env": "audit"}, {"pipeline_names": ["a"]}, {"load_versions": {"a": 1}}]
    others += [{name: ["one"]} for name in filters]
    assert len({own, *(basis.key_of(study.run_params | other) for other in others)}) == len(others) + 1


def test_only_what_can_be_compared_as_a_whole_can_be_finished(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert study.can_be_finished()
    for changed in (
        {"retry_failed": True},
        {"shown_images": 3},
        {"store": "s3://bucket/data"},
        {"conditions": [{"mine": {"api_key": "of somebody"}}]},
    ):
        with monkeypatch.context() as patch:
            patch.setattr(study, "parameters", study.parameters | changed)
            assert not study.can_be_finished(), changed
    items = study.datasets["items"]
    bucket: Any = WholeJSON(filepath="memory://bucket/one.json")
    for name, kind in (
        ("scores", bucket),  # which is read
        ("report", bucket),  # which is made
        ("scores", CachedDataset(items)),  # of which nobody knows where it lies
        ("items", MemoryDataset()),  # which cannot be held against what the source has now
    ):
        with monkeypatch.context() as patch:
            patch.setitem(study.datasets, name, kind)
            assert not study.can_be_finished(), (name, kind)
    page = study.nodes[-1:]
    for nodes in (
        study.nodes[:1],
        [*page, Node(len, "items", "audit", name="auditing")],
        [*page, Node(len, "items", "tiny_verification", name="verification")],
    ):
        with monkeypatch.context() as patch:
            patch.setattr(study, "nodes", nodes)
            assert not study.can_be_finished(), nodes
    with monkeypatch.context() as patch:
        patch.setitem(study.run_params, "only_missing_outputs", True)
        assert not study.can_be_finished()
    with monkeypatch.context() as patch:  # the aims of a plan, of which no table is kept
        patch.setattr(
            study, "nodes", [*study.nodes, Node(lambda seed: seed, "params:seed", "aims", name="planning")]
        )
        assert study.can_be_finished()
        assert [node.name for node in which.reading_nodes(study.pipeline)] == ["data_engineering"]


def test_a_package_that_somebody_edits_must_be_one_whose_source_counts(study: Study) -> None:
    editable = '{"url": "file:///home", "dir_info": {"editable": true}}'
    (study.installed / "direct_url.json").write_text(editable)
    assert study.can_be_finished()  # it is a plug-in
    other = study.installed.with_name("other-1.0.dist-info")
    other.mkdir()
    (other / "METADATA").write_text("Name: other")
    assert study.can_be_finished()
    (other / "direct_url.json").write_text(editable)
    assert basis.uncounted_packages() == ["other"]
    assert not study.can_be_finished()


def test_a_record_is_of_what_ran_and_of_nothing_that_was_edited_meanwhile(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert study.run(lambda: study.package.write_text("edited")) == []
    assert study.run(lambda: study.datasets["scores"].save({"seed": 1})) == []
    now = time.time()
    monkeypatch.setattr(hook, "_imported", now + 5000)
    for young in (study.package, study.plugin, study.installed):
        os.utime(
            young, (now + 4990, now + 4990)
        )  # a little older than this process, which may have read another
        assert study.run() == [], young
        os.utime(young, (now, now))
    [path] = study.run()
    finished = not_none(record.read(path))
    assert (finished.rests_on, finished.told) == (study.basis, None)
    assert set(finished.made) == {"items", "report"}


def test_a_finished_study_ends_a_command_and_nothing_else(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study.folder)
    [path] = study.run()
    assert study.run() == [path]  # Python code is given the run that it asks for
    with (
        by_command(),
        pytest.raises(NothingChanged, match=r"asking, evaluation, rendering and tracking were"),
    ):
        study.run()
    with monkeypatch.context() as patch:
        patch.setattr("vqa_canary.tracking.hook.told_again", lambda *_: ToldAgain("it", now=True))
        with by_command(), pytest.raises(NothingChanged, match=r"asking, evaluation and rendering were"):
            study.run()
    finished = not_none(record.read(path))
    assert finished.told == "it"  # so that it is not told again
    study.found = {"question": "a new one"}
    with by_command():
        assert study.run() == [path]
    study.found = {}
    study.package.write_text("edited")
    with by_command():
        assert study.run() == [path]


@contextmanager
def changed_byte(path: Path) -> Iterator[None]:
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    yield
    path.write_bytes(content)


@contextmanager
def changed_setting(path: Path, change: Callable[[dict[str, Any]], Any]) -> Iterator[None]:
    content = path.read_bytes()
    edit(path, change)
    yield
    path.write_bytes(content)


@contextmanager
def replaced(name: str, value: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(basis, name, value)
        yield


@pytest.mark.whole
def test_a_finished_study_is_not_made_again_and_whatever_changed_makes_it_again(
    finished: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(finished)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(hook, "_imported", float("inf"))  # whatever a developer has just edited
    package = tmp_path / "package"  # somebody may edit the true one while this runs
    package.mkdir()
    (package / "module.py").write_text("as it was")
    monkeypatch.setattr(basis, "PACKAGE", package)
    bootstrap(finished)
    status, told = command("run")
    assert status == 0
    [path] = (finished / "data/08_reporting/phantom").glob(".finished-*.json")
    before = path.read_bytes()

    status, told = command("run")
    assert status == 0
    assert "Nothing changed since " in told, told
    assert "MLflow has this study already" in told
    assert "Collapse is foreseeable" in told
    assert "Report: data/08_reporting/phantom/report.html" in told
    with closing(sqlite3.connect(finished / "mlflow.db")) as store:
        assert store.execute(
            "select count(*) from runs where name like 'phantom __default__'"
        ).fetchone() == (1,)

    def refuse(names: list[str]) -> str:
        raise BadInput(f"made again: {', '.join(names)}")

    results = finished / "data/08_reporting/phantom"
    model = next((finished / "data/06_models/reference").glob("phantom-idefics3-nota-1600/*.safetensors"))
    image = next((finished / "data/02_intermediate/phantom/images").glob("*.png"))
    shard = next((finished / "data/07_model_output/phantom/evidence").rglob("*.parquet"))
    base = finished / "conf/base"
    for change, name in (
        (changed_byte(results / "report.html"), "what it made (report)"),
        (changed_byte(next((results / "figures").iterdir())), "what it made (report_figures)"),
        (changed_byte(shard), "what it made (phantom-idefics3-nota-1600_evidence)"),
        (changed_byte(model), "data/06_models/reference/phantom-idefics3-nota-1600"),
        (changed_setting(base / "parameters.yml", lambda p: p.update(seed=8)), "the parameter seed"),
        (
            changed_setting(base / "parameters_reporting.yml", lambda p: p["report"].update(show_questions=[])),
            "the parameter report",
        ),
        (changed_setting(base / "catalog.yml", lambda p: p["report"].update(fs_args={})), "the catalog's entries"),
        (replaced("_installed", lambda: (("numpy", "0"),)), "the package numpy"),
        (changed_byte(package / "module.py"), "the source of vqa_canary"),
    ):  # fmt: skip
        with change, pytest.MonkeyPatch.context() as patch:
            patch.setattr(record, "told", refuse)  # before anything is made again
            status, told = command("run")
        assert (status, name in told) == (1, True), (name, told)
    drawn = image.read_bytes()
    with changed_byte(image):  # a drawing is drawn again where it is not what it should be
        assert "Nothing changed since " in command("run")[1]
        assert image.read_bytes() == drawn
    assert path.read_bytes() == before  # nothing was made, so the study is finished as it was
    stated = not_none(record.read(path))
    record.write(path, replace(stated, told=None))  # as of a run with tracking switched off
    for repeated in (
        "asking, evaluation and rendering were",
        "asking, evaluation, rendering and tracking were",
    ):
        assert repeated in command("run")[1]
    assert path.read_bytes() == before
