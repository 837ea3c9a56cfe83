"""Sequences of one length as rows of a model's own cache."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.local.decoding import Way
from vqa_canary.engines.local.families import node_arguments
from vqa_canary.engines.local.sampler import Distributions
from vqa_canary.engines.local.seats import Seats

if TYPE_CHECKING:
    import torch


class CachedRows:
    """Sequences of one length, a row each in the model's cache.

    Parameters
    ----------
    inputs : the arguments that were read so far
    """

    def __init__(self, model: Any, cache: Any, inputs: dict[str, Any]) -> None:
        import torch

        self._model, self._cache, self._inputs = model, cache, inputs
        self._length, self._device = inputs["input_ids"].shape[1], inputs["input_ids"].device
        self._rows = torch.arange(len(inputs["input_ids"]), device=self._device)
        self._seats = Seats(len(self._rows))
        # Families that shift the positions behind an image keep by how much; the model overwrites it when it reads the
        # next prompt.
        deltas = getattr(getattr(model, "model", None), "rope_deltas", None)
        self._deltas = None if deltas is None else deltas.reshape(-1, 1).clone()

    def repeated(self, rows: Sequence[int]) -> CachedRows:
        """A copy of the given rows, each as often as it is named."""
        twin = copy.copy(self)
        twin._cache = copy.deepcopy(self._cache)
        twin._select(rows)
        twin._seats = Seats(len(rows))
        return twin

    def extend(self, ways: Sequence[Way]) -> Distributions:
        """Read one more token along each way; the ways become the rows."""
        self._make_room()
        sources, tokens, row_of = self._seats.take(ways)
        self._select(sources)
        after = self.read([[token] for token in tokens])
        return Distributions.of_rows(after.logits, row_of)

    def read(self, tokens: Sequence[Sequence[int]]) -> Distributions:
        """What may follow equally many more tokens in each row."""
        import torch

        ids = torch.as_tensor(tokens, dtype=torch.long, device=self._device)
        positions = {}
        if self._deltas is not None:
            steps = torch.arange(self._length, self._length + ids.shape[1], device=self._device)
            positions = {"position_ids": self._deltas + steps}
        output = self._model(
            input_ids=ids,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
            **positions,
            **node_arguments(self._inputs, self._rows, ids.shape[1]),
        )
        self._cache, self._length = output.past_key_values, self._length + ids.shape[1]
        return Distributions(output.logits[:, -1])

    def _make_room(self) -> None:
        """Let the library's layers that grow by copying themselves give way to those that have room. A cache of another
        build, such as one made of two, stays as it is."""
        from transformers.cache_utils import DynamicLayer

        from vqa_canary.engines.local.caches import RoomyLayer

        layers = getattr(self._cache, "layers", [])
        layers[:] = [
            RoomyLayer(one) if type(one) is DynamicLayer and one.is_initialized else one for one in layers
        ]

    def _select(self, rows: Sequence[int]) -> None:
        import torch

        if list(rows) == list(range(len(self._rows))):
            return
        index: torch.Tensor = torch.as_tensor(rows, dtype=torch.long, device=self._device)
        self._cache.reorder_cache(index)
        self._rows = self._rows[index]
        if self._deltas is not None:
            self._deltas = self._deltas[index]
