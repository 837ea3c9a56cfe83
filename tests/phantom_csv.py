"""Phantoms as somebody would hand them over: a CSV of questions with lettered options, and images."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from vqa_canary.sources.registration import read_datasets

LETTERS = "ABCDE"


def write_phantom_csv(folder: Path, n_images: int, seed: int = 7) -> int:
    """Write `questions.csv` and `images/` to `folder`; the number of questions."""
    drawn = folder / "drawn"
    items, _ = read_datasets({"phantom": {"folder": str(drawn), "n_images": n_images}}, seed, folder)
    (folder / "images").mkdir()
    with (folder / "questions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "image", "question", *LETTERS, "answer", "question_type", "modality", "site"])
        for number, item in enumerate(items):
            name = Path(item.image_path).name
            if not (folder / "images" / name).exists():
                shutil.copy(drawn / name, folder / "images" / name)
            options = [*item.options, *[""] * (len(LETTERS) - len(item.options))]
            answer = LETTERS[item.answer_index]
            site = "north" if int(item.image_id, 16) % 2 else "south"
            about = [item.question_type, item.modality, site]
            writer.writerow([f"q{number}", f"images/{name}", item.question, *options, answer, *about])
    shutil.rmtree(drawn)
    return len(items)
