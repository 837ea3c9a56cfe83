"""The files of a model's folder: what is missing or broken, before the model is loaded, and a digest of all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from vqa_canary.engines.local.weight_files import AGAIN, refuse_pointer, weights_in

CONFIG, TOKENIZER = "config.json", "tokenizer_config.json"
PROCESSOR, IMAGES = "processor_config.json", "preprocessor_config.json"
_OBJECTS = (
    *(CONFIG, TOKENIZER, PROCESSOR, IMAGES, "generation_config.json", "tokenizer.json", "vocab.json"),
    *("special_tokens_map.json", "added_tokens.json", "chat_template.json", "video_preprocessor_config.json"),
)
"""Files of a model's folder that the library reads as a JSON object, where they are there."""
_VOCABULARIES = ("tokenizer.json", "tekken.json", "vocab.*", "*.model", "*.tiktoken")
_TEMPLATES = ("chat_template.jinja", "chat_template.json", "additional_chat_templates/*.jinja")
_NEVER_READ = frozenset({
    ".md", ".py", ".bin", ".pt", ".pth", ".h5", ".msgpack", ".onnx", ".gguf", ".ot", ".png", ".jpg", ".pdf", "",
})  # fmt: skip
"""Suffixes of files that shape no answer: descriptions, code, which is never run, and weights in other formats than
safetensors."""


def refuse_broken(folder: Path) -> None:
    """Refuse a folder that no whole model can be loaded from. No weight is read, and an unchanged folder only once.

    The library makes up what it does not find, so whatever it would make up is refused here or, where that takes the
    model itself, when it is loaded.

    Raises
    ------
    ValueError : the message names the file and the remedy
    """
    states = ((path, path.stat()) for path in answering_files(folder))
    _refuse(folder, tuple((str(path), s.st_size, s.st_mtime_ns, s.st_ino) for path, s in states))


@lru_cache(maxsize=64)
def _refuse(folder: Path, _: Any) -> None:
    found = {name: _object(folder / name) for name in _OBJECTS if (folder / name).is_file()}
    weights_in(folder, found.get(CONFIG, {}))
    for name in (CONFIG, TOKENIZER):
        if name not in found:
            raise ValueError(f"{folder} holds no {name}. Download or save the model's whole folder again")
    if not isinstance(found[CONFIG].get("model_type"), str):
        raise ValueError(f"{folder / CONFIG} names no model_type. {AGAIN}")
    if (folder / "adapter_config.json").is_file():
        raise ValueError(
            f"{folder} holds an adapter (adapter_config.json), which is used or left out as packages happen to be "
            "installed. Merge it into its model, and give that model's folder"
        )
    if not _has(folder, _VOCABULARIES):
        raise ValueError(
            f"{folder} holds no vocabulary, such as tokenizer.json. Download the tokenizer's files"
        )
    for path in _matching(folder, (*_VOCABULARIES, *_TEMPLATES, "merges.txt")):
        refuse_pointer(path)
    if not isinstance(stated_of_images(folder), dict):
        raise ValueError(
            f"{folder} says nowhere how an image is prepared: there is no {IMAGES}, and no image_processor in "
            f"{PROCESSOR}. Download the missing file"
        )
    stated = (found.get(name, {}).get("chat_template") for name in (TOKENIZER, PROCESSOR))
    if not _has(folder, _TEMPLATES) and not any(stated):
        raise ValueError(
            f"{folder} holds no chat template, so nothing says how a question is put to this model. Download "
            "chat_template.jinja, or write one as the model's card describes it"
        )


def stated_of_images(folder: Path) -> dict[str, Any] | None:
    """What the folder says of preparing images, as the library looks for it; None where it says nothing."""
    if (folder / PROCESSOR).is_file() and "image_processor" in (whole := _object(folder / PROCESSOR)):
        nested: dict[str, Any] | None = whole["image_processor"]
        return nested
    return _object(folder / IMAGES) if (folder / IMAGES).is_file() else None


def folder_digest(folder: Path) -> list[list[str]]:
    """Name and SHA-256 of each file that shapes an answer: weights, configuration, tokeniser, templates."""
    return [[path.relative_to(folder).as_posix(), sha256(path)] for path in answering_files(folder)]


def answering_files(folder: Path) -> list[Path]:
    """Every file of the folder and of the folders in it, but what is hidden or is never read; sorted.

    The library reads chat templates and further tokenisers from folders within, but no weights. What is not known is
    counted in.
    """
    within = (path for path in folder.glob("*/*") if path.suffix != ".safetensors")
    paths = (*folder.glob("*"), *within)
    return sorted(
        path
        for path in paths
        if path.suffix.lower() not in _NEVER_READ
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hex; it is read once while size, time and inode stay the same."""
    state = path.stat()
    return _sha256(path, state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=4096)
def _sha256(path: Path, *_: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _object(path: Path) -> dict[str, Any]:
    refuse_pointer(path)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON ({error}). {AGAIN}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds a {type(found).__name__} where a JSON object belongs. {AGAIN}")
    return found


def _has(folder: Path, patterns: tuple[str, ...]) -> bool:
    return any(_matching(folder, patterns))


def _matching(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(folder.glob(pattern))
