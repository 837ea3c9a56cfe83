"""Reading prompts as rows of a batch: each whole, or the part behind the image over a repeated cache."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.engines.local.cached_rows import CachedRows
from vqa_canary.engines.local.decoding import Continuation, Request, answer
from vqa_canary.engines.local.families import image_batch
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.sampler import Distributions
from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from vqa_canary.engines.local.loading import Loaded
    from vqa_canary.engines.local.memory import Memory


@dataclass(frozen=True)
class FullPrompts:
    """Every prompt read whole: exact for any architecture, slow, and the oracle of the faster readings.

    Prompts of one length go through the model together, so that they need no padding, and positions
    and masks are the model's own: the arithmetic of a lone prompt.
    """

    loaded: Loaded
    renderer: Renderer
    race: Race
    batch_size: int

    name = "full prompts"
    whole_shards = True

    def session(self) -> FullPrompts:
        """This reading itself, since it keeps nothing from one prompt to the next."""
        return self

    def read(self, requests: Sequence[Request]) -> list[Continuation]:
        """What follows each prompt, in order."""
        for request in sorted(requests, key=lambda one: one.prompt.key):
            _ = (
                request.prompt.inputs
            )  # prepared one after the other, prompts about one image share its pixels
        shapes = [
            (
                # Only requests of one shape make a batch: padding would need masks and positions of our own, and this
                # is the reading that the others are held to.
                image_batch(self.loaded, request.prompt.key),
                len(request.prompt.said),
                *request.prompt.shapes,
            )
            for request in requests
        ]
        return _in_batches(requests, shapes, self.batch_size, self._read_batch, self.loaded.memory)

    def _read_batch(self, requests: Sequence[Request]) -> list[Continuation]:
        inputs = stack_inputs(self.loaded, [request.prompt.inputs for request in requests])
        rows, first = read_whole(self.loaded, inputs)
        length = inputs["input_ids"].shape[1]
        # What was said before a place is decoded token by token over the cache, as it was when the model said it, so
        # that its numbers are those of the answer itself.
        found = continue_rows(self, rows, self._behind_what_was_said(rows, first, requests), requests)
        return [replace(one, prompt_tokens=length, tokens_read=length) for one in found]

    def _behind_what_was_said(
        self, rows: CachedRows, first: torch.Tensor, requests: Sequence[Request]
    ) -> Distributions:
        """What may follow what was said after each prompt, read token by token, as an answer is decoded: for a
        prefix-LM, too, which sees no answer as part of its prompt."""
        found = Distributions(first)
        for tokens in zip(*(request.prompt.said for request in requests), strict=True):
            found = rows.extend(list(enumerate(tokens)))
        return found


class RepeatedCache:
    """The part up to the image read once for all prompts about it, and its cache copied for each."""

    name = "repeated cache"
    whole_shards = False

    def __init__(self, loaded: Loaded, renderer: Renderer, race: Race, batch_size: int) -> None:
        self.loaded, self.renderer, self.race = loaded, renderer, race
        self.batch_size = batch_size
        self._prefixes: dict[tuple[str, tuple[int, ...]], CachedRows] = {}

    def session(self) -> RepeatedCache:
        """A reading of the same model that knows no prefix yet."""
        return RepeatedCache(self.loaded, self.renderer, self.race, self.batch_size)

    def read(self, requests: Sequence[Request]) -> list[Continuation]:
        """What follows each prompt, in order."""
        prompts = [request.prompt for request in requests]
        ids = self.renderer.tokenise(prompts)
        cuts = self.renderer.image_ends(ids, prompts)
        keys = [(r.prompt.key, tuple(t[:cut])) for r, t, cut in zip(requests, ids, cuts, strict=True)]
        # In reverse, so that of several requests about one prefix the first one reads it and is charged with it.
        new = {key: at for at, key in reversed(list(enumerate(keys))) if key not in self._prefixes}
        for key, at in new.items():
            self._prefixes[key] = self._prefix(requests[at], cuts[at])
        paid = set(new.values())
        # Batches come in an order of their own, so that what belongs to a request is found by its identity.
        suffixes = {id(r): tuple(t[cut:]) for r, t, cut in zip(requests, ids, cuts, strict=True)}
        prefix_of = {id(request): key for request, key in zip(requests, keys, strict=True)}

        def read_batch(batch: Sequence[Request]) -> list[Continuation]:
            # A copy for each batch: reading on writes into the cache, and the prefix is wanted again.
            rows = self._prefixes[prefix_of[id(batch[0])]].repeated([0] * len(batch))
            first = rows.read([suffixes[id(request)] for request in batch])
            return continue_rows(self, rows, first, batch)

        # Equal lengths again, so that no row is padded.
        shapes = [(key, len(suffixes[id(r)])) for r, key in zip(requests, keys, strict=True)]
        found = _in_batches(requests, shapes, self.batch_size, read_batch, self.loaded.memory)
        return [
            replace(
                one, prompt_tokens=len(ids[at]), tokens_read=len(ids[at]) - (0 if at in paid else cuts[at])
            )
            for at, one in enumerate(found)
        ]

    def _prefix(self, request: Request, length: int) -> CachedRows:
        inputs = stack_inputs(self.loaded, [request.prompt.cut(length)])
        rows, _ = read_whole(self.loaded, inputs)
        return rows


def continue_rows(
    reading: Any, rows: CachedRows, first: Distributions, requests: Sequence[Request]
) -> list[Continuation]:
    """Answers over rows that hold the prompts of `requests`, which ask for the same openings."""
    openings = requests[0].openings
    opened: list[dict[int, NDArray[np.float64]]] = [{} for _ in requests]
    if openings:
        ways = [(at, token) for at in range(len(requests)) for token in openings]
        # On a copy: the answers below go on from the prompts themselves, not from behind an opening.
        after = rows.repeated(range(len(requests))).extend(ways).numpy
        for (at, token), logprobs in zip(ways, after, strict=True):
            opened[at][token] = logprobs
    starts = [Continuation(*one) for one in zip(first.numpy, opened, strict=True)]
    return answer(rows, first, starts, requests, reading.loaded.end_ids, reading.race)


_NO_CACHE = "makes no cache by itself"


def read_whole(loaded: Loaded, inputs: dict[str, Any]) -> tuple[CachedRows, torch.Tensor]:
    """Prompts of one length in one pass: rows that go on from their ends, and logits there, (prompts, vocabulary).

    Raises
    ------
    BadInput : the model keeps no cache, so nothing can be read on from what was read
    """
    from transformers import DynamicCache

    def read(**cache: Any) -> Any:
        return loaded.model(**inputs, use_cache=True, logits_to_keep=1, **cache)

    output = None if _NO_CACHE in loaded.habits else read()
    if output is None or getattr(output, "past_key_values", None) is None:
        loaded.habits.add(_NO_CACHE)
        output = read(past_key_values=DynamicCache(config=loaded.model.config))
    if getattr(output, "past_key_values", None) is None:
        raise BadInput(
            f"model type {loaded.model.config.model_type!r}: its forward pass gives back no cache (past_key_values), "
            "and this engine reads answers over one. Take a model of another family, or serve this one and ask it "
            "through the engine `endpoint`"
        )
    return CachedRows(loaded.model, output.past_key_values, inputs), output.logits[:, -1]


def stack_inputs(loaded: Loaded, inputs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The arguments of several prompts as one batch, on the model's device and in its dtype."""
    return {key: _stacked(loaded, [one[key] for one in inputs]) for key in inputs[0]}


def _stacked(loaded: Loaded, values: Sequence[Any]) -> Any:
    import torch

    if not isinstance(values[0], torch.Tensor):  # a list by image, of sizes or of tensors
        return [
            _stacked(loaded, [one]) if isinstance(one, torch.Tensor) else one for own in values for one in own
        ]
    value = torch.cat(list(values)).to(loaded.device)
    # The processor gives pixels in float32, whatever the model computes in; token ids and masks stay whole numbers.
    return value.to(loaded.model.dtype) if value.is_floating_point() else value


def _in_batches(
    requests: Sequence[Request], shapes: Sequence[object], size: int, read: Any, memory: Memory
) -> list[Continuation]:
    """Read requests of one shape and the same openings together, at most `size` at a time and as memory allows."""
    groups: dict[object, list[int]] = defaultdict(list)
    for at, (request, shape) in enumerate(zip(requests, shapes, strict=True)):
        groups[shape, request.openings].append(at)
    found: dict[int, Continuation] = {}
    for group in groups.values():
        for start in range(0, len(group), size):
            batch = group[start : start + size]
            found |= zip(batch, memory.in_halves([requests[at] for at in batch], read), strict=True)
    return [found[at] for at in range(len(requests))]
