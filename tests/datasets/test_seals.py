"""What is read is what was written, under its own name and settings; anything else is named, set aside, made again."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.io import DatasetError

from vqa_canary.arrow_file import arrow_file
from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.parquet import read_sealed, write_sealed
from vqa_canary.datasets.sealed import SealedTable, WholeJSON, WholeText
from vqa_canary.frames import frame
from vqa_canary.planned_shard import PlannedShard
from vqa_canary.rows import Evidence, Sample
from vqa_canary.seals import Damaged, Origin, Seal, differences

IDS = tuple(f"{number:016x}" for number in range(6))
SETTINGS = {"model": "m", "fingerprint": "f", "sampling": {"temperature": 1.0}, "seed": 7}


def evidence(model: str = "m", ids: tuple[str, ...] = IDS, shift: float = 0.0) -> pd.DataFrame:
    rows = [
        Evidence(
            model,
            name,
            option_logprobs=(-0.5 - shift - at / 10, -2.0),
            option_mass=0.7,
            greedy_text="A",
            greedy_choice=0,
            samples=(Sample("B", 1, (-0.25,)), Sample("x", None, ())),
        )
        for at, name in enumerate(ids)
    ]
    made = frame(rows, "evidence")
    made.attrs["engine"] = {"dtype": "float32"}
    return made


def plan(made: list[str] | None = None, **settings: Any) -> dict[str, PlannedShard]:
    """Two shards; `made` gets the key of each that is computed."""

    def planned(key: str, ids: tuple[str, ...]) -> PlannedShard:
        def compute(*_: object) -> pd.DataFrame:
            (made if made is not None else []).append(key)
            return evidence(ids=ids)

        return PlannedShard(compute, ids, SETTINGS | settings)

    return {"a": planned("a", IDS[:4]), "b": planned("b", IDS[4:])}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Finished evidence."""
    EvidenceShards(str(tmp_path / "m")).save(plan())
    return tmp_path / "m"


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table], **origin: Any) -> None:
    """Change a shard as somebody would who reads it and writes it again, with a seal of its own."""
    table, seal = read_sealed(fsspec.filesystem("file"), str(path))
    stated = Origin(**(vars(seal.origin) | origin))
    write_sealed(fsspec.filesystem("file"), str(path), change(table), stated)


def take(*rows: int) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.take(list(rows))


def as_model(name: str) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(0, table.schema.field(0), pa.array([name] * len(table)))


def without_seal(path: Path) -> None:
    table = pq.read_table(arrow_file(path.read_bytes()))
    pq.write_table(table.replace_schema_metadata(None), path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (cut, "no whole Parquet file"),
    "empty": (lambda path: path.write_bytes(b""), "no whole Parquet file"),
    "written by another program": (without_seal, "says nothing of what it was made from"),
    "a row removed": (lambda path: rewrite(path, take(0, 1, 2)), "1 of 4 rows are missing"),
    "a row doubled": (lambda path: rewrite(path, take(0, 1, 2, 3, 3)), "doubled or not asked for"),
    "a row in place of another": (lambda path: rewrite(path, take(0, 1, 2, 2)), "1 of 4 rows are missing"),
    "rows of another model": (lambda path: rewrite(path, as_model("other")), "rows of model 'other'"),
    "another model's shard": (
        lambda path: rewrite(path, as_model("other"), settings=SETTINGS | {"model": "other"}),
        'model: "other", now "m"',
    ),
    "another temperature": (
        lambda path: rewrite(path, take(0, 1, 2, 3), settings=SETTINGS | {"sampling": {"temperature": 2.0}}),
        "sampling.temperature: 2.0, now 1.0",
    ),
    "columns missing": (
        lambda path: rewrite(path, lambda table: table.drop_columns(["p_true"])),
        "columns are not those",
    ),
    "another shard's name": (lambda path: shutil.copy(path.with_name("b.parquet"), path), "it is shard 'b'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_shard_that_does_not_answer_to_its_key_is_named_set_aside_and_made_again(
    folder: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = EvidenceShards(str(folder))
    whole = dataset.load()
    spoil, why = FAULTS[fault]
    spoil(folder / "a.parquet")
    spoilt = (folder / "a.parquet").read_bytes()
    with pytest.raises(DatasetError, match=r"a\.parquet cannot be used: .*`kedro run --pipeline inference`"):
        dataset.load()
    made: list[str] = []
    with caplog.at_level(logging.WARNING):
        dataset.save(plan(made))
    assert made == ["a"]
    [message] = [record.getMessage() for record in caplog.records if "is not used" in record.getMessage()]
    assert str(folder / "a.parquet") in message
    assert why in message
    [kept] = (folder / "rejected").iterdir()
    assert kept.read_bytes() == spoilt
    pd.testing.assert_frame_equal(dataset.load(), whole)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text(path.read_text()[:-9]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text(path.read_text().replace('"seed": 7', '"seed": 8')),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text('{"shards": ["a", "b"]}'),
    ],
    ids=["cut", "empty", "changed", "a list", "of an earlier version"],
)
def test_a_spoilt_manifest_is_named_and_made_again_without_asking_anything(
    folder: Path, spoil: Callable[[Path], object]
) -> None:
    dataset = EvidenceShards(str(folder))
    whole = dataset.load()
    spoil(folder / "manifest.json")
    with pytest.raises(DatasetError, match=r"manifest\.json cannot be used"):
        dataset.load()
    made: list[str] = []
    dataset.save(plan(made))
    assert made == []
    pd.testing.assert_frame_equal(dataset.load(), whole)


def test_a_sound_shard_that_the_manifest_does_not_mean_is_not_read(folder: Path) -> None:
    rewrite(folder / "a.parquet", take(3, 2, 1, 0))
    with pytest.raises(DatasetError, match=r"a\.parquet cannot be used: it is not the shard"):
        EvidenceShards(str(folder)).load()


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / "b.parquet").unlink()
    with pytest.raises(DatasetError, match=r"b\.parquet cannot be used: it is not there"):
        EvidenceShards(str(folder)).load()


def test_a_shard_says_what_it_was_made_from(folder: Path) -> None:
    _, seal = read_sealed(fsspec.filesystem("file"), str(folder / "a.parquet"))
    assert seal.origin.settings == SETTINGS
    assert seal.origin.about == {"key": "a", "expected": list(IDS[:4]), "facts": {"dtype": "float32"}}
    assert seal.origin.node == "inference.answer"
    assert seal.origin.code.startswith("vqa-canary ")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [key for key, _ in manifest["origin"]["about"]["shards"]] == ["a", "b"]


def flipped(data: bytes, random: Random) -> bytes:
    at, bit = random.randrange(len(data)), random.randrange(8)
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


@pytest.mark.parametrize("times", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_no_flipped_bit_changes_a_value_that_is_used(folder: Path, times: int) -> None:
    dataset, random = EvidenceShards(str(folder)), Random(7)
    whole, found = dataset.load(), 0
    for path in (folder / "a.parquet", folder / "manifest.json"):
        sound = path.read_bytes()
        for _ in range(times):
            path.write_bytes(flipped(sound, random))
            try:
                read = dataset.load()
            except DatasetError:
                found += 1
            else:  # a bit that Parquet does not read, such as one of its statistics
                pd.testing.assert_frame_equal(read, whole)
                assert read.attrs == whole.attrs
        path.write_bytes(sound)
    assert found > times


@pytest.mark.parametrize("times", [40, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["table", "json", "text"])
def test_no_flipped_bit_of_another_artefact_is_used(tmp_path: Path, kind: str, times: int) -> None:
    path, random = tmp_path / "file", Random(8)
    dataset: Any = {
        "table": lambda **k: SealedTable(table="evidence", **k),
        "json": WholeJSON,
        "text": WholeText,
    }[kind](filepath=str(path))
    content: Any = {"table": evidence(), "json": {"value": 0.25, "items": [1, 2]}, "text": "0.25 <p>"}[kind]
    dataset.save(content)
    whole = dataset.load()
    beside = tmp_path / ".file.seal"
    found = 0
    for one in [path, beside] if beside.exists() else [path]:
        sound = one.read_bytes()
        for _ in range(times):
            one.write_bytes(flipped(sound, random))
            try:
                read = dataset.load()
            except DatasetError:
                found += 1
            else:
                assert repr(read) == repr(whole)
        one.write_bytes(sound)
    assert found > times / 2
    assert repr(dataset.load()) == repr(whole)


def test_a_file_without_its_seal_is_not_read(tmp_path: Path) -> None:
    document = WholeJSON(filepath=str(tmp_path / "claims.json"))
    document.save([1])
    (tmp_path / ".claims.json.seal").unlink()
    with pytest.raises(DatasetError, match=r"claims\.json cannot be used: .*missing"):
        document.load()
    with pytest.raises(FileNotFoundError):
        WholeJSON(filepath=str(tmp_path / "none.json")).stored_seal()


def test_a_seal_is_read_as_it_was_written_and_of_its_own_format_only() -> None:
    seal = Seal("c", Origin("p.n", {"items": "d"}, {"params:seed": 7}, {"key": "k"}, "v"))
    assert Seal.from_json(seal.to_json()) == seal
    with pytest.raises(Damaged, match="format 2"):
        Seal.from_json(seal.to_json().replace('"format": 1', '"format": 2'))
    for text in ("", "[]", "{}", "null", '{"content": "c"}', "[" * 10_000, b"\xff"):
        with pytest.raises(Damaged, match="cannot be read"):
            Seal.from_json(text)


def test_differences_name_the_part_the_old_value_and_the_new_one() -> None:
    before = {"seed": 7, "sampling": {"temperature": 1.0, "n_samples": 3}, "gone": [1]}
    now = {"seed": 7, "sampling": {"temperature": 0.5, "n_samples": 3}, "new": "x" * 80}
    assert differences(before, before) == []
    assert differences(before, now) == [
        "sampling.temperature: 1.0, now 0.5",
        "gone: [1], now not set",
        'new: not set, now "' + "x" * 56 + "...",
    ]
    methods = [
        "margin",
        "p_true",
        "verbalized",
        "semantic_entropy",
        {"energy": {"floor": False, "temperature": 1.0}},
    ]
    other = [*methods[:-1], {"energy": {"temperature": 2.0, "floor": False}}]
    assert differences({"methods": methods}, {"methods": other}) == [
        "methods.energy.temperature: 1.0, now 2.0"
    ]
    assert differences({"methods": methods}, {"methods": methods[1:]}) == ['methods: "margin" is taken out']
    assert differences(methods[1:], methods, "methods") == ['methods: "margin" is new']
    assert differences([1, 2], [2, 1], "seeds") == ["seeds: its entries are in another order"]
    [long] = differences("y" * 90 + "old", "y" * 90 + "new", "prompt")
    assert long == f'prompt: ...{"y" * 20}old", now ...{"y" * 20}new"'
