"""Where the project lies: the folder that relative image paths start from."""

from __future__ import annotations

from functools import cache
from pathlib import Path


def project_root() -> Path:
    """The Kedro project around the current folder, or the current folder if there is none."""
    return _root_around(Path.cwd())


@cache
def _root_around(folder: Path) -> Path:
    from kedro.utils import find_kedro_project

    return Path(find_kedro_project(folder) or folder)
