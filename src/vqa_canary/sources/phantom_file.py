"""Phantoms as somebody would hand over questions of their own: a CSV with lettered options, and a folder of images.

The example that `conf/audit` asks about lies in `data/01_raw/audit_example` and was written by::

    python -m vqa_canary.sources.phantom_file data/01_raw/audit_example --images 120 --seed 18
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from vqa_canary.csv_text import csv_text
from vqa_canary.rows import Item
from vqa_canary.sources.phantom import MOST_OPTIONS, phantom

LETTERS = "ABCDE"[:MOST_OPTIONS]
COLUMNS = ("id", "image", "question", *LETTERS, "answer", "question_type", "modality", "site")


def write_phantom_csv(folder: Path, n_images: int, seed: int = 7) -> int:
    """Write `questions.csv` and `images/` below a folder.

    Parameters
    ----------
    folder : is made where it is missing; what it holds under these two names is replaced
    n_images : images, with two to four questions each
    seed : of everything that is drawn

    Returns
    -------
    the number of questions
    """
    images = folder / "images"
    shutil.rmtree(images, ignore_errors=True)
    images.mkdir(parents=True)
    items = [item for item in phantom(images, seed, n_images=n_images) if isinstance(item, Item)]
    text = csv_text(COLUMNS, (_row(number, item) for number, item in enumerate(items)))
    (folder / "questions.csv").write_text(text, encoding="utf-8", newline="")
    return len(items)


def _row(number: int, item: Item) -> tuple[str, ...]:
    """Cells of a question; the site is made up, so that there is a column of one's own to cut results by."""
    options = [*item.options, *[""] * (len(LETTERS) - len(item.options))]
    site = "north" if int(item.image_id, 16) % 2 else "south"
    image = f"images/{Path(item.image_path).name}"
    kind = (item.question_type or "", item.modality or "", site)
    return (f"q{number}", image, item.question, *options, LETTERS[item.answer_index], *kind)


def main(words: Sequence[str] | None = None) -> None:
    """The command above."""
    parser = argparse.ArgumentParser(
        description="Write phantoms as a CSV of questions and a folder of images."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=120, help="with two to four questions each")
    parser.add_argument("--seed", type=int, default=18, help="of everything that is drawn")
    asked = parser.parse_args(words)
    n_questions = write_phantom_csv(asked.folder, asked.images, asked.seed)
    print(f"{n_questions} questions about {asked.images} images in {asked.folder}")


if __name__ == "__main__":
    main()
