"""From a chat and its images to the arguments of a model, through the model's own template and processor."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from vqa_canary.engines.local.memory import ends_everything
from vqa_canary.engines.local.prepared_images import images_key, prepare_once
from vqa_canary.engines.local.token_arguments import MORE, TokenArguments, marked, shapes_of
from vqa_canary.engines.prompts import Chat, is_begun
from vqa_canary.engines.surface_forms import Readout, find_readout

if TYPE_CHECKING:
    from PIL.Image import Image

Expansion = tuple[tuple[str, str], ...]
"""For each image of a prompt, in order, the mark in the text and the text that the processor puts in its place."""


@dataclass(frozen=True)
class Prompt:
    """A rendered chat about an image, several, or none."""

    text: str
    images: tuple[Image, ...]
    """The prompt's images, in the order in which their marks stand in the text; none where it is text alone."""
    renderer: Renderer
    said: tuple[int, ...] = ()
    """Tokens of an answer that stand behind the prompt, kept as the model gave them: its text might be tokenised
    otherwise."""

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """The model's arguments, one row each, as the processor makes them of the whole prompt, without `said`."""
        return self.renderer.process(self.text, self.images)

    @property
    def shapes(self) -> tuple[Any, ...]:
        """Name and shape of every argument."""
        return shapes_of(self.inputs)

    @property
    def image_shapes(self) -> tuple[Any, ...]:
        """Name and shape of every argument that says something of the images: where they are equal, prompts about
        them make one batch."""
        return shapes_of(self.inputs, without=self.renderer.token_arguments(self).axes)

    def forget(self) -> None:
        """Let go of the model's arguments, which hold the pixels of all images; asked for again, they are made anew."""
        vars(self).pop("inputs", None)

    def cut(self, length: int) -> dict[str, Any]:
        """The arguments of the first `length` tokens; those of the images stay whole."""
        return self.renderer.token_arguments(self).cut(self.inputs, length)

    def lengthened(self, tokens: Sequence[int]) -> dict[str, Any]:
        """The arguments with more text behind the prompt."""
        return self.renderer.token_arguments(self).lengthen(self.inputs, tokens)

    @property
    def key(self) -> str:
        """Digest that tells the prompt's images, all of them in order, from those of other prompts."""
        return images_key(self.images)

    @property
    def ids(self) -> list[int]:
        """The prompt's tokens, its images expanded, without `said`."""
        tokens: list[int] = self.inputs["input_ids"][0].tolist()
        return tokens


class Renderer:
    """Renders chats; images are prepared once for all prompts about them."""

    def __init__(
        self, processor: Any, image_tokens: frozenset[int], template: Mapping[str, Any] | None = None
    ) -> None:
        self._processor, self.tokenizer = processor, processor.tokenizer
        self._template = dict(template or {})
        self.image_tokens = image_tokens
        self._readouts: dict[tuple[str, tuple[str, ...]], Readout] = {}
        self._expansions: LRUCache[str, Expansion] = LRUCache(256)
        # Until the processor is seen to do otherwise, its marks are believed to be replaced as it says (see
        # `tokenise`).
        self._expands_itself = True
        self._flat = False
        self._token_arguments: dict[tuple[str, ...], TokenArguments] = {}
        self._seen: set[str] = set()
        # Most questions of a study share their image with others, and preparing an image costs far more than tokenising
        # a text.
        prepare_once(processor.image_processor)

    def with_template(self, settings: Mapping[str, Any]) -> Renderer:
        """A renderer like this one, with other settings of the chat template."""
        twin = copy.copy(self)
        twin._template = dict(settings)
        return twin

    def render(self, chat: Chat, images: Sequence[Image]) -> Prompt:
        """The whole chat, ready for the model's answer, or for the rest of one that was begun for it."""
        return Prompt(self.text_of(chat), tuple(images), self)

    def text_of(self, chat: Chat) -> str:
        """The whole chat as the model's template writes it."""
        # A chat may end with a begun answer, which the template must leave open instead of closing the turn.
        begun = {"continue_final_message": True} if is_begun(chat) else {"add_generation_prompt": True}
        text: str = self._processor.apply_chat_template(chat, tokenize=False, **begun, **self._template)
        return text

    def process(self, text: str, images: Sequence[Image]) -> dict[str, Any]:
        """The model's arguments for one prompt."""
        made = self._called(text, images, return_tensors="pt")
        self.image_tokens |= marked(made)
        # PaliGemma's makes labels of a prompt, and its model a loss of them.
        return {name: value for name, value in made.items() if name != "labels"}

    def _called(self, text: str, images: Sequence[Image], **settings: Any) -> Any:
        settings |= self._special(text)
        if not images:  # an empty list of images is an error to some processors, and no argument is none
            return self._processor(text=text, **settings)
        if not self._flat:
            try:
                # A list in a list: the images of the one prompt. A flat list may be taken for one image each of
                # several.
                return self._processor(text=text, images=[[*images]], **settings)
            except Exception as error:  # which some processors say of every list in a list (GOT-OCR 2)
                if len(images) != 1 or ends_everything(error):
                    raise
                try:
                    made = self._processor(text=text, images=[*images], **settings)
                except Exception:
                    # Processors raise whatever their code trips over. If this form fails too, in whatever way, the list
                    # in a list was not the fault, and the first error is the one that tells.
                    raise error from None
                self._flat = True
                return made
        return self._processor(text=text, images=[*images], **settings)

    def token_arguments(self, prompt: Prompt) -> TokenArguments:
        """Which arguments of a prompt go by its tokens, learnt from the first prompt that has arguments of these names.

        Raises
        ------
        ValueError : the processor cuts a longer prompt off
        """
        names = tuple(sorted(prompt.inputs))
        if names not in self._token_arguments:
            longer = self.process(prompt.text + MORE, prompt.images)
            self._token_arguments[names] = TokenArguments.compare(prompt.inputs, longer)
        return self._token_arguments[names]

    def tokenise(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """The tokens of each whole prompt, its images expanded as the processor expands them, and of what was said.

        The processor shows once for each set of images what stands in place of them; the text is then tokenised
        whole by the processor's own tokeniser, without preparing the images again. Where that is not
        what the processor gives, the processor is asked about every prompt.
        """
        expansions: dict[str, Expansion] = {}
        # One prompt for each set of images is enough to learn from.
        for key, prompt in {prompt.key: prompt for prompt in prompts}.items():
            if self._expands_itself:
                known = self._expansions.get(key)
                expansions[key] = self._learn_expansion(prompt) if known is None else known
        if not self._expands_itself:
            ids = [prompt.ids for prompt in prompts]
        else:
            ids = self._tokenise_expanded(prompts, expansions)
        return [[*tokens, *prompt.said] for tokens, prompt in zip(ids, prompts, strict=True)]

    def image_ends(self, ids: Sequence[Sequence[int]], prompts: Sequence[Prompt]) -> list[int]:
        """How many tokens of each prompt there are up to its last image token; see `image_end`.

        A prompt without an image is cut behind its first token, which all of a model's prompts have in common.
        """
        return [
            # Tokens of an answer are left out: one of them may be an image token by accident, and the prompt is cut at
            # its own.
            self.image_end(tokens[: len(tokens) - len(prompt.said)]) if prompt.images else 1
            for tokens, prompt in zip(ids, prompts, strict=True)
        ]

    def image_end(self, ids: Sequence[int]) -> int:
        """How many tokens there are up to the last image token, which is included.

        Raises
        ------
        ValueError : there is no image token, or nothing follows it
        """
        end = next((at for at in range(len(ids), 0, -1) if ids[at - 1] in self.image_tokens), 0)
        if not end:
            raise ValueError("no token of the prompt stands for an image")
        if end == len(ids):
            raise ValueError("no text stands behind the image")
        return end

    def readout(self, text: str, words: tuple[str, ...], forms: Sequence[str]) -> Readout:
        """Where to read `words` after the prompt `text`; an empty readout where there are no words."""
        if not words:
            return Readout((), {})
        # Merges reach back over a few characters only, and the end of a prompt is the template's.
        key = (text[-32:], words)
        if key not in self._readouts:
            special = self._special(text)

            def tokenise(whole: str) -> list[int]:
                return list(self.tokenizer(whole, **special)["input_ids"])

            self._readouts[key] = find_readout(text, words, forms, tokenise, self.tokenizer.unk_token_id)
        return self._readouts[key]

    def refuse(self, prompt: Prompt, texts: Sequence[str]) -> None:
        """Find out before it is asked whether the processor can take a prompt made of `texts`.

        Raises
        ------
        ValueError : a text holds what stands for an image, or the processor refuses the images
        """
        mark = str(getattr(self._processor, "image_token", None) or "")  # in some families it is no text
        # Such a text would be expanded as one more image, or leave an image without a place.
        if mark and any(mark in text for text in texts):
            raise ValueError(f"question or options hold {mark!r}, which stands for the image in this model")
        if prompt.key not in self._seen:
            self.process(prompt.text, prompt.images)
            self._seen.add(prompt.key)

    def _learn_expansion(self, prompt: Prompt) -> Expansion:
        key = prompt.key
        try:
            found = self._replacements(prompt) if prompt.images else ()
            [ids] = self._tokenise_expanded([prompt], {key: found})
        except Exception as error:  # a processor with ways of its own, which may fail in any way
            if ends_everything(error):
                raise
            self._expands_itself = False
            return ()
        self._expansions[key] = found
        # Believed only after the whole prompt came out as the processor itself makes it.
        self._expands_itself = ids == prompt.ids
        return found

    def _replacements(self, prompt: Prompt) -> Expansion:
        """What the processor says that it puts in place of each image.

        Raises
        ------
        ValueError : not as many texts as there are images
        """
        shown = self._called(prompt.text, prompt.images, return_text_replacement_offsets=True)
        [offsets] = shown["text_replacement_offsets"]
        found = tuple((str(offset["text"]), str(offset["replacement"])) for offset in offsets)
        if len(found) != len(prompt.images):
            raise ValueError("not one place for each image")
        return found

    def _tokenise_expanded(
        self, prompts: Sequence[Prompt], expansions: dict[str, Expansion]
    ) -> list[list[int]]:
        texts = [_expanded(prompt.text, expansions[prompt.key]) for prompt in prompts]
        ids: list[list[int]] = self.tokenizer(texts, **self._special(texts[0]))["input_ids"]
        return ids

    def _special(self, text: str) -> dict[str, bool]:
        """Whether the tokeniser adds its opening token: a template that writes it itself must not get a second one."""
        opening = self.tokenizer.bos_token
        return {"add_special_tokens": not (opening and text.startswith(opening))}


def _expanded(text: str, expansion: Expansion) -> str:
    """The text with what stands for each image in place of its mark; a later mark is looked for behind."""
    done, rest = "", text
    for mark, replacement in expansion:
        # Searched behind what was replaced, since a replacement may hold the mark itself, as many times as an image has
        # tokens.
        before, found, after = rest.partition(mark)
        done, rest = (done + before + replacement, after) if found else (done, rest)
    return done + rest
