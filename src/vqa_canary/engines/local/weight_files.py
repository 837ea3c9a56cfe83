"""The files with a model's weights: which the library would read, and whether each is whole.

Only the head of a file is read, which names every tensor and says how long the file has to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
"""The files that transformers looks for: one that holds all weights, or a list that says which of several files holds
each tensor."""
_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
_DISTRIBUTED = re.compile(r"shard-\d{5}-model-\d{5}-of-\d{5}\.safetensors")
_PLAIN = frozenset({"F64", "F32", "F16", "BF16", "I64", "I32", "BOOL"})
"""Types of tensors whose numbers are the weights themselves. Any other needs a scale that only its own method of
quantisation knows."""
_LFS = b"version https://git-lfs"
AGAIN = "Download or copy it again"


class Tensor(NamedTuple):
    """A tensor as the head of its file describes it."""

    dtype: str
    shape: tuple[int, ...]


def weights_in(folder: Path, config: Mapping[str, Any]) -> dict[str, Tensor]:
    """Every tensor that the library would read for the model of `config`, by name.

    Raises
    ------
    ValueError : a file is missing, cut, empty or a mere pointer, the files contradict each other, or their numbers
        are packed in a way that `config` does not tell; the message names the file and the remedy
    """
    found: dict[str, Tensor] = {}
    files = {path.name: _tensors(path) for path in _files(folder, config)}
    for name, tensors in files.items():
        for tensor in found.keys() & tensors.keys():
            raise ValueError(
                f"{folder / name} holds {tensor}, and so does another file. Remove the stale one"
            )
        found |= tensors
    packed = sorted({one.dtype for one in found.values()} - _PLAIN)
    if packed and not config.get("quantization_config"):
        raise ValueError(
            f"{folder} holds weights of type {', '.join(packed)}, which are quantised, but config.json has no "
            "quantization_config that says how. Take the model's own config.json, or its weights before quantisation"
        )
    return found


def n_numbers(tensors: Mapping[str, Tensor]) -> int:
    """How many numbers there are in all tensors."""
    return sum(prod(tensor.shape) for tensor in tensors.values())


def refuse_pointer(path: Path) -> None:
    """Refuse an empty file, and the text that Git LFS leaves where the file itself was not fetched.

    Raises
    ------
    ValueError
    """
    with path.open("rb") as file:
        head = file.read(len(_LFS))
    if not head:
        raise ValueError(f"{path} is empty. {AGAIN}")
    if head == _LFS:
        raise ValueError(
            f"{path} is a Git LFS pointer, not the file itself. Run `git lfs pull` in its folder, or download it"
        )


def _files(folder: Path, config: Mapping[str, Any]) -> list[Path]:
    there = sorted(path.name for path in folder.glob("*.safetensors") if path.is_file())
    if not there:
        raise ValueError(f"{folder} holds no *.safetensors file; give a folder with a model's weights")
    if any(_DISTRIBUTED.fullmatch(name) for name in there):
        raise ValueError(
            f"{folder} holds the checkpoint of a distributed training ({there[0]}). Save it with save_pretrained"
        )
    named = config.get("transformers_weights")
    if named is not None:
        if not isinstance(named, str) or Path(named).name != named or not (folder / named).is_file():
            raise ValueError(
                f"{folder / 'config.json'}: transformers_weights: {folder} holds no file {named!r}"
            )
        return _shards(folder, folder / named) if named.endswith(".index.json") else [folder / named]
    whole, index = folder / WHOLE, folder / INDEX
    if whole.is_file() and index.is_file() and {WHOLE} != (others := set(_weight_map(index).values())):
        raise ValueError(
            f"{folder} holds {WHOLE} and {INDEX}, which names {_some(others - {WHOLE})}. Only one of them would be "
            "read: remove the one that is stale"
        )
    if whole.is_file():
        return [whole]
    if not index.is_file():
        raise ValueError(
            f"{folder} holds neither {WHOLE} nor {INDEX}, which says what the other files hold, only "
            f"{_some(there)}. Download the missing file"
        )
    return _shards(folder, index)


def _shards(folder: Path, index: Path) -> list[Path]:
    """The files that an index names, held against what is there and what they hold."""
    places = _weight_map(index)
    named = set(places.values())
    there = {path.name for path in folder.glob("*.safetensors")}
    if missing := named - there:
        raise ValueError(
            f"{folder} lacks {_some(missing)}, which {index.name} names. Download what is missing"
        )
    if stale := {name for name in there - named if _SHARD.fullmatch(name)}:
        raise ValueError(
            f"{folder} holds {_some(stale)}, which {index.name} does not name. Remove what is stale, or take the "
            "index that belongs to these files"
        )
    for name in sorted(named):
        if (
            absent := {tensor for tensor, file in places.items() if file == name}
            - _tensors(folder / name).keys()
        ):
            raise ValueError(
                f"{folder / name} lacks {_some(absent)}, which {index.name} places there. Download both again"
            )
    return [folder / name for name in sorted(named)]


def _weight_map(index: Path) -> dict[str, str]:
    import json

    try:
        found = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        if found and all(Path(name).name == name for name in found.values()):
            return dict(found)
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    raise ValueError(f"{index} names no file for each tensor under weight_map. {AGAIN}")


def _tensors(path: Path) -> dict[str, Tensor]:
    """The tensors that a file holds; no weight is read, and the head once while the file stays as it is."""
    refuse_pointer(path)
    state = path.stat()
    return _read_head(path, state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=1024)
def _read_head(path: Path, *_: int) -> dict[str, Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            names = file.keys()  # a list of its own: the file cannot be iterated
            slices = {name: file.get_slice(name) for name in names}
            return {name: Tensor(one.get_dtype(), tuple(one.get_shape())) for name, one in slices.items()}
    except SafetensorError as error:
        raise ValueError(f"{path} is cut or damaged ({error}). {AGAIN}") from error


def _some(names: set[str] | list[str]) -> str:
    """The first few names, and how many more there are."""
    first = ", ".join(sorted(names)[:3])
    return first if len(names) <= 3 else f"{first} and {len(names) - 3} more"
