"""What every registered source promises; a new one is tested the moment it exists, whichever package it is of."""

from __future__ import annotations

import base64
import errno
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vqa_canary.errors import BadInput
from vqa_canary.rows import Attribute, Item, Refusal, content_id
from vqa_canary.sources.registration import SOURCES, SourceError, read_datasets, source
from vqa_canary.sources.rows import misfit
from vqa_canary.testing import check_source, made_up

Make = Callable[..., Path]

REFUSAL: Any = Refusal
ATTRIBUTE: Any = Attribute
CHANGED: Any = replace
"""These take fields of any type."""


@pytest.fixture
def example(pictures: Make, slake_folder: Make, record: Callable[..., Any]) -> Callable[[str], Any]:
    """A small dataset of one of our own sources, and its options; None for that of another package."""

    def of(name: str) -> tuple[Path, dict[str, Any]] | None:
        folder = pictures()
        cells = [[f"{n}.png", f"Which organ in {n}?", "Liver", "Lung", "Heart", "B"] for n in range(4)]
        if name == "questions":
            lines = ["image,question,A,B,C,answer", *map(",".join, cells)]
            (folder / "q.csv").write_text("\n".join(lines))
            return folder, {"file": "q.csv", "columns": {"options": ["A", "B", "C"]}}
        if name in ("vlmevalkit", "gmai_mmbench"):
            coded = [base64.b64encode((folder / row[0]).read_bytes()).decode() for row in cells]
            more = ["DD", "CTA"]  # which files of other benchmarks need not have
            rows = [
                [str(n), code, *row[1:], *more]
                for n, (row, code) in enumerate(zip(cells, coded, strict=True))
            ]
            columns = ["index", "image", "question", "A", "B", "C", "answer", "clinical VQA task", "modality"]
            lines = ["\t".join(columns), *map("\t".join, rows)]
            (folder / "set.tsv").write_text("\n".join(lines))
            return folder, {"file": "set.tsv", "images": "images"}
        if name == "slake":
            return slake_folder([record(50), record(51, answer=None)]), {"splits": ["test"]}
        if name == "hugging_face":
            return saved(folder), {"images": "images"}
        return (folder / "drawn", {"n_images": 3}) if name == "phantom" else None

    return of


def saved(folder: Path) -> Path:
    """A dataset as the library saves it."""
    import datasets

    columns = {
        "image": [{"bytes": (folder / f"{n}.png").read_bytes(), "path": None} for n in range(4)],
        "question": [f"Which organ in {n}?" for n in range(4)],
        "options": [["Liver", "Lung", "Heart"]] * 4,
        "answer": [n % 3 for n in range(4)],
    }
    features = datasets.Features(
        image=datasets.Image(),
        question=datasets.Value("string"),
        options=datasets.List(datasets.Value("string")),
        answer=datasets.ClassLabel(names=["Liver", "Lung", "Heart"]),
    )
    datasets.Dataset.from_dict(columns, features=features).save_to_disk(str(folder / "saved"))
    return folder / "saved"


@pytest.mark.parametrize("name", SOURCES)
def test_contract(name: str, example: Callable[[str], Any]) -> None:
    found = example(name)
    if found is None:
        check_source(name)
    else:
        check_source(name, found[0], **found[1])


def item(folder: Path, **changes: Any) -> Item:
    """About the first of the pictures."""
    made = made_up.items(1)[0]
    data, digest = made_up.png(0)
    (folder / "0.png").write_bytes(data)
    image = {"image_path": str(folder / "0.png"), "image_sha256": digest, "image_id": digest[:16]}
    return replace(made, **{**image, **changes})


Rows = Iterator[Item | Refusal]


def careless(folder: Path, seed: int) -> Rows:
    """Trusts its file."""
    for line in (folder / "notes.jsonl").read_text(encoding="utf-8").splitlines():
        yield item(folder, question=json.loads(line)["question"])


def untyped(folder: Path, seed: int) -> Rows:
    """Numbers in place of texts."""
    yield item(folder, options=("1", 2))


def twice(folder: Path, seed: int) -> Rows:
    """One item as two."""
    yield item(folder)
    yield item(folder)


def outside(folder: Path, seed: int) -> Rows:
    """Counts from one."""
    yield item(folder, options=("a", "b"), answer_index=2)


def unhashed(folder: Path, seed: int) -> Rows:
    """Another image than it says."""
    yield item(folder, image_sha256="0" * 64, image_id="0" * 16)


def restless(folder: Path, seed: int) -> Rows:
    """Another item each time."""
    yield item(folder, item_id=content_id(id(object()), len(list(folder.iterdir()))))
    (folder / str(len(list(folder.iterdir())))).touch()


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], str]:
    """Registers a source for the time of a test."""
    list(SOURCES)

    def register(function: Any) -> str:
        monkeypatch.setattr(SOURCES, "_members", dict(SOURCES._members))
        return str(source(function).__name__)

    return register


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (careless, "where notes.jsonl is cut in half, it raises"),
        (untyped, "an Item whose options is of type tuple, not texts in a tuple"),
        (twice, "names two rows"),
        (outside, "answer_index 2 is outside the 2 options"),
        (unhashed, "image_matches_hash"),
        (restless, "reads other rows, or another order"),
    ],
)
def test_a_source_that_breaks_a_promise_fails_the_check(
    function: Any, told: str, tmp_path: Path, registered: Callable[[Any], str]
) -> None:
    (tmp_path / "notes.jsonl").write_text('{"question": "Which organ is it?"}\n')
    with pytest.raises(AssertionError, match=told):
        check_source(registered(function), tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"question": "Has Jane', "JSONDecodeError at line 1, column 14 of a JSON text, raised from"),
        (b"\xff\xfe Jane", "UnicodeDecodeError at byte 0 of a text that is no utf-8"),
        (b'{"Jane": 1}', "KeyError, raised from"),
        (None, "FileNotFoundError (No such file or directory: "),
    ],
)
def test_a_source_that_breaks_in_a_run_is_told_with_dataset_place_file_and_remedy(
    content: bytes | None, told: str, tmp_path: Path, registered: Callable[[Any], str]
) -> None:
    """And with nothing of what the file says."""
    path = tmp_path / "notes.jsonl"
    if content is not None:
        path.write_bytes(b'{"question": "What?"}\n' + content if content.startswith(b"{") else content)
    with pytest.raises(SourceError) as raised:
        read_datasets({"ward": {"source": registered(careless), "folder": str(tmp_path)}}, 7, tmp_path)
    message = str(raised.value)
    assert message.startswith("parameters: datasets.ward.folder: source 'careless' (defined in ")
    assert "test_source_contract.py:" in message
    far = (
        "after 1 record, the last of them 'made-up record 0',"
        if content and content[:1] == b"{"
        else "before its"
    )
    assert far in message
    assert told in message
    assert "yield a Refusal" in message
    assert "Jane" not in message


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EACCES, errno.ENAMETOOLONG, errno.ENOSPC])
@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("scan 3.png | Has Jane Doe, 1950, a mass? | *yes; no", False),
        ("Jane Doe/scan.png", False),
        ("Jane", False),
        ("scans/lost_03.png", True),
    ],
)
def test_a_line_that_a_source_takes_for_a_path_is_not_quoted(
    name: str, quoted: bool, code: int, tmp_path: Path, registered: Callable[[Any], str]
) -> None:
    def believing(folder: Path, seed: int) -> Rows:
        """Opens whatever stands in a line."""
        if name:
            raise OSError(code, os.strerror(code), str(folder / name))
        yield item(folder)

    settings = {"ward": {"source": registered(believing), "folder": str(tmp_path)}}
    environmental = code != errno.ENOENT and quoted
    with pytest.raises(OSError if environmental else SourceError) as raised:
        read_datasets(settings, 7, tmp_path)
    if not environmental:
        told = str(raised.value)
        assert told.startswith("parameters: datasets.ward.folder: source 'believing' (defined in ")
        assert os.strerror(code) in told
        assert ("lost_03" in told) is quoted
        assert "Jane" not in told


def test_a_row_that_is_none_is_told_with_the_record_before(
    tmp_path: Path, registered: Callable[[Any], str]
) -> None:
    settings = {"ward": {"source": registered(untyped), "folder": str(tmp_path)}}
    with pytest.raises(
        BadInput, match=r"untyped.*gives an Item whose options .*before its first record\. Mend"
    ):
        read_datasets(settings, 7, tmp_path)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (made_up.items(1)[0].question, "str where it must yield an Item or a Refusal"),
        (CHANGED(made_up.items(1)[0], attributes=(ATTRIBUTE("site", 3),)), "an Item whose attributes is of"),
        (CHANGED(made_up.items(1)[0], more_images=({"image_id": "a"},)), "not ShownImages in a tuple"),
        (CHANGED(made_up.items(1)[0], answer_index=2**64), "answer_index is of type int, not a whole number"),
        (REFUSAL("sources", "line 1", None), "a Refusal whose reason is of type NoneType, not text"),
        (REFUSAL("sources", 1, "why"), "a Refusal whose key is of type int, not text"),
        (REFUSAL("sources", "line 1", "why", {"a": 1, 2: "b"}), "row cannot be written as a JSON object"),
        (REFUSAL("sources", "line 1", "why", "Which organ?"), "row cannot be written as a JSON object"),
    ],
)
def test_rows_of_wrong_types_are_told_with_the_field_and_quote_nothing(row: Any, told: str) -> None:
    wrong = misfit(row)
    assert wrong is not None
    assert told in wrong
    assert "organ" not in wrong
    assert misfit(made_up.items(1)[0]) is misfit(Refusal("sources", "line 1", "why", {"a": Path()})) is None
