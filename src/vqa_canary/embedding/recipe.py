"""What a sentence-transformers folder says of how a text becomes a vector."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vqa_canary.engines.local.weight_files import refuse_pointer, weights_in

Pooling = Literal["mean", "cls"]

CONFIG, MODULES = "config.json", "modules.json"
TEXTS, PROMPTS = "sentence_bert_config.json", "config_sentence_transformers.json"
_KNOWN = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_OLD_NAMES = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}


@dataclass(frozen=True)
class Recipe:
    """How the vector of a text is made of what the transformer gives for its tokens."""

    pooling: Pooling
    """The mean over all tokens, or the vector of the first one."""
    most_tokens: int | None
    """What a text has beyond is left out; None: as many as the transformer takes."""
    lower_case: bool
    """Whether texts are put into small letters first."""


def recipe_of(folder: Path) -> Recipe:
    """Read the folder of an embedder. Whatever it asks for that is not known here is refused, not left out.

    Raises
    ------
    ValueError : the folder is not whole, is no sentence-transformers model, or needs something that is not known
    """
    weights_in(folder, _object(folder / CONFIG))
    modules = _json(folder / MODULES)
    if not isinstance(modules, list) or not all(isinstance(one, dict) for one in modules):
        raise ValueError(f"{folder / MODULES} is no list of modules. Download or save the folder again")
    kinds = [str(one.get("type")).rpartition(".")[2] for one in modules]
    if kinds not in _KNOWN:
        raise ValueError(
            f"{folder / MODULES} names the modules {', '.join(kinds) or 'none'}. Known are a Transformer and a "
            "Pooling, with or without Normalize behind them: take an embedder of these"
        )
    if modules[0].get("path"):
        raise ValueError(
            f"{folder / MODULES}: the transformer lies in the folder {modules[0]['path']!r} and not beside this file. "
            "Load the model with sentence-transformers and save it again"
        )
    prompts = _object(folder / PROMPTS) if (folder / PROMPTS).is_file() else {}
    if prompts.get("default_prompt_name"):
        raise ValueError(
            f"{folder / PROMPTS}: this embedder puts a prompt in front of every text (default_prompt_name), which is "
            "not known here. Take an embedder without one"
        )
    said = _object(folder / TEXTS) if (folder / TEXTS).is_file() else {}
    pooling = _pooling_of(folder / str(modules[1].get("path", "")) / CONFIG)
    return Recipe(pooling, said.get("max_seq_length"), bool(said.get("do_lower_case")))


def _pooling_of(path: Path) -> Pooling:
    said = _object(path)
    named = said.get("pooling_mode")
    old = [name for name, chosen in said.items() if name.startswith("pooling_mode_") and chosen is True]
    asked = [named] if isinstance(named, str) else named or [_OLD_NAMES.get(name, name) for name in old]
    if asked == ["mean"]:
        return "mean"
    if asked == ["cls"]:
        return "cls"
    raise ValueError(
        f"{path}: pools tokens by {', '.join(map(str, asked)) or 'nothing'}. Known are the mean over tokens and the "
        "first token: take an embedder with one of these"
    )


def _json(path: Path) -> Any:
    if not path.is_file():
        raise ValueError(
            f"{path.parent} holds no {path.name}. Give the folder of a sentence-transformers model, as its `save` "
            "writes it"
        )
    refuse_pointer(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON ({error}). Download or copy it again") from error


def _object(path: Path) -> dict[str, Any]:
    found = _json(path)
    if not isinstance(found, dict):
        raise ValueError(
            f"{path} holds a {type(found).__name__} where a JSON object belongs. Download it again"
        )
    return found
