"""Images that stand in the cells of any file, and files as the Hugging Face hub stores them."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.cells import Refused
from vqa_canary.sources.image_cells import decoded_base64, image_in, image_members
from vqa_canary.sources.questions import questions
from vqa_canary.sources.registration import SourceError, read_datasets
from vqa_canary.tabular import TableError

Pictures = Callable[..., Path]


def png(shade: int, size: tuple[int, int] = (8, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, "PNG")
    return buffer.getvalue()


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def padded(shade: int) -> str:
    """Base64 that ends in `=`."""
    data = png(shade)
    return text_of(data + bytes(1 if len(data) % 3 == 0 else 0))


def no_file(text: str) -> bool:
    return False


def read(folder: Path, file: str, **options: Any) -> list[Item | Refusal]:
    return list(questions(folder, 7, file=file, written=folder / "written", **options))


WRITINGS: dict[str, Callable[[bytes], Any]] = {
    "base64": text_of,
    "base64 in lines": lambda data: base64.encodebytes(data).decode(),
    "base64 of the URL's alphabet": lambda data: base64.urlsafe_b64encode(data).decode().rstrip("="),
    "data URL": lambda data: f"data:image/png;base64,{text_of(data)}",
    "data URL in capitals": lambda data: f"DATA:image/PNG;BASE64,{text_of(data)}",
    "percent data URL": lambda data: "data:image/png," + "".join(f"%{one:02X}" for one in data),
    "a list of one": lambda data: [text_of(data)],
    "a list of one as text": lambda data: f"['{text_of(data)}']",
    "bytes": bytes,
    "bytes and path": lambda data: {"bytes": data, "path": "x.png"},
    "base64 and path": lambda data: {"bytes": text_of(data), "path": None},
    "an address that is the data": lambda data: {"url": f"data:image/png;base64,{text_of(data)}"},
}


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
def test_an_image_in_any_writing(write: Callable[[bytes], Any]) -> None:
    assert [image_in(one, "image") for one in image_members(write(png(3)), "image", no_file)] == [png(3)]


@pytest.mark.parametrize(
    "cell", ["images/0.png", ["images/0.png"], "['images/0.png']", {"bytes": None, "path": "images/0.png"}]
)
def test_a_path_in_any_writing(cell: Any) -> None:
    assert [image_in(one, "image") for one in image_members(cell, "image", no_file)] == ["images/0.png"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('["R\\u00f6ntgen.png"]', ["Röntgen.png"]),
        ('["images\\/0.png", "images\\/1.png"]', ["images/0.png", "images/1.png"]),
        ('["images\\\\0.png"]', ["images\\0.png"]),
        ("['images\\new.png']", ["images\\new.png"]),
        ("{'bytes': None, 'path': 'images/0.png'}", ["images/0.png"]),
        ('{"path": "images/0.png"}', ["images/0.png"]),
        ("[{'bytes': None, 'path': '0.png'}, {'bytes': None, 'path': '1.png'}]", ["0.png", "1.png"]),
    ],
)
def test_a_list_of_paths_as_programs_write_it(cell: str, expected: list[str]) -> None:
    """JSON escapes letters beyond ASCII, and some programs slashes; pandas writes the hub's mapping as Python does."""
    assert [image_in(one, "image") for one in image_members(cell, "image", no_file)] == expected


@pytest.mark.parametrize("write", [json.dumps, lambda texts: json.dumps(texts).replace("/", "\\/")])
def test_base64_in_a_list_of_json(write: Callable[[list[str]], str]) -> None:
    data = [b"\xff" * 90, b"\x89PNG" * 30]
    cell = write([base64.b64encode(one).decode() for one in data])
    assert [image_in(one, "image") for one in image_members(cell, "image", no_file)] == data


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("https://example.org/x.png", "is an address, and nothing is fetched"),
        ("s3://bucket/x.png", "is an address"),
        ("data:image/png;base64", "a data URL without data"),
        ("x" * 65, "is not base64"),
        ("x." * 5000, "is not base64"),
        (padded(1) + padded(2), "several images one after the other; write them as a list"),
        ({"width": 3}, "neither `bytes` nor `path`"),
        (b"", "is empty"),
        (None, "is empty"),
        ("nan", "is empty"),
        (3.5, ""),
    ],
)
def test_what_is_no_image_is_refused(cell: Any, message: str) -> None:
    if cell == 3.5:
        assert image_in(cell, "image") == "3.5"  # a path that no file has
        return
    with pytest.raises(Refused) as error:
        image_in(cell, "image")
    assert message in str(error.value)
    assert len(str(error.value)) < 300


@given(st.lists(st.binary(min_size=1, max_size=40).map(lambda data: b"." + data), min_size=1, max_size=4))
def test_base64_in_pieces_is_put_together(pieces: list[bytes]) -> None:
    text = "".join(map(text_of, pieces))
    whole = b"".join(pieces)
    if len({text_of(piece) for piece in pieces}) > 1 and all(len(piece) % 3 for piece in pieces):
        assert decoded_base64(text, "image") == whole


def test_one_image_written_twice_is_one() -> None:
    assert decoded_base64(padded(1) * 2, "image") == base64.b64decode(padded(1))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "parquet"])
def test_every_format_holds_images_larger_than_other_cells(tmp_path: Path, suffix: str) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((1100, 1000), 90).save(buffer, "PNG")
    assert len(buffer.getvalue()) > 2**20
    row = {"image": text_of(buffer.getvalue()), "question": "Big?", "answer": "yes"}
    path = tmp_path / f"q.{suffix}"
    if suffix == "parquet":
        pq.write_table(
            pa.Table.from_pylist([row | {"image": {"bytes": buffer.getvalue(), "path": "0.png"}}]), path
        )
    elif suffix == "jsonl":
        path.write_text(json.dumps(row))
    elif suffix == "json":
        path.write_text(json.dumps([row]))
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter="," if suffix == "csv" else "\t")
            writer.writerows([list(row), list(row.values())])
    [item] = read(tmp_path, path.name)
    assert isinstance(item, Item)
    assert Path(item.image_path).read_bytes() == buffer.getvalue()
    assert Path(item.image_path).parent == tmp_path / "written"


def test_another_large_cell_refuses_its_record_alone(pictures: Pictures) -> None:
    folder = pictures(2)
    long = "x" * 1_100_000
    (folder / "q.csv").write_text(f"image,question,answer\n0.png,{long},yes\n1.png,Big?,yes\n")
    refused, item = read(folder, "q.csv")
    assert isinstance(refused, Refusal)
    assert refused.reason == "question: is larger than 1048576 characters"
    assert isinstance(item, Item)


@pytest.mark.parametrize("write", [str, lambda text: [text, text], lambda text: f"['{text}', '{text}']"])
def test_what_is_kept_of_a_refused_record_holds_no_image(tmp_path: Path, write: Callable[[str], Any]) -> None:
    cell = write(text_of(png(1, (64, 64)) * 9))
    (tmp_path / "q.jsonl").write_text(json.dumps({"image": cell, "question": "", "answer": "yes"}))
    [refused] = read(tmp_path, "q.jsonl")
    assert isinstance(refused, Refusal)
    kept = refused.row["image"]
    for text, long in zip(kept, cell, strict=True) if isinstance(cell, list) else [(kept, cell)]:
        assert text == f"<base64 of {len(long)} characters>"


def shard(path: Path, shades: range, **columns: Any) -> None:
    rows = [
        {
            "image": {"bytes": png(shade), "path": f"{shade}.png"},
            "question": "Which organ?",
            "options": ["Lung", "Liver"],
            "answer": 1,
        }
        for shade in shades
    ]
    table = pa.Table.from_pylist(rows)
    for name, cells in columns.items():
        table = table.append_column(name, [cells])
    labels = {"info": {"features": {"answer": {"names": ["Lung", "Liver"], "_type": "ClassLabel"}}}}
    path.parent.mkdir(exist_ok=True, parents=True)
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(labels)}), path)


def test_shards_of_the_hub_are_one_table_and_class_labels_have_their_names(tmp_path: Path) -> None:
    for at in range(2):
        shard(tmp_path / f"data/test-0000{at}-of-00002.parquet", range(2 * at, 2 * at + 2))
    shard(tmp_path / "data/train-00000-of-00001.parquet", range(9, 11))
    rows = read(tmp_path, "data/test-*.parquet")
    assert [row.source_id for row in rows if isinstance(row, Item)] == [
        f"test-0000{at}-of-00002.parquet:{row}" for at in range(2) for row in (1, 2)
    ]
    assert {row.answer_index for row in rows if isinstance(row, Item)} == {1}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("data/val-*.parquet", "fits no file"),
        ("../*.parquet", "leaves the folder"),
        ("**/x.parquet", "have the name 'x.parquet'"),
        ("data/*.parquet", "its columns differ"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_told(tmp_path: Path, pattern: str, message: str) -> None:
    shard(tmp_path / "data/a.parquet", range(1))
    shard(tmp_path / "data/x.parquet", range(1, 2), site=["north"])
    shard(tmp_path / "other/x.parquet", range(2, 3))
    with pytest.raises((TableError, SourceError), match=message.replace("(", r"\(")):
        read(tmp_path, pattern)


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_an_image_folder_of_the_hub(pictures: Pictures, name: str) -> None:
    folder = pictures(0)
    pictures(1, "data/test")
    row = {"file_name": "0.png", "question": "Big?", "answer": "yes"}
    text = json.dumps(row) if name.endswith("l") else "\n".join((",".join(row), ",".join(row.values())))
    (folder / "test" / name).write_text(text)
    [item] = read(folder, f"test/{name}")
    assert isinstance(item, Item)
    assert item.image_path == (folder / "test/0.png").as_posix()


def test_images_go_below_the_project_where_nothing_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(
        json.dumps({"image": text_of(png(1)), "question": "Big?", "answer": "yes"})
    )
    [item], _ = read_datasets({"questions": {"folder": ".", "file": "q.jsonl"}}, 7, tmp_path)
    assert item.image_path == f"data/02_intermediate/images/{item.image_id}.png"
    assert (tmp_path / item.image_path).is_file()
