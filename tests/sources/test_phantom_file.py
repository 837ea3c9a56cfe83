"""The questions that `conf/audit` comes with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from vqa_canary.sources.phantom_file import main

EXAMPLE = "data/01_raw/audit_example"


def test_the_example_is_what_its_command_writes(root: Path, tmp_path: Path) -> None:
    """Images by their pixels: another release of Pillow may pack them in other bytes, which name the files."""
    main([str(tmp_path)])
    own, drawn = (
        (folder / "questions.csv").read_text().splitlines() for folder in (root / EXAMPLE, tmp_path)
    )
    assert len(own) == len(drawn) > 300
    for kept, new in zip(own[1:], drawn[1:], strict=True):
        (name, image, *rest), (new_name, new_image, *new_rest) = kept.split(","), new.split(",")
        assert (name, rest[:-1]) == (new_name, new_rest[:-1])
        with Image.open(root / EXAMPLE / image) as one, Image.open(tmp_path / new_image) as other:
            assert np.array_equal(np.asarray(one), np.asarray(other))


def test_the_example_holds_the_images_that_its_questions_name_and_no_other(root: Path) -> None:
    rows = (root / EXAMPLE / "questions.csv").read_text().splitlines()[1:]
    named = {row.split(",")[1].removeprefix("images/") for row in rows}
    assert named == {path.name for path in (root / EXAMPLE / "images").iterdir()}
    assert sum(path.stat().st_size for path in (root / EXAMPLE).rglob("*.png")) < 1_000_000
