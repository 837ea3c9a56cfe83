"""A model's folder, and ways to break it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

WEIGHTS = "model.safetensors"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1289936\n"


def copied(folder: Path, target: Path) -> Path:
    """A copy to be broken."""
    return Path(shutil.copytree(folder, target / "model"))


def edit_json(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a JSON object in place."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def edit_weights(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the tensors of a folder, by name, in place."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def a_matrix(tensors: dict[str, Any]) -> str:
    """Name of a weight of the language model."""
    return next(
        name for name in tensors if "q_proj.weight" in name and ("text" in name or "language" in name)
    )
