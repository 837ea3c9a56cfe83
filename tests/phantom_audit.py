"""An audit of phantoms as somebody would hand them over: a CSV of questions with lettered options, and images."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vqa_canary.sources.registration import read_datasets

LETTERS = "ABCDE"
N_IMAGES = 40


def set_up(project: Path, edit_yaml: Callable[..., None], n_images: int = N_IMAGES, **model: Any) -> None:
    """Questions about drawn images and one model; errors are allowed more often, since images are few."""
    folder = project / "data/01_raw/audit"
    folder.mkdir(parents=True)
    write_phantom_csv(folder, n_images)
    conf = project / "conf/audit"
    columns = {"options": list(LETTERS), "attributes": ["site"]}
    edit_yaml(
        conf / "parameters_data_engineering.yml", lambda p: p["datasets"]["questions"].update(columns=columns)
    )
    chosen = model or {"path": "data/06_models/reference/phantom-llava-1600", "batch_size": 256}
    sampling = {"n_samples": 3, "temperature": 1.0, "max_new_tokens": 4}
    edit_yaml(
        conf / "parameters_inference.yml", lambda p: p.update(models={"my-model": chosen}, sampling=sampling)
    )
    edit_yaml(conf / "parameters_auditing.yml", lambda p: p["audit"].update(largest_error=0.3))
    # Few images can carry no policy, and an endpoint is asked all the same:
    edit_yaml(conf / "parameters_planning.yml", lambda p: p["planning"].update(without_policy=True))
    edit_yaml(
        conf / "parameters_reporting.yml", lambda p: p["evaluation"].update(subgroups=["modality", "site"])
    )


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
