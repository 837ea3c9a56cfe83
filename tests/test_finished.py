"""A finished study is not made again, and is never taken for finished where anything that it rests on has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node
from tests.conftest import bootstrap, command, edit

from vqa_canary.datasets.sealed import WholeJSON
from vqa_canary.errors import BadInput
from vqa_canary.finished import basis, hook, places, record

Undo = Callable[[], object]


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
    assert list(hook._reads_otherwise(reads, catalog)) == []
    assert list(hook._reads_otherwise(later, catalog)) == []  # it reads a table, which is compared as it is
    file.write_text("as it is now")
    assert list(hook._reads_otherwise(reads, catalog)) == ["what the datasets hold (items)"]


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
    assert "Nothing changed since " in command("run")[1]
