"""From a chat and an image to the arguments of a model, through the model's own template and processor."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from vqa_canary.engines.prompts import Chat
from vqa_canary.engines.surface_forms import Readout, find_readout

if TYPE_CHECKING:
    from PIL.Image import Image

PIXEL_BYTES = 2**28
"""Most bytes of prepared images that are kept for prompts to come."""


@dataclass(frozen=True)
class Prompt:
    """A rendered chat: its text and the model's arguments, one row each."""

    text: str
    inputs: dict[str, Any]

    @property
    def length(self) -> int:
        return int(self.inputs["input_ids"].shape[1])


class Renderer:
    """Renders chats; an image is prepared once for all prompts about it."""

    def __init__(self, processor: Any) -> None:
        self._processor, self._tokenizer = processor, processor.tokenizer
        self._readouts: dict[tuple[str, tuple[str, ...]], Readout] = {}
        _prepare_images_once(processor.image_processor)

    def render(self, chat: Chat, image: Image) -> Prompt:
        """The whole chat, its image expanded, ready for the model's answer."""
        text = self._processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        inputs = self._processor(text=text, images=[[image]], return_tensors="pt", **self._special(text))
        return Prompt(text, dict(inputs))

    def readout(self, text: str, words: tuple[str, ...], forms: Sequence[str]) -> Readout:
        """Where to read `words` after the prompt `text`; of no words an empty one."""
        if not words:
            return Readout((), {})
        # Merges reach back over a few characters only, and the end of a prompt is the template's.
        key = (text[-32:], words)
        if key not in self._readouts:
            special = self._special(text)

            def tokenise(whole: str) -> list[int]:
                return list(self._tokenizer(whole, **special)["input_ids"])

            self._readouts[key] = find_readout(text, words, forms, tokenise, self._tokenizer.unk_token_id)
        return self._readouts[key]

    def _special(self, text: str) -> dict[str, bool]:
        """A template that writes the opening token itself must not get a second one."""
        opening = self._tokenizer.bos_token
        return {"add_special_tokens": not (opening and text.startswith(opening))}


def _prepare_images_once(image_processor: Any) -> None:
    """Make an image processor remember what it made of the last images, by identity of the objects."""
    prepare = image_processor.preprocess
    # The images stand in the value, so that no other object can get their ids.
    known: LRUCache[Any, tuple[Any, list[Any]]] = LRUCache(PIXEL_BYTES, getsizeof=_n_bytes)

    def preprocess(images: Any, *args: Any, **kwargs: Any) -> Any:
        leaves = list(_flat(images))
        key = (tuple(map(id, leaves)), repr((args, kwargs)))
        if key not in known:
            made = prepare(images, *args, **kwargs)
            if _n_bytes((made, leaves)) > PIXEL_BYTES:
                return made
            known[key] = (made, leaves)
        return copy.copy(known[key][0])  # a processor may take keys out of it

    image_processor.preprocess = preprocess


def _flat(images: Any) -> Iterator[Any]:
    if isinstance(images, list | tuple):
        for one in images:
            yield from _flat(one)
    else:
        yield images


def _n_bytes(entry: tuple[Any, list[Any]]) -> int:
    made, images = entry
    tensors = sum(int(getattr(tensor, "nbytes", 0)) for tensor in made.values())
    return tensors + sum(3 * int(image.width * image.height) for image in images)
