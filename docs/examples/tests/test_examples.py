"""Each member passes the checks of its kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from vqa_canary_examples.energy import energy
from vqa_canary_examples.nearest import Nearest
from vqa_canary_examples.starred import starred
from vqa_canary_examples.underexposed import underexposed

from vqa_canary.testing import check_condition, check_engine, check_source, check_ue_method


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three scans, questions about them, and the answers to some."""
    for name, shade in (("dark", 30), ("grey", 120), ("light", 220)):
        Image.new("L", (20, 20), shade).save(tmp_path / f"{name}.png")
    (tmp_path / "questions.txt").write_text(
        "dark.png | Which organ is shown? | *lung; heart; liver\n"
        "grey.png | Is it a CT? | *yes; no\n"
        "lost.png | Which organ is shown? | lung; *heart; liver\n"
        "light.png | Which organ is shown? | lung; heart; liver\n"
    )
    (tmp_path / "answers.csv").write_text("image,answer\ndark.png,Lung\nlight.png,Heart\ngrey.png,Liver\n")
    return tmp_path


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_energy(temperature: float) -> None:
    check_ue_method(energy, temperature=temperature)


def test_underexposed() -> None:
    check_condition(underexposed)


def test_starred(folder: Path) -> None:
    check_source(starred, folder)


def test_nearest(folder: Path) -> None:
    check_engine(Nearest, {"path": str(folder / "answers.csv")})
