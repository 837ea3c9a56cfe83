from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from vqa_canary.reference_models.progress_file import ProgressFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "unfinished" / "run.pt"


def test_what_was_saved_comes_back_to_the_last_bit(path: Path) -> None:
    weights = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    file = ProgressFile(path, "a")
    assert file.load() is None
    file.save({"step": 1, "model": {"w": weights}})
    file.save({"step": 2, "model": {"w": weights}, "recent": {"letter": [0.1]}})
    saved = ProgressFile(path, "a").load()
    assert saved is not None
    assert saved["step"] == 2
    assert saved["recent"] == {"letter": [0.1]}
    assert (saved["model"]["w"] == weights).all()
    assert [one.name for one in path.parent.iterdir()] == ["run.pt"]
    file.remove()
    assert file.load() is None


def test_one_of_other_settings_is_not_gone_on_from(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ProgressFile(path, "a").save({"step": 1})
    with caplog.at_level(logging.WARNING):
        assert ProgressFile(path, "b").load() is None
    assert "other settings" in caplog.text


@pytest.mark.parametrize("content", [b"", b"no such file", b"PK\x03\x04 half"])
def test_a_damaged_one_is_none(path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert ProgressFile(path, "a").load() is None
    assert "begins anew" in caplog.text


def test_no_code_of_the_file_is_run(path: Path, tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "harm",)

    path.parent.mkdir()
    torch.save({"settings": "a", "step": Harmful()}, path)
    assert ProgressFile(path, "a").load() is None
    assert not (tmp_path / "harm").exists()
