"""The files of a model's folder: what is missing or broken, before the model is loaded, and a digest of all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from vqa_canary.engines.local.file_digests import sha256_of
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


def refuse_broken(folder: Path, with_template: bool = True) -> None:
    """Refuse a folder that no whole model can be loaded from. No weight is read, and an unchanged folder only once.

    `with_template` tells whether its chat template is needed. The library makes up what it does not find, so whatever
    it would make up is refused here or, where that takes the model itself, when it is loaded.

    Raises
    ------
    ValueError : the message names the file and the remedy
    """
    states = ((path, path.stat()) for path in answering_files(folder))
    _refuse(
        folder, with_template, tuple((str(path), s.st_size, s.st_mtime_ns, s.st_ino) for path, s in states)
    )


@lru_cache(maxsize=64)
def _refuse(folder: Path, with_template: bool, _: Any) -> None:
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
    if with_template and not _has(folder, _TEMPLATES) and not any(stated):
        raise ValueError(
            f"{folder} holds no chat template, so nothing says how a question is put to this model. Download "
            "chat_template.jinja, or where none is published give `chat_template` as the model's card describes its "
            "prompts, such as '{{ image }}{{ prompt }}'"
        )


def stated_of_images(folder: Path) -> dict[str, Any] | None:
    """What the folder says of preparing images, as the library looks for it; None where it says nothing."""
    if (folder / PROCESSOR).is_file() and "image_processor" in (whole := _object(folder / PROCESSOR)):
        nested: dict[str, Any] | None = whole["image_processor"]
        return nested
    return _object(folder / IMAGES) if (folder / IMAGES).is_file() else None


def folder_digest(folder: Path) -> list[list[str]]:
    """Name and SHA-256 of each file that shapes an answer: weights, configuration, tokeniser, templates."""
    paths = answering_files(folder)
    names = (path.relative_to(folder).as_posix() for path in paths)
    return [[name, digest] for name, digest in zip(names, sha256_of(paths), strict=True)]


def weights_digest(path: Path) -> str:
    """`sha256:` and the digest of a model: of one file its SHA-256, of a folder that of its files' names and digests.

    A folder's is what `sha256sum` says of a text with one line a file, `<SHA-256>  <name>`, sorted by name: of every
    file that shapes an answer, as `folder_digest` has them.

    Raises
    ------
    ValueError : a folder without weights in safetensors, or one that only points at them
    """
    if path.is_file():
        refuse_pointer(path)
        return f"sha256:{sha256_of([path])[0]}"
    files = answering_files(path)
    if not any(file.suffix == ".safetensors" for file in files):
        raise ValueError(
            f"{path} holds no weights in safetensors. Where a server reads one file, such as a GGUF, give that file"
        )
    for file in files:
        if file.suffix in (".safetensors", ".json", ".model"):
            refuse_pointer(file)
    text = "".join(f"{digest}  {name}\n" for name, digest in folder_digest(path))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


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
