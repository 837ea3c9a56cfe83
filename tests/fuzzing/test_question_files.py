"""Whatever a question file holds: each record is an item or a refusal, or one message names the file."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st
from tests.fuzzing.contents import (
    BASE64,
    as_csv,
    as_json,
    as_jsonl,
    as_parquet,
    parquet_columns,
    picture,
    records,
    spoilings,
    spoilt,
)  # fmt: skip
from tests.fuzzing.running import outcomes, refused, sizes

from vqa_canary.contracts.options import answer_inside_options, options_are_texts, options_distinct
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.questions import questions
from vqa_canary.sources.slake import slake
from vqa_canary.sources.vlmevalkit import vlmevalkit

Read = Callable[[str], Iterator[Item | Refusal]]

WRITERS: dict[str, Callable[[Any], bytes]] = {
    "csv": as_csv,
    "tsv": lambda rows: as_csv(rows, "\t"),
    "jsonl": as_jsonl,
    "json": as_json,
    "parquet": lambda rows: as_parquet({name: [row[name] for row in rows] for name in rows[0]}),
}
SOUND = [
    {
        "id": str(n),
        "image": f"{n}.png",
        "question": f"Which {n}?",
        "options": "Liver|Lung|Heart",
        "answer": "B",
    }
    for n in range(3)
]
SOUND_TSV = [
    {"index": str(n), "image": BASE64[n], "question": f"Which {n}?", "A": "Liver", "B": "Lung", "answer": "B"}
    for n in range(3)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images, and what else may stand under the name of one: a pipe, circles and ways out, no image."""
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    for shade in range(3):
        (folder / f"{shade}.png").write_bytes(picture(shade=shade))
    (folder / "sub/0.png").write_bytes(picture(shade=9))
    (folder / "text.png").write_text("no image")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    (folder / "out.png").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")
    return folder


def n_records(name: str, data: bytes) -> int:
    """How many records a file has, as another reader counts them."""
    if name.endswith(".parquet"):
        return int(pq.read_metadata(io.BytesIO(data)).num_rows)
    if name.endswith(".json"):
        return len(json.loads(data.decode("utf-8-sig")))
    if name.endswith(".jsonl"):
        return sum(bool(line.strip()) for line in data.split(b"\n"))
    text = io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline="")
    return sum(bool(row) for row in csv.reader(text, delimiter="\t" if name.endswith(".tsv") else ",")) - 1


def check(folder: Path, name: str, data: bytes, read: Read) -> str:
    """Read a file with these bytes, and hold what comes of it against what may."""
    (folder / name).write_bytes(data)
    try:
        rows = list(read(name))
    except BadInput as error:
        return refused(error, str(folder / name))
    assert len(rows) == n_records(name, data), "a record was lost"
    items = [row for row in rows if isinstance(row, Item)]
    for item in items:
        assert options_distinct(item.options)
        assert options_are_texts(item.options)
        assert answer_inside_options(item.answer_index, item.options)
    refusals = [row for row in rows if isinstance(row, Refusal)]
    assert len(frame(items, "items")) + len(frame(refusals, "quarantine")) == len(rows)
    assert all(len(row) < 20_000 for row in frame(refusals, "quarantine")["row"])
    return "some items" if items else "no item"


def of_questions(folder: Path) -> Read:
    return lambda name: questions(folder, 7, file=name)


def of_vlmevalkit(folder: Path) -> Read:
    return lambda name: vlmevalkit(folder, 7, file=name, images=folder / "made")


@sizes(12, 600)
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json"])
def test_odd_cells(folder: Path, suffix: str, n: int) -> None:
    def run(rows: list[dict[str, Any]]) -> str:
        return check(folder, f"q.{suffix}", WRITERS[suffix](rows), of_questions(folder))

    found = outcomes(n, st.lists(records(), min_size=1, max_size=4), run)
    assert found.keys() >= {"some items", "no item"}


@sizes(12, 600)
def test_odd_columns_of_parquet(folder: Path, n: int) -> None:
    def run(columns: dict[str, Any]) -> str:
        return check(folder, "q.parquet", as_parquet(columns), of_questions(folder))

    found = outcomes(n, parquet_columns, run)
    assert found.keys() >= {"some items", "no item"}


@sizes(12, 500)
@pytest.mark.parametrize("suffix", ["tsv", "jsonl"])
def test_odd_cells_of_vlmevalkit(folder: Path, suffix: str, n: int) -> None:
    needed = ("index", "base64", "question", "A", "B", "answer")

    def run(rows: list[dict[str, Any]]) -> str:
        named = [{"image": row.pop("base64"), **row} for row in map(dict, rows)]
        return check(folder, f"v.{suffix}", WRITERS[suffix](named), of_vlmevalkit(folder))

    found = outcomes(n, st.lists(records(needed), min_size=1, max_size=4), run)
    assert found.keys() >= {"some items", "no item"}


@sizes(12, 400)
@pytest.mark.parametrize("suffix", list(WRITERS))
def test_spoilt_bytes(folder: Path, suffix: str, n: int) -> None:
    sound = WRITERS[suffix](SOUND)
    assert check(folder, f"q.{suffix}", sound, of_questions(folder)) == "some items"
    found = outcomes(
        n,
        spoilings,
        lambda steps: check(folder, f"q.{suffix}", spoilt(sound, steps), of_questions(folder)),
    )
    assert found.keys() >= {"some items", "refused whole"}


@sizes(12, 400)
def test_spoilt_bytes_of_vlmevalkit(folder: Path, n: int) -> None:
    sound = as_csv(SOUND_TSV, "\t")
    assert check(folder, "v.tsv", sound, of_vlmevalkit(folder)) == "some items"
    found = outcomes(
        n, spoilings, lambda steps: check(folder, "v.tsv", spoilt(sound, steps), of_vlmevalkit(folder))
    )
    assert found.keys() >= {"some items", "refused whole"}


@sizes(12, 400)
def test_odd_cells_of_slake(folder: Path, n: int) -> None:
    needed = ("qid", "img_name", "question", "answer", "answer_type", "content_type", "q_lang")
    sound = records(needed, question=("Is it big?", "Is it a CT or an MRI?"), answer=("yes", "CT"))
    (folder / "imgs").symlink_to(folder)
    for split in ("train", "validate"):
        (folder / f"{split}.json").write_text("[]")

    def run(rows: list[dict[str, Any]]) -> str:
        told = [
            row | ({"q_lang": "en"} if isinstance(row["q_lang"], str) and row["q_lang"] else {})
            for row in rows
        ]  # records in another language are none of this source
        return check(folder, "test.json", as_json(told), lambda _: slake(folder, 7))

    found = outcomes(n, st.lists(sound, min_size=1, max_size=4), run)
    assert found.keys() >= {"some items", "no item"}
