"""Questions whose right answers nobody knows yet: read, shown as they stand, and never measured."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from vqa_canary.conditions.gallery import Gallery
from vqa_canary.conditions.presentation import show_all
from vqa_canary.conditions.registration import NotApplicable, shown_by
from vqa_canary.frames import frame, to_rows
from vqa_canary.rows import UNLABELLED, Item
from vqa_canary.sources.registration import read_datasets


def questions(folder: Path, *rows: dict[str, str], **options: object) -> tuple[list[Item], list[str]]:
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(folder / "ct.png")
    with (folder / "questions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["id", "image", "question", "A", "B", "C", "answer"])
        writer.writeheader()
        writer.writerows({"image": "ct.png", "question": "Which organ?"} | row for row in rows)
    settings = {"folder": str(folder), "file": "questions.csv", "unlabelled": True} | options
    items, refusals = read_datasets({"questions": settings}, 7, folder)
    return list(items), [refusal.reason for refusal in refusals]


def test_a_question_without_a_label_is_an_item_whose_answer_is_null(tmp_path: Path) -> None:
    [item], reasons = questions(tmp_path / "q", {"id": "q1", "A": "Lung", "B": "Liver", "C": "Heart"})
    assert reasons == []
    assert item.options == ("Lung", "Liver", "Heart")
    assert dataclasses.asdict(item)["answer_index"] is None
    assert item.answer_index is UNLABELLED
    assert not item.nota_valid
    table = frame([item], "items")
    assert table["answer_index"].isna().all()
    assert to_rows(table, Item) == [item]


def test_an_answer_that_stands_in_the_file_is_not_read(tmp_path: Path) -> None:
    [item], _ = questions(tmp_path / "q", {"id": "q1", "A": "Lung", "B": "Liver", "answer": "Z"})
    assert item.answer_index is None


def test_options_are_never_made_up(tmp_path: Path) -> None:
    items, reasons = questions(tmp_path / "q", {"id": "q1"}, {"id": "q2", "A": "Lung", "B": "Liver"})
    assert [item.item_id for item in items] == ["q2"]
    assert reasons == [
        "options: a question without its right answer needs options of its own; write them down"
    ]


def test_it_is_shown_as_it_stands_and_in_no_other_way(tmp_path: Path) -> None:
    [item], _ = questions(tmp_path / "q", {"id": "q1", "A": "Lung", "B": "Liver", "C": "Heart"})
    shown = shown_by("clean", item, Random(0))
    assert (shown.options, shown.answer_index) == (item.options, None)
    for name in ("nota_replace", "nota_control", "shuffled", "answer_removed", "no_image"):
        with pytest.raises(NotApplicable, match="which option is right is not known"):
            shown_by(name, item, Random(0))
    labelled = dataclasses.replace(item, answer_index=1)
    assert shown_by("nota_replace", labelled, Random(0)).answer_index == 1


def test_its_instance_says_that_no_answer_is_known(tmp_path: Path) -> None:
    [item], _ = questions(tmp_path / "q", {"id": "q1", "A": "Lung", "B": "Liver", "C": "Heart"})
    gallery = Gallery([item], lambda one: one.images, lambda one, change: one.images)
    instances, refusals = show_all([item], ["clean", "nota_replace"], 7, gallery)
    assert [(one.condition, one.answer_index) for one in instances] == [("clean", None)]
    assert len(refusals) == 1
