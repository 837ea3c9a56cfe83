"""Nothing half-written is ever read as whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import pytest

from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.model_folder import ModelFolder
from vqa_canary.datasets.sealed import SealedTable, WholeJSON, WholeText
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.frames import frame
from vqa_canary.planned_shard import PlannedShard
from vqa_canary.rows import Evidence, Refusal


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_writer_that_dies_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a" / "file.txt"
    fs = fsspec.filesystem("file")
    with whole_file(fs, str(target), "w") as file:
        file.write("old")
    with pytest.raises(KeyboardInterrupt), whole_file(fs, str(target), "w") as file:
        file.write("half")
        file.flush()
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert names(target.parent) == ["file.txt"]


def test_datasets_write_through_a_temporary_name(tmp_path: Path) -> None:
    text = WholeText(filepath=str(tmp_path / "x" / "t.html"))
    text.save("hello")
    document = WholeJSON(filepath=str(tmp_path / "c.json"))
    document.save({"a": [1]})
    assert (text.load(), document.load()) == ("hello", {"a": [1]})
    with pytest.raises(Exception, match="not JSON serializable"):
        document.save({"a": object()})
    assert document.load() == {"a": [1]}


def test_a_table_keeps_its_schema_and_its_bytes(tmp_path: Path) -> None:
    rows = frame([Refusal("sources", "a.json:1", "no answer", {"x": None})], "quarantine")
    table = SealedTable(table="quarantine", filepath=str(tmp_path / "q.parquet"))
    table.save(rows)
    first = (tmp_path / "q.parquet").read_bytes()
    table.save(table.load())
    assert (tmp_path / "q.parquet").read_bytes() == first
    with pytest.raises(Exception, match="reason"):
        table.save(rows.drop(columns="reason"))
    assert (tmp_path / "q.parquet").read_bytes() == first


def planned(key: str, compute: Callable[[], Any] | None = None) -> PlannedShard:
    """A shard of one instance that bears the shard's own name."""
    made = compute or (lambda: frame([Evidence("m", key)], "evidence"))
    return PlannedShard(lambda *_: made(), (key,), {"model": "m", "fingerprint": "f"})


def test_evidence_resumes_at_the_first_missing_shard(tmp_path: Path) -> None:
    made: list[str] = []

    def make(key: str) -> Any:
        if key == "c" and "c" not in made:
            made.append(key)
            raise KeyboardInterrupt
        made.append(key)
        return frame([Evidence("m", key)], "evidence")

    def plan(*keys: str) -> dict[str, PlannedShard]:
        return {key: planned(key, partial(make, key)) for key in keys}

    dataset = EvidenceShards(str(tmp_path / "m"))
    with pytest.raises(KeyboardInterrupt):
        dataset.save(plan("a", "b", "c", "d"))
    assert not dataset.exists()
    with pytest.raises(Exception, match="did not finish"):
        dataset.load()
    dataset.save(plan("a", "b", "c", "d"))
    assert made == ["a", "b", "c", "c", "d"]
    assert list(dataset.load()["instance_id"]) == ["a", "b", "c", "d"]
    dataset.save(plan("a", "b", "c", "d"))
    assert made == ["a", "b", "c", "c", "d"]


def test_evidence_of_another_configuration_is_kept_but_not_read(tmp_path: Path) -> None:
    dataset = EvidenceShards(str(tmp_path / "m"))
    dataset.save({"a": planned("a")})
    dataset.save({"b": planned("b")})
    assert list(dataset.load()["instance_id"]) == ["b"]
    dataset.save({"a": planned("a", lambda: pytest.fail("computed again"))})
    assert list(dataset.load()["instance_id"]) == ["a"]


def test_an_interrupted_change_of_configuration_does_not_pass_for_whole(tmp_path: Path) -> None:
    dataset = EvidenceShards(str(tmp_path / "m"))
    dataset.save({"a": planned("a")})

    def interrupt() -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.save({"b": planned("b", interrupt)})
    assert not dataset.exists()


def test_a_model_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    dataset = ModelFolder(str(tmp_path / "models" / "m"))

    def write(folder: Path, name: str, die: bool = False) -> None:
        (folder / name).write_text(name)
        if die:
            raise KeyboardInterrupt

    dataset.save(lambda folder: write(folder, "old"))
    with pytest.raises(KeyboardInterrupt):
        dataset.save(lambda folder: write(folder, "half", die=True))
    assert names(dataset.load()) == ["old"]
    dataset.save(lambda folder: write(folder, "new"))
    assert names(dataset.load()) == ["new"]
    assert names(tmp_path / "models") == ["m"]
