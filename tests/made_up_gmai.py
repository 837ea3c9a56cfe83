"""A file in the layout of GMAI-MMBench, as VLMEvalKit reads it; its questions, answers and pictures are made up."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

FILE = "GMAI-MMBench_VAL.tsv"
OPTIONS = {"A": "cyst", "B": "polyp", "C": "normal mucosa", "D": "ulcer", "E": ""}
NAMES = {
    "CTA": "CT",
    "T2 weighted MRI": "MRI",
    "Endoscopy": "endoscopy",
    "Histopathology": "histology",
    "Fundus Photography": "fundus",
    "X_Ray": "X-ray",
    "Microscopy": "microscopy",
    "Dermoscopy": "dermoscopy",
}
"""One name in the file for each of the eight modalities."""


def picture(shade: int, side: int = 8) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 0, 0)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def record(index: int, **changes: Any) -> dict[str, Any]:
    """A sound record with some cells changed."""
    return {
        "index": index,
        "image": picture(index),
        "question": f"This is a medical image. What is shown in {index}?",
        **OPTIONS,
        "answer": "B",
        "category": "polyp",
        "clinical VQA task": "DD",
        "department": "GH",
        "perceptual granularity": "image",
        "modality": "Endoscopy",
        **changes,
    }


def write(folder: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """The file in a folder, with the columns of the first record."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(records[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(records)
