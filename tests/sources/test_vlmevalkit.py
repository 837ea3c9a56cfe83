from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vqa_canary.rows import Item, Refusal
from vqa_canary.sources import images as images_module
from vqa_canary.sources.columns import Columns
from vqa_canary.sources.images import read_image
from vqa_canary.sources.registration import SourceError, read_datasets
from vqa_canary.sources.vlmevalkit import LONGEST_INDEX, vlmevalkit


def picture(shade: int, kind: str = "PNG", size: tuple[int, int] = (8, 8)) -> str:
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def record(index: Any, **changes: Any) -> dict[str, Any]:
    cells = {"index": index, "image": picture(int(index)), "question": f"Which organ in {index}?", "hint": ""}
    return {
        **cells,
        "A": "Liver",
        "B": "Lung",
        "C": "",
        "D": "Heart",
        "answer": "D",
        "category": "organ",
        **changes,
    }


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Item | Refusal]]:
    """What is read from a TSV of these records."""

    def make(*records: Mapping[str, Any], **options: Any) -> list[Item | Refusal]:
        with (tmp_path / "set.tsv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(
                file, dict.fromkeys(name for one in records for name in one), delimiter="\t"
            )
            writer.writeheader()
            writer.writerows(records)
        options = {"file": "set.tsv", "images": tmp_path / "images", **options}
        return list(vlmevalkit(tmp_path, 7, **options))

    return make


Read = Callable[..., list[Item | Refusal]]


def test_a_record_becomes_an_item_and_an_image_file(read: Read, tmp_path: Path) -> None:
    [item] = read(record(3, hint="A woman of 40."))
    assert isinstance(item, Item)
    assert item.item_id == "3"
    assert (item.options, item.answer_index) == (("Liver", "Lung", "Heart"), 2)
    assert item.question == "A woman of 40.\nWhich organ in 3?"
    assert (item.question_type, item.split) == ("organ", "test")
    assert Path(item.image_path).read_bytes() == base64.b64decode(picture(3))
    assert read_image(tmp_path / "images", Path(item.image_path).name).sha256 == item.image_sha256


def test_case_of_column_names_does_not_count(read: Read) -> None:
    plain = record(3, hint="A woman of 40."), record(4, image="3")
    [first, second] = read(*({name.title(): value for name, value in one.items()} for one in plain))
    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert (first.question, first.question_type) == ("A woman of 40.\nWhich organ in 3?", "organ")
    assert first.image_id == second.image_id
    assert first.options == ("Liver", "Lung", "Heart")


def test_an_image_is_shared_by_the_index_of_its_record_before_or_after(read: Read) -> None:
    rows = read(
        record(1, image="2"), record(2), record(3, image="1"), record(4, image="9"), record(5, image="5")
    )
    assert [isinstance(row, Item) for row in rows] == [True, True, True, False, False]
    assert len({row.image_id for row in rows if isinstance(row, Item)}) == 1
    assert [row.reason for row in rows if isinstance(row, Refusal)] == [
        f"image: '{index}' is no base64, and no record of this index has an image; a path stands in a column "
        "`image_path`"
        for index in (9, 5)
    ]


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("", "image: is empty"),
        ("x" * (LONGEST_INDEX + 1), "image: is not base64"),
        (base64.b64encode(b"no image" * 20).decode(), "not an image that can be decoded"),
        (picture(1, size=(64, 64), kind="BMP")[:-400], "not an image that can be decoded"),
        ("[" + "x" * 100 + "]", "image: begins like a list"),
        ("https://example.org/x.png", "is an address, and nothing is fetched"),
    ],
)
def test_an_image_that_cannot_be_used_refuses_its_record_alone(read: Read, image: str, reason: str) -> None:
    refused, item = read(record(1, image=image), record(2))
    assert isinstance(refused, Refusal)
    assert reason in refused.reason
    assert len(str(refused.row)) < 2000
    assert isinstance(item, Item)


def test_images_are_bounded(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images_module, "MAX_BYTES", 2000)
    noise = base64.b64encode(b"\x89PNG" + bytes(3000)).decode()
    large, item = read(record(1, image=noise), record(2))
    assert isinstance(large, Refusal)
    assert "larger than 2000 bytes" in large.reason
    assert isinstance(item, Item)


@pytest.mark.parametrize(
    "image", [f"['{picture(1)}']", f"data:image/png;base64,{picture(1)}", picture(1, "JPEG")]
)
def test_other_writings_of_one_image(read: Read, image: str) -> None:
    [item] = read(record(1, image=image))
    assert isinstance(item, Item)
    assert Path(item.image_path).suffix == (".jpg" if image == picture(1, "JPEG") else ".png")


def test_paths_where_there_is_no_base64(read: Read, tmp_path: Path) -> None:
    Image.new("L", (8, 8), 9).save(tmp_path / "9.png")
    plain = record(1, image_path="9.png")
    del plain["image"]
    outside = {**plain, "index": "2", "image_path": "../9.png"}
    item, refused = read(plain, outside)
    assert isinstance(item, Item)
    assert item.image_path == (tmp_path / "9.png").as_posix()
    assert isinstance(refused, Refusal)
    assert "leaves the dataset's folder" in refused.reason


def test_only_one_image_is_held_at_a_time(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The reader is asked for a record only when the image of the one before it is written."""
    from vqa_canary.tabular import delimited

    lines, seen = delimited._records, []

    def watched(*arguments: Any) -> Any:
        for line, cells in lines(*arguments):
            yield line, cells
            seen.append((line, len(list((tmp_path / "images").glob("*.png")))))

    monkeypatch.setattr(delimited, "_records", watched)
    read(*(record(n) for n in range(1, 5)))
    assert [one for one in seen if one[0] > 1][:4] == [(2, 1), (3, 2), (4, 3), (5, 4)]


def test_category_and_columns_of_ones_own(read: Read) -> None:
    changed = {"l2-category": "anatomy", "correct": "A", "answer": ""}
    [refused] = read(record(1, **changed))
    assert isinstance(refused, Refusal)
    assert refused.reason == "answer: is empty"
    [item] = read(record(1, **changed), columns=Columns(question_type="l2-category", answer="correct"))
    assert isinstance(item, Item)
    assert (item.question_type, item.answer_index) == ("anatomy", 0)


def test_a_name_that_is_given_may_share_the_column_of_a_default(read: Read) -> None:
    [item] = read(record(1), columns=Columns(modality="category"))
    assert isinstance(item, Item)
    assert (item.modality, item.question_type) == ("organ", "organ")


def test_records_without_options_are_yes_or_no(read: Read) -> None:
    blank = dict.fromkeys("ABCD", "")
    [item] = read(record(1, **blank, question="Is it big?", answer="Yes"))
    assert isinstance(item, Item)
    assert set(item.options) == {"Yes", "No"}


def test_an_index_that_stands_twice_or_not_at_all(read: Read) -> None:
    _, twice = read(record(1), record(1, image=picture(2)))
    assert isinstance(twice, Refusal)
    assert twice.reason == "id: '1' is already that of set.tsv:2; give each record an id of its own"
    without = record(1)
    del without["index"]
    with pytest.raises(SourceError, match="no column 'index'"):
        read(without)


def test_images_go_where_the_study_says_from_the_project_on(read: Read, tmp_path: Path) -> None:
    read(record(1))
    settings = {"source": "vlmevalkit", "folder": str(tmp_path), "file": "set.tsv", "images": "made/here"}
    [item], _ = read_datasets({"set": settings}, 7, tmp_path / "project")
    assert item.image_path == f"made/here/{item.image_id}.png"
    assert (tmp_path / "project" / item.image_path).is_file()


def test_a_published_sample_is_read(tmp_path: Path, real_data: Callable[[str], Path]) -> None:
    """WorldMedQA-V as VLMEvalKit writes it, less its images, which a stand-in replaces."""
    text = (real_data("schemas") / "worldmedqa_v_spain_english_gpt4o_output.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    with (tmp_path / "w.tsv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0], "image"], delimiter="\t")
        writer.writeheader()
        writer.writerows({**row, "image": picture(at)} for at, row in enumerate(rows))
    columns = Columns(answer="correct_option")
    items = list(vlmevalkit(tmp_path, 7, file="w.tsv", images=tmp_path / "i", columns=columns))
    assert len(items) == len(rows)
    assert all(isinstance(item, Item) and len(item.options) == 4 for item in items)


def test_an_index_that_is_no_text_refuses_its_record_alone(tmp_path: Path) -> None:
    rows = [record(1), record(2)]
    rows[0]["index"] = [1, 2]
    (tmp_path / "set.jsonl").write_text("\n".join(map(json.dumps, rows)))
    refused, item = vlmevalkit(tmp_path, 7, file="set.jsonl", images=tmp_path / "images")
    assert isinstance(refused, Refusal)
    assert refused.reason.startswith("id: [1, 2]")
    assert isinstance(item, Item)


def test_more_images_than_are_shown_together_are_refused(read: Read) -> None:
    [row] = read(record(1, image="[" + "1," * 10**5 + "1]"))
    assert isinstance(row, Refusal)
    assert row.reason.startswith("image: 100001 images, and at most 16 are shown with one question")


def test_lists_of_base64_and_of_paths_are_several_images(read: Read, tmp_path: Path) -> None:
    """As VLMEvalKit's own files write them, and shared by the index of the record that has them."""
    for shade in (1, 2):
        (tmp_path / f"{shade}.png").write_bytes(base64.b64decode(picture(shade)))
    rows = read(
        record(1, image=str([picture(1), picture(2)])),
        record(2, image="1"),
        record(3, image="", image_path="['1.png', '2.png']"),
        record(4, image="", image_path="['1.png', 'gone.png']"),
    )
    *items, refused = rows
    assert isinstance(refused, Refusal)
    assert refused.reason.startswith("image 2 of 2: image 'gone.png': there is no such file")
    for item in items:
        assert isinstance(item, Item)
        shown = [Path(one.image_path).read_bytes() for one in item.images]
        assert shown == [base64.b64decode(picture(shade)) for shade in (1, 2)]


@pytest.mark.parametrize(
    ("answer", "options", "expected"),
    [
        ("Lung", {}, "Lung"),
        ("b", {}, "Lung"),
        ("\uff24", {}, "Heart"),
        ("(D)", {}, "Heart"),
        ("D. heart", {}, "Heart"),
        ("2", {"answer_is": "index", "index_from": 1}, "Lung"),
        ("2", {"answer_is": "index", "index_from": 0}, None),
        ("2", {}, None),
        ("AD", {}, None),
        ("C", {}, None),
    ],
)
def test_answers_are_letters_or_texts_or_what_is_said(
    read: Read, answer: str, options: dict[str, Any], expected: str | None
) -> None:
    [row] = read(record(1, answer=answer), **options)
    if expected is None:
        assert isinstance(row, Refusal)
        assert row.reason.startswith("answer: ")
    else:
        assert isinstance(row, Item)
        assert row.options[row.answer_index] == expected


def test_a_column_of_missing_values_is_no_option(read: Read) -> None:
    gaps = {"C": "None", "D": "None"}
    for row in read(record(1, answer="A", **gaps), record(2, answer="B", **gaps | {"D": "nan"})):
        assert isinstance(row, Item)
        assert row.options == ("Liver", "Lung")
    first, second = read(record(1, answer="A", C="None"), record(2, answer="B", C="Spleen"))
    assert isinstance(first, Refusal)
    assert "may be an answer, or stand for an option that is missing" in first.reason
    assert isinstance(second, Item)
    assert second.options[2] == "Spleen"
