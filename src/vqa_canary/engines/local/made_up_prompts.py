"""Whether images and questions reach a model as its own files say: what the library assumes instead is made up."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.local.model_files import IMAGES, PROCESSOR, stated_of_images
from vqa_canary.engines.prompts import Chat, Prompts

if TYPE_CHECKING:
    from vqa_canary.engines.local.loading import Loaded

MOST_ROWS_WITHOUT_TOKEN = 0.05
"""Share of a model's vocabulary that may have no token. Published models round their vocabulary up by 2.4 % at most
(DeepSeek-VL: 102,400 rows, 100,016 tokens); more says that the tokeniser is another model's or was cut."""
_QUESTION, _OPTION, _ANSWER = "zebra", "heron", "otter"


def refuse_no_processor(processor: Any, folder: Path) -> None:
    """Refuse what the library gives in place of a processor that it does not know.

    Raises
    ------
    ValueError
    """
    if not all(hasattr(processor, part) for part in ("tokenizer", "image_processor")):
        raise ValueError(
            f"{folder} gives a {type(processor).__name__} alone, which prepares no image. Name the model's processor "
            f"under processor_class in {PROCESSOR}, as this version of transformers calls it"
        )


def refuse_assumed_images(processor: Any, folder: Path) -> None:
    """Refuse sizes and colours of images that the files do not state and the library takes from its own defaults.

    Raises
    ------
    ValueError
    """
    images, stated = processor.image_processor, stated_of_images(folder) or {}
    named = ["image_mean", "image_std"] if getattr(images, "do_normalize", False) else []
    if getattr(images, "do_resize", False) and not stated.keys() & {"min_pixels", "max_pixels"}:
        named.append("size")
    assumed = {
        name: value
        for name in named
        if name not in stated and (value := getattr(images, name, None)) is not None
    }
    if assumed:
        where = folder / (IMAGES if (folder / IMAGES).is_file() else PROCESSOR)
        raise ValueError(f"{where} does not state {_listed(assumed)}, and {_REMEDY}")
    _, *parameters = inspect.signature(type(processor).__init__).parameters.values()
    parts = {*processor.get_attributes(), "chat_template"}
    assumed = {
        one.name: one.default
        for one in parameters
        if one.default is not one.empty and one.name not in parts and not one.name.endswith("_token")
    }
    if assumed and not (folder / PROCESSOR).is_file():
        raise ValueError(
            f"{folder} holds no {PROCESSOR}, so nothing states {_listed(assumed)}, and {_REMEDY}"
        )


_REMEDY = "the library would assume these values. Download the file that belongs to the model, or state them"


def refuse_other_vocabulary(loaded: Loaded) -> None:
    """Refuse a tokeniser with text tokens that the model has no embedding for, or with far fewer tokens than that.

    Raises
    ------
    ValueError
    """
    weight = getattr(loaded.model.get_input_embeddings(), "weight", None)
    if weight is None:
        return
    tokenizer, rows = loaded.tokenizer, len(weight)
    tokens = tokenizer.get_vocab()
    special = _special(tokenizer)
    beyond = sorted(token for token, at in tokens.items() if at >= rows and at not in special)
    name = loaded.model.config.name_or_path
    if beyond:
        raise ValueError(
            f"the tokeniser of {name} has {len(tokens):,} tokens, but the model has embeddings for {rows:,}; there is "
            f"none for {', '.join(map(repr, beyond[:3]))}. Take the tokeniser's files that belong to these weights"
        )
    if rows - len(tokens) > MOST_ROWS_WITHOUT_TOKEN * rows:
        raise ValueError(
            f"the tokeniser of {name} has {len(tokens):,} tokens, but the model has embeddings for {rows:,}: it is cut "
            "or another model's. Take the tokeniser's files that belong to these weights"
        )


def refuse_lossy_template(loaded: Loaded, given: bool = False) -> None:
    """Refuse a chat template that is missing, fails or loses what is asked, and an answer whose end nothing tells.

    Parameters
    ----------
    given : the template is one of the configuration's, not the model's own

    Raises
    ------
    ValueError
    """
    _find_template(loaded)
    prompts = Prompts()
    chat = prompts.question_chat(_QUESTION, (_OPTION,))
    first = _render(loaded, chat)
    whole = _render(loaded, prompts.verbalized_chat(chat, _ANSWER))
    there = {
        "the question": _QUESTION in first,
        "the options": _OPTION in first,
        "the answer that a follow-up quotes": _ANSWER in whole,
    }
    if lost := [part for part, found in there.items() if not found]:
        name = "that is given here" if given else f"of {loaded.model.config.name_or_path}"
        remedy = (
            "Write {{ prompt }} where the text belongs, or see the page on how a model is asked"
            if given
            else "Take the template of the model's card, for content that is a list of parts"
        )
        raise ValueError(
            f"the chat template {name} loses parts of what is asked: {', '.join(lost)} cannot be found in what "
            f"it writes. {remedy}"
        )
    _refuse_no_end(loaded, whole.split(_ANSWER)[-1])


def _find_template(loaded: Loaded) -> None:
    """Give the processor the template that its tokeniser has, where its own class takes none (Chameleon).

    Raises
    ------
    ValueError : there is none at all
    """
    processor = loaded.processor
    if not getattr(processor, "chat_template", None):
        processor.chat_template = getattr(loaded.tokenizer, "chat_template", None)
    if not processor.chat_template:
        raise ValueError(
            f"{loaded.model.config.name_or_path} comes without a chat template, so nothing says how a question is put "
            "to this model. Give one under `chat_template`, as the model's card describes it: a file or its text"
        )


def _refuse_no_end(loaded: Loaded, behind: str) -> None:
    tokenizer, name = loaded.tokenizer, loaded.model.config.name_or_path
    ends = sorted(tokenizer.convert_ids_to_tokens(sorted(loaded.end_ids)))
    special = _special(tokenizer) - {tokenizer.unk_token_id}
    after = tokenizer(behind.lstrip(), add_special_tokens=False)["input_ids"][:1]
    closing = [token for token in after if token in special and token not in loaded.end_ids]
    if closing or not ends:
        what = (
            f"{tokenizer.convert_ids_to_tokens(closing)[0]!r}, as its chat template does"
            if closing
            else "all"
        )
        raise ValueError(
            f"nothing tells the library to end an answer of {name} at {what}; known ends: {', '.join(ends) or 'none'}. "
            "Name the token under eos_token_id in generation_config.json, or download the file that is missing"
        )


def _special(tokenizer: Any) -> set[int]:
    return {at for at, token in tokenizer.added_tokens_decoder.items() if token.special}


def _render(loaded: Loaded, chat: Chat) -> str:
    try:
        text: str = loaded.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    except Exception as error:  # a template is a program of the model's author, which may raise anything
        raise ValueError(
            f"the chat template of {loaded.model.config.name_or_path} fails on a question about an image "
            f"({type(error).__name__}: {' '.join(str(error).split())[:200]}). Take the template of the model's card, "
            "for content that is a list of parts, and give it under `chat_template`"
        ) from error
    return text


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} ({value})" for name, value in values.items())
