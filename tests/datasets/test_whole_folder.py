"""A folder of texts is replaced as a whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.io import DatasetError

from vqa_canary.datasets.whole_folder import WholeFolder


def test_files_come_back_and_old_ones_go(tmp_path: Path) -> None:
    folder = WholeFolder(str(tmp_path / "deep" / "tables"))
    folder.save({"a.csv": "x\r\n", "b.tex": "é"})
    folder.save({"b.tex": "é\n"})
    assert folder.load() == {"b.tex": "é\n"}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["tables"]


def test_a_save_that_dies_changes_nothing(tmp_path: Path) -> None:
    folder = WholeFolder(str(tmp_path / "tables"))
    folder.save({"a": "old"})
    broken: Any = {"a": "new", "b": 1}
    with pytest.raises(DatasetError):
        folder.save(broken)
    assert folder.load() == {"a": "old"}
    folder.save({"c": "newer"})
    assert folder.load() == {"c": "newer"}


def test_what_was_not_made_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="kedro run --pipeline reporting"):
        WholeFolder(str(tmp_path / "tables")).load()
