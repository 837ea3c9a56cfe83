"""A folder in SLAKE's layout, small enough to spoil one record at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ANSWERS = {
    "What modality is used to take this image?": (
        ("CT", "Modality"),
        ("MRI", "Modality"),
        ("X-Ray", "Modality"),
    ),
    "Where is the abnormality in this image?": (
        ("Lower Left Lung", "Position"),
        ("Upper Right Lung", "Position"),
        ("Heart", "Position"),
    ),
}

Record = dict[str, Any]


def _record(number: int, **changes: Any) -> Record:
    record = {
        "img_id": number,
        "img_name": f"xmlab{number}/source.jpg",
        "question": "What modality is used to take this image?",
        "answer": "CT",
        "q_lang": "en",
        "location": "Lung",
        "modality": "CT",
        "answer_type": "OPEN",
        "base_type": "vqa",
        "triple": ["vhead", "_", "_"],
        "qid": 100 + number,
        "content_type": "Modality",
    }
    return {**record, **changes}


@pytest.fixture
def record() -> Callable[..., Record]:
    """Makes record `number` about image `number`, with some fields changed."""
    return _record


@pytest.fixture
def slake_folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with the records of each split after a fixed train split, and their images."""
    train = [
        _record(number, qid=number, question=question, answer=answer, content_type=kind)
        for number, (question, answer, kind) in enumerate(
            (question, answer, kind) for question, answers in ANSWERS.items() for answer, kind in answers
        )
    ]

    def make(
        test: Sequence[Any] = (),
        *,
        validate: Sequence[Any] = (),
        train_too: Sequence[Any] = (),
        name: str = "slake",
    ) -> Path:
        folder = tmp_path / name
        splits = {"train": [*train, *train_too], "validate": list(validate), "test": list(test)}
        for split, records in splits.items():
            folder.mkdir(exist_ok=True)
            (folder / f"{split}.json").write_text(json.dumps(records), encoding="utf-8")
            for one in records:
                if isinstance(one, dict) and str(one.get("img_name")).startswith("xmlab"):
                    path = folder / "imgs" / one["img_name"]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    shade = int(path.parent.name.removeprefix("xmlab"))
                    Image.new("L", (8, 8), shade).save(path, format="PNG")
        return folder

    return make


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with `n` different images `0.png`, `1.png`, ..."""

    def make(n: int = 4, name: str = "data") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for shade in range(n):
            Image.new("L", (8, 8), shade).save(folder / f"{shade}.png")
        return folder

    return make
