"""Whether a way of reading gives what whole prompts read alone give, and whether this check could tell.

The trial is made of real prompts: the longest, so that windows bind, others beside it, and follow-ups to
their answers. A wrong variant is put through it too: if it is not clearly off, nothing is established.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.cached_prompts import FullPrompts, read_whole, stack_inputs
from vqa_canary.engines.local.decoding import Continuation, Reading, Request, log_softmax
from vqa_canary.engines.local.memory import ends_everything, is_out_of_memory
from vqa_canary.engines.local.packing import PackedRows
from vqa_canary.engines.local.prepared_images import image_key
from vqa_canary.engines.local.rendering import Prompt, Renderer
from vqa_canary.engines.negatives import another
from vqa_canary.engines.prompts import Chat, Prompts
from vqa_canary.seeding import generator_for

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from PIL.Image import Image

# Each prompt of a trial is read whole, by the way on trial and by its wrong variant, so a few have to do.
N_PROMPTS = 4
EXACT, ROUNDED = 1e-4, 0.1
"""Largest difference of a log-prob that is rounding, in standard deviations of the log-probs: in float32, and in types
of fewer bits."""
# A model may set the logits of tokens that it rules out to any huge negative number; differences among such numbers
# mean nothing and would hide all others.
_RULED_OUT = -1e4
POWER = 5
"""How many times further off the wrong variant has to be than the reading that is checked."""
_DRAWS = tuple(partial(generator_for, 0, "trial", f"sample {at}") for at in range(2))
_N_TOKENS = 3


@dataclass(frozen=True)
class Trial:
    """Prompts to read first, and what makes the follow-ups to their greedy answers."""

    requests: list[Request]
    follow_up: Callable[[list[str]], list[Request]]
    tokenizer: Any


@dataclass(frozen=True)
class Verdict:
    """Largest differences of log-probs to whole prompts, in standard deviations of the log-probs."""

    difference: float
    control: float
    limit: float

    @property
    def passed(self) -> bool:
        return self.difference <= self.limit < self.control and self.control >= POWER * self.difference

    def __str__(self) -> str:
        off = f"log-probs {self.difference:.1g} standard deviations from whole prompts (limit {self.limit:g})"
        if self.difference <= self.limit and not self.passed:
            return f"not established: {off}, but a wrong variant is only {self.control:.1g} off"
        return f"{off}; a wrong variant: {self.control:.1g}"


# The wrong variant of a tree makes the very mistake that packing could make: prompts of a row see one another. If the
# check does not notice that, it would not notice a wrong mask either.
class FlatRows(PackedRows):
    """Rows in which every node sees all that came before it, its own prompt or not."""

    def _grow(self, parents: NDArray[np.int64]) -> None:
        super()._grow(parents)
        self._visible |= np.tri(self.n_columns, dtype=bool)


# Ways of reading without a mask of their own can go wrong by giving a prompt another image's cache, so their wrong
# variant looks at another image.
class SwappedImages:
    """A reading that takes each image for its mirror image."""

    name, whole_shards = "swapped images", False

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def session(self) -> Reading:
        return SwappedImages(self._reading.session())

    def read(self, requests: Sequence[Request]) -> list[Continuation]:
        return self._reading.read(
            [replace(r, prompt=replace(r.prompt, images=_all_mirrored(r.prompt.images))) for r in requests]
        )


def make_trial(asked: Sequence[Asked], prompts: Prompts, renderer: Renderer) -> Trial:
    """The longest prompt and some of other texts, about images that are not square, and their mirror images.

    Every prompt shows as many images as the others do.
    """
    # The longest prompt reaches furthest over the windows of layers that see a part only. Others about the same
    # question share its row, where the way they branch is on trial.
    longest, *rest = sorted(asked, key=lambda one: len(one.prompt.text), reverse=True)
    rest.sort(key=lambda one: one.row != longest.row)
    chosen = list({one.prompt.text: one for one in (longest, *rest)}.values())[:N_PROMPTS]
    # A square hides rows and columns that were exchanged, and an image that equals its mirror image hides a swap.
    images = tuple(map(_oblong, _telling(asked, chosen[0])))
    # The mirrored images make a row of their own beside the others, so that rows that mix up show.
    shown = [(one, images) for one in chosen] + [(chosen[0], _all_mirrored(images))]
    requests = [
        Request(Prompt(one.prompt.text, seen, renderer), _DRAWS, (), _N_TOKENS, row=at == len(chosen))
        for at, (one, seen) in enumerate(shown)
    ]

    def follow_up(answers: list[str]) -> list[Request]:
        turns: list[tuple[Chat, tuple[Image, ...], object]] = []
        for (one, seen), answer, request in zip(shown, answers, requests, strict=True):
            options = one.instance.options
            turns.append((prompts.p_true_chat(one.chat, answer, 0, options), seen, request.row))
            turns.append((prompts.verbalized_chat(one.chat, answer), seen, request.row))
        return [Request(renderer.render(chat, seen), (), (), 2, row) for chat, seen, row in turns]

    return Trial(requests, follow_up, renderer.tokenizer)


def check_reading(reading: Reading, control: Reading, full: FullPrompts, trial: Trial) -> Verdict:
    """Hold `reading` against `full`, and `control`, a wrong variant of it, too."""
    import torch

    with torch.no_grad():
        right = full.session().read(trial.requests)
        # Follow-ups ask about the answers of the right reading for all three, so that they are compared on the same
        # prompts.
        answers = [trial.tokenizer.decode(one.greedy.tokens, skip_special_tokens=True) for one in right]
        follow_ups = trial.follow_up([answer.strip() for answer in answers])
        right = right + full.session().read(follow_ups)
        found = [_read_both(one, trial.requests, follow_ups) for one in (reading, control)]
    # Logits of one model may spread far wider than another's, so differences are counted in standard deviations of its
    # own log-probs.
    scale = _spread(np.concatenate([one.next_logprobs for one in right]))
    difference, off = (max(map(_difference, right, own)) / scale for own in found)
    return Verdict(difference, off, limit_of(full.loaded.model.dtype))


def unseen_image(alone: FullPrompts, trial: Trial) -> int | None:
    """Number, from 1, of the first image of the trial's first prompt that changes nothing when it is replaced; None
    where all are seen.

    What one prompt gives twice may differ on some devices; an image that changes no more than that is not seen.
    """
    import torch

    [request, *_] = trial.requests
    images = request.prompt.images

    def read(seen: tuple[Image, ...]) -> NDArray[np.float64]:
        [found] = alone.session().read([replace(request, prompt=replace(request.prompt, images=seen))])
        return _finite(found.next_logprobs)

    with torch.no_grad():
        first, again = read(images), read(images)
        noise = np.abs(first - again).max()
        # Every image is replaced in turn while the others stay.
        for at, image in enumerate(images):
            other = read((*images[:at], another(image), *images[at + 1 :]))
            if np.abs(first - other).max() <= noise:
                return at + 1
    return None


def reads_in_batches(alone: FullPrompts, trial: Trial) -> bool:
    """Whether two images of one shape give in one batch what each gives alone."""
    import torch

    pair = [replace(one, draws=(), max_new_tokens=0) for one in (trial.requests[0], trial.requests[-1])]
    with torch.no_grad():
        right = [one.next_logprobs for one in alone.session().read(pair)]
        try:
            together = replace(alone, batch_size=2).read(pair)
        except Exception as error:  # of any kind: what cannot be stacked fails anywhere in a model
            if ends_everything(error) or is_out_of_memory(error):
                raise
            return False
    off = max(
        np.abs(_finite(p) - _finite(q.next_logprobs)).max() for p, q in zip(right, together, strict=True)
    )
    # Of NaN nothing is said here; rows with it fail by themselves.
    return not off > limit_of(alone.loaded.model.dtype) * _spread(np.concatenate(right))


def limit_of(dtype: torch.dtype) -> float:
    """Largest difference that can be rounding in a type of numbers, in standard deviations of the log-probs."""
    import torch

    return EXACT if dtype == torch.float32 else ROUNDED


def check_decoding(alone: FullPrompts, trial: Trial) -> float:
    """How far log-probs along the likeliest tokens, read one by one over a cache, are from one pass over all
    of them, in standard deviations of the log-probs."""
    import torch

    model, prompt = alone.loaded.model, trial.requests[0].prompt
    inputs = stack_inputs(alone.loaded, [prompt.inputs])

    with torch.no_grad():
        rows, first = read_whole(alone.loaded, inputs)
        likeliest = np.argsort(-log_softmax(first[0]))
        # The likeliest tokens are those that an answer would hold. An end token or an image's would make the text
        # behind it something else than an answer.
        closing = alone.loaded.end_ids | alone.renderer.image_tokens
        tokens = [int(token) for token in likeliest if token not in closing][:_N_TOKENS]
        found = np.stack([rows.extend([(0, token)])[0] for token in tokens])
        longer = stack_inputs(alone.loaded, [prompt.lengthened(tokens)])
        whole = log_softmax(model(**longer, use_cache=False).logits[0, -len(tokens) :])
    return float(np.abs(_finite(found) - _finite(whole)).max() / _spread(whole))


def _spread(logprobs: NDArray[np.float64]) -> float:
    """Standard deviation of log-probs over the tokens that a model does not rule out."""
    return float(np.std(logprobs[logprobs > _RULED_OUT]))


def _read_both(reading: Reading, first: Sequence[Request], then: Sequence[Request]) -> list[Continuation]:
    # In one session, as in a run: follow-ups reuse what was read for the questions.
    session = reading.session()
    return session.read(first) + session.read(then)


def _difference(right: Continuation, found: Continuation) -> float:
    """Largest difference of log-probs after the prompt, and along both answers as long as they are the same."""
    values = [np.abs(_finite(right.next_logprobs) - _finite(found.next_logprobs)).max()]
    pairs = zip([right.greedy, *right.samples], [found.greedy, *found.samples], strict=True)
    for one, other in pairs:
        for token, same, p, q in zip(one.tokens, other.tokens, one.logprobs, other.logprobs, strict=False):
            # Where one reading chose another token, the answers are about different texts from there on.
            if token != same:
                break
            values.append(abs(p - q))
    return float(np.max(values))  # NaN stays NaN, and fails


def _finite(logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log-probs with one value for all tokens that are ruled out: they agree where both sides rule them out, and
    are far apart where one does."""
    return np.maximum(logprobs, _RULED_OUT)


def _telling(asked: Sequence[Asked], otherwise: Asked) -> tuple[Image, ...]:
    """The first images that differ from their mirror images, and from one another."""
    for images in (one.prompt.images for one in asked):
        if all(map(_has_sides, images)) and len(set(map(image_key, images))) == len(images):
            return images
    return otherwise.prompt.images


def _all_mirrored(images: Sequence[Image]) -> tuple[Image, ...]:
    return tuple(map(_mirrored, images))


def _has_sides(image: Image) -> bool:
    return image.tobytes() != _mirrored(image).tobytes()


def _oblong(image: Image) -> Image:
    width, height = image.size
    return image.crop((0, 0, width, max(1, height * 3 // 4))) if width == height else image


def _mirrored(image: Image) -> Image:
    from PIL import ImageOps

    return ImageOps.mirror(image)
