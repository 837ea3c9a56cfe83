"""The prompts with which a way of reading has to prove itself: real ones, the longest among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.decoding import Request
from vqa_canary.engines.local.prepared_images import image_key
from vqa_canary.engines.local.rendering import Prompt, Renderer
from vqa_canary.engines.local.sampler import Draw
from vqa_canary.engines.prompts import Chat, Prompts

if TYPE_CHECKING:
    from PIL.Image import Image

# Each prompt of a trial is read whole, by the way on trial and by its wrong variant, so a few have to do.
N_PROMPTS = 4
_DRAWS = tuple(Draw.of(0, "trial", at) for at in range(2))
FEW_TOKENS = 3
"""Tokens of an answer where a way of reading does not depend on how many there are."""
_FEWEST_COLUMNS = 4096
"""A tree is checked up to at least so many columns, so that a few longer prompts ask for no new check."""
_FOLLOW_UPS = 128
"""Columns for the text of both follow-ups and for what opens an answer."""
MOST_TOKENS = 256
"""Most tokens that a trial decodes one by one. Answers that may be longer are begun for it, so that the last of these
stand as deep as the last of theirs."""


@dataclass(frozen=True)
class Trial:
    """Prompts to read first, and what makes the follow-ups to their greedy answers."""

    requests: list[Request]
    follow_up: Callable[[list[str]], list[Request]]
    tokenizer: Any


def make_trial(
    asked: Sequence[Asked], prompts: Prompts, renderer: Renderer, n_tokens: int = FEW_TOKENS
) -> Trial:
    """The longest prompt and some of other texts, about images that are not square, and their mirror images.

    Every prompt shows as many images as the others do. Answers to them end at `n_tokens` and nowhere before.
    """
    # The longest prompt reaches furthest over the windows of layers that see a part only. Others about the same
    # question share its row, where the way they branch is on trial.
    longest, *rest = sorted(asked, key=lambda one: len(one.prompt.text), reverse=True)
    rest.sort(key=lambda one: one.row != longest.row)
    chosen = list({one.prompt.text: one for one in (longest, *rest)}.values())[:N_PROMPTS]
    # A square hides rows and columns that were exchanged, and an image that equals its mirror image hides a swap.
    images = tuple(map(_oblong, _telling(asked, chosen[0])))
    # The mirrored images make a row of their own beside the others, so that rows that mix up show.
    shown = [(one, images) for one in chosen] + [(chosen[0], all_mirrored(images))]
    begun = tuple(islice(cycle(_words_of(longest.prompt)), max(0, n_tokens - MOST_TOKENS)))
    requests = [
        Request(
            Prompt(one.prompt.text, seen, renderer, begun),
            _DRAWS,
            (),
            min(n_tokens, MOST_TOKENS),
            row=at == len(chosen),
            endless=True,
        )
        for at, (one, seen) in enumerate(shown)
    ]

    def follow_up(answers: list[str]) -> list[Request]:
        turns: list[tuple[Chat, tuple[Image, ...], object]] = []
        for (one, seen), answer, request in zip(shown, answers, requests, strict=True):
            options = one.instance.options
            turns.append((prompts.p_true_chat(one.chat, answer, 0, options), seen, request.row))
            turns.append((prompts.verbalized_chat(one.chat, answer), seen, request.row))
        return [
            Request(renderer.render(chat, seen), (), (), 2, row, endless=True) for chat, seen, row in turns
        ]

    return Trial(requests, follow_up, renderer.tokenizer)


def n_columns(asked: Sequence[Asked], n_tokens: int, n_more: int = 0) -> int:
    """A bound on the columns that a row of these instances takes in a packed tree, rounded up to a power of two.

    Each prompt is read once, and twice more in its follow-ups, each of which holds the whole answer and some text.

    Parameters
    ----------
    n_more : how many further prompts of the same words each instance has, with an answer each
    """
    columns: dict[object, int] = {}
    for one in asked:
        own = (3 + n_more) * (len(_words_of(one.prompt)) + n_tokens) + _FOLLOW_UPS
        columns[one.row] = columns.get(one.row, 0) + own
    return max(_FEWEST_COLUMNS, 1 << max(columns.values()).bit_length())


def _words_of(prompt: Prompt) -> list[int]:
    """The tokens behind the images."""
    ids = prompt.ids
    return ids[prompt.renderer.image_end(ids) :]


def _telling(asked: Sequence[Asked], otherwise: Asked) -> tuple[Image, ...]:
    """The first images that differ from their mirror images, and from one another."""
    for images in (one.prompt.images for one in asked):
        if all(map(_has_sides, images)) and len(set(map(image_key, images))) == len(images):
            return images
    return otherwise.prompt.images


def all_mirrored(images: Sequence[Image]) -> tuple[Image, ...]:
    return tuple(map(_mirrored, images))


def _has_sides(image: Image) -> bool:
    return image.tobytes() != _mirrored(image).tobytes()


def _oblong(image: Image) -> Image:
    width, height = image.size
    return image.crop((0, 0, width, max(1, height * 3 // 4))) if width == height else image


def _mirrored(image: Image) -> Image:
    from PIL import ImageOps

    return ImageOps.mirror(image)
