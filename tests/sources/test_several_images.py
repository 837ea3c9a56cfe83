"""Questions that show several images, in whatever way a file writes them."""

from __future__ import annotations

import base64
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.sources.test_image_cells import png

from vqa_canary.rows import Item, Refusal, each_image
from vqa_canary.sources.cells import Refused
from vqa_canary.sources.columns import Columns
from vqa_canary.sources.images import CheckedImage, ImageRefused, image_opener
from vqa_canary.sources.questions import questions
from vqa_canary.sources.record_images import RecordImages, places_in_words
from vqa_canary.sources.registration import SourceError, read_datasets
from vqa_canary.sources.selection import select

SHADES = (1, 2, 1)
ASKED = {"question": "Which organ?", "options": ["Lung", "Liver"], "answer": "A"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for shade in range(1, 5):
        (tmp_path / f"{shade}.png").write_bytes(png(shade))
    (tmp_path / "a;b.png").write_bytes(png(9))
    return tmp_path


def read(folder: Path, *records: dict[str, Any], **options: Any) -> list[Item | Refusal]:
    (folder / "q.jsonl").write_text("\n".join(json.dumps(ASKED | one) for one in records))
    return list(questions(folder, 7, file="q.jsonl", written=folder / "written", **options))


def text(shade: int) -> str:
    return base64.b64encode(png(shade)).decode()


def url(shade: int) -> str:
    return f"data:image/png;base64,{text(shade)}"


PATHS = [f"{shade}.png" for shade in SHADES]
WRITINGS: dict[str, dict[str, Any]] = {
    "list of paths": {"image": PATHS},
    "list as JSON text": {"image": json.dumps(PATHS)},
    "list as Python text": {"image": str(PATHS)},
    "list as numpy prints it": {"image": "['1.png' '2.png' '1.png']"},
    "tuple as text": {"image": str(tuple(PATHS))},
    "numpy array as text": {"image": "array(['1.png', '2.png', '1.png'], dtype=object)"},
    "list of base64 as text": {"image": str([text(shade) for shade in SHADES])},
    "list of data URLs": {"image": [url(shade) for shade in SHADES]},
    "data URLs": {"image": " ; ".join(map(url, SHADES))},
    "data URLs on lines": {"image": "\n".join(map(url, SHADES))},
    "base64 between bars": {"image": "|".join(map(text, SHADES))},
    "mappings": {"image": [{"bytes": text(shade), "path": None} for shade in SHADES]},
    "mappings as text": {"image": json.dumps([{"bytes": None, "path": path} for path in PATHS])},
    "semicolons": {"image": "; ".join(PATHS)},
    "bars": {"image": "|".join(PATHS)},
    "lines": {"image": "\n".join(PATHS)},
    "commas": {"image": ",".join(PATHS)},
    "columns": {"image": PATHS[0], "image_2": PATHS[1], "Image 3": PATHS[2]},
    "columns from 1, one too many": {f"image_{at}": path for at, path in enumerate([*PATHS, ""], 1)},
    "columns from 0": {f"image{at}": path for at, path in enumerate(PATHS)},
    "a column of another name": {"images": PATHS},
    "empty ones among them": {"image": [PATHS[0], "", None, *PATHS[1:], {"bytes": None, "path": None}]},
}


@pytest.mark.parametrize("cells", WRITINGS.values(), ids=WRITINGS)
def test_several_images_in_any_writing(folder: Path, cells: dict[str, Any]) -> None:
    [item] = read(folder, cells)
    assert isinstance(item, Item)
    assert [Path(one.image_path).read_bytes() for one in item.images] == [png(shade) for shade in SHADES]
    for one in each_image(item):
        assert image_opener(Path())(one).getpixel((0, 0)) == (SHADES[item.images.index(one.images[0])],) * 3
    with pytest.raises(ImageRefused, match="shows 3 images, and what asks about it shows one alone"):
        image_opener(Path())(item)


def test_columns_of_their_own_names_and_one_that_is_empty(folder: Path) -> None:
    columns = Columns(image=("frontal", "lateral"))
    both, one, none = read(
        folder,
        {"frontal": "1.png", "lateral": "2.png"},
        {"frontal": "", "lateral": "2.png"},
        {"frontal": "", "lateral": None},
        columns=columns,
    )
    assert isinstance(both, Item)
    assert isinstance(one, Item)
    assert one.images == both.images[1:]
    assert one.more_images is None
    assert isinstance(none, Refusal)
    assert none.reason == "frontal: is empty"


def test_a_file_of_such_a_name_is_one_image(folder: Path) -> None:
    [item] = read(folder, {"image": "a;b.png"})
    assert isinstance(item, Item)
    assert len(item.images) == 1


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (["1.png", "gone.png"], "image 2 of 2: image 'gone.png': there is no such file"),
        ("1.png;../2.png", "image 2 of 2: image '../2.png': the path leaves the dataset's folder"),
        ([text(1), {"width": 3}], "image 2 of 2: image: the mapping has neither `bytes` nor `path`"),
        (["1.png"] * 17, "image: 17 images, and at most 16 are shown with one question"),
        ("[1.png, 2.png]", "image: begins like a list and is none"),
        ("https://a.org/1.png|2.png", "image 1 of 2: image: 'https://a.org/1.png' is an address"),
        (
            [[text(1), text(2)], text(3)],
            "image 1 of 2: image: a list of 2 images where one image is looked for",
        ),
    ],
)
def test_one_unfit_image_refuses_the_record_and_is_named(folder: Path, cell: Any, reason: str) -> None:
    [row] = read(folder, {"image": cell})
    assert isinstance(row, Refusal)
    assert row.reason.startswith(reason)


@pytest.mark.parametrize(
    "names", [("image", "image_1"), ("image", "images"), ("image_1", "image_2", "image2")]
)
def test_columns_whose_order_is_not_known_stop_the_file(folder: Path, names: tuple[str, ...]) -> None:
    cells = dict(zip(names, PATHS, strict=False))
    with pytest.raises(SourceError, match="in one order or another, or the same image twice; say which"):
        read(folder, cells)
    [item] = read(folder, cells, columns=Columns(image=names[0]))
    assert isinstance(item, Item)
    assert item.more_images is None


def shown(*places: int) -> RecordImages:
    return RecordImages((CheckedImage(Path("x"), "0"),) * len(places), places)


@pytest.mark.parametrize(
    ("written", "places", "expected"),
    [
        ("Is <image 1> like <Image_2>?", (1, 2), "Is image 1 like image 2?"),
        ("Is <image 3> new?", (1, 3), "Is image 2 new?"),  # the second cell is empty
        ("<image>\nWhich organ?", (1,), "Which organ?"),
        ("<image><image>\nWhich differs?\n", (1, 2), "Which differs?"),
        ("Before:\n<image>\nAfter:\n<image>", (1, 2), "Before:\nimage 1\nAfter:\nimage 2"),
        ("What does <img> show?", (1,), "What does image 1 show?"),
        ("<image 1><image 2> Which?", (1, 2), "image 1 image 2 Which?"),
        ("Is<image 1>like(<image 2>)?", (1, 2), "Is image 1 like(image 2)?"),
        ("<image 1>Which? [image 2]", (1, 2), "image 1 Which? image 2"),
        ("<ImageHere>\nWhich?", (1,), "Which?"),
        ("[image]\nWhich?", (1,), "Which?"),
        ("<|image_1|>\n<|image_2|>\nWhich?", (1, 2), "image 1\nimage 2\nWhich?"),
        ("<|vision_start|><|image_pad|><|vision_end|>\nWhich?", (1,), "Which?"),
        ("<start_of_image>\nWhich?", (1,), "Which?"),
        ("<img src='a.png'/>\n![view](b.png)\nWhich?", (1, 2), "Which?"),
        ("What is [imaged] in {images}?", (1,), "What is [imaged] in {images}?"),
        ("Is 3 < 4, and <imagery> a word?", (1, 2), "Is 3 < 4, and <imagery> a word?"),
    ],
)
def test_places_of_images_stand_in_words(written: str, places: tuple[int, ...], expected: str) -> None:
    assert places_in_words(written, shown(*places), "question", all_images=True) == expected


def test_places_that_no_image_has_are_refused() -> None:
    with pytest.raises(Refused, match="speaks of `<image 3>`, and the record has 2 images"):
        places_in_words("Is <image 3> new?", shown(1, 2), "question", all_images=True)
    with pytest.raises(Refused, match="`<image>` stands there 2 times, and the record has 3 images"):
        places_in_words("Is <image> like <image>?", shown(1, 2, 3), "question", all_images=True)


def test_options_that_are_images_are_words_and_stay_apart(folder: Path) -> None:
    options = {"question": "Which one is it?", "answer": "<image 2>"}
    good, bad = read(
        folder,
        {"image": PATHS[:2], "options": ["<image 1>", "<image 2>"], **options},
        {"image": PATHS[:2], "options": ["image 2", "<image 2>"], **options},
    )
    assert isinstance(good, Item)
    assert (good.options, good.answer_index) == (("image 1", "image 2"), 1)
    assert isinstance(bad, Refusal)


def test_what_is_right_of_one_of_the_images_is_no_wrong_option(folder: Path) -> None:
    """Distractors are answers about other images: with none in common."""
    answers = ["Liver", "Spleen", "Kidney", "Heart", "Bladder"]
    cells: list[Any] = [["1.png", "2.png"], ["2.png", "3.png"], "3.png", "4.png", "a;b.png"]
    records = [
        {
            "image": cell,
            "question": f"Which organ is this, {at}?",
            "answer": answer,
            "options": None,
            "id": at,
        }
        for at, (cell, answer) in enumerate(zip(cells, answers, strict=True))
    ]
    first, *_ = read(folder, *records)
    assert isinstance(first, Item)
    assert set(first.options) == {"Liver", "Kidney", "Heart", "Bladder"}


def test_an_image_is_in_one_split_whichever_place_it_has(folder: Path) -> None:
    first, refused, apart = read(
        folder,
        {"image": ["1.png", "2.png"], "split": "test"},
        {"image": ["3.png", "2.png"], "split": "train"},
        {"image": ["3.png", "4.png"], "split": "train"},
    )
    assert isinstance(first, Item)
    assert isinstance(refused, Refusal)
    assert refused.reason.startswith("image: the same image also belongs to split 'test'")
    assert isinstance(apart, Item)  # what was refused binds no image


def test_order_of_images_makes_another_question_and_selection_counts_them_as_one(folder: Path) -> None:
    items = [
        one for one in read(folder, {"image": PATHS[:2]}, {"image": PATHS[1::-1]}) if isinstance(one, Item)
    ]
    assert len({one.item_id for one in items}) == 2
    assert len(select(items, "test", 1, 7)) == 1
    assert len(select(items, "test", 2, 7)) == 2


def test_paths_of_all_images_start_at_the_project(folder: Path) -> None:
    with (folder / "q.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([["image", "question", "answer"], ["1.png;2.png", "Big?", "yes"]])
    [item], _ = read_datasets({"questions": {"folder": folder.name, "file": "q.csv"}}, 7, folder.parent)
    assert [one.image_path for one in item.images] == [f"{folder.name}/1.png", f"{folder.name}/2.png"]
