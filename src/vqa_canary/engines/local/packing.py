"""Trees of tokens over a shared cache: new nodes of every row in one packed pass."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.engines.local.cached_prompts import stack_inputs
from vqa_canary.engines.local.families import layer_masks, node_arguments

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from vqa_canary.engines.local.features import FeatureStore
    from vqa_canary.engines.local.loading import Loaded

ROOT = -1
"""Stands for the parent of a node that follows the prefix itself."""
PAD = -2
"""Stands for the parent of a node that only fills up a row, and that nothing sees."""


class Prefix:
    """The part up to and including the image, read for images of one shape.

    Parameters
    ----------
    inputs : for each image the arguments of a prompt about it, up to that part's end
    keys : what tells the images apart
    length : tokens up to and including the image, equal for all
    """

    def __init__(
        self,
        loaded: Loaded,
        features: FeatureStore,
        inputs: Sequence[dict[str, Any]],
        keys: Sequence[str],
        length: int,
    ) -> None:
        from transformers import DynamicCache

        prompts = [stack_inputs(loaded, [one]) for one in inputs]
        self.loaded, self.length = loaded, length
        self.inputs = stack_inputs(loaded, inputs)

        def read(shown: dict[str, Any]) -> None:
            # Without a configuration it keeps what a sliding layer has left behind, which the mask hides.
            self.cache = DynamicCache()
            # Only the cache is wanted here. Logits of every token of the prefix would be as many numbers as the
            # vocabulary has tokens, times the prefix.
            loaded.model(**shown, past_key_values=self.cache, use_cache=True, logits_to_keep=1)

        features.show(read, self.inputs, prompts, keys)
        # Families with positions in space and time (Qwen-VL) count an image's tokens by its grid, and keep by how much
        # the text behind it is shifted.
        deltas = getattr(getattr(loaded.model, "model", None), "rope_deltas", None)
        self.deltas = None if deltas is None else deltas.reshape(-1, 1)


class PackedRows:
    """Rows that each grow a tree of their own behind an image of `prefix`.

    A node is read once: its column in the cache is its name. Columns of a row are those of the other
    rows too, so a row with fewer new nodes gets filling that nothing sees.

    Parameters
    ----------
    image_of : for each row the place of its image in `prefix`
    """

    def __init__(self, prefix: Prefix, image_of: Sequence[int]) -> None:
        import torch

        self._prefix, self._loaded, self._length = prefix, prefix.loaded, prefix.length
        self._visible = np.zeros((len(image_of), 0, 0), dtype=bool)
        self._depths = np.zeros((len(image_of), 0), dtype=np.int64)
        self._rows = torch.as_tensor(image_of, dtype=torch.long, device=self._loaded.device)
        self._deltas = None if prefix.deltas is None else prefix.deltas[self._rows]
        # Reading on writes into the cache, and other rows grow from the same prefix.
        self._cache = copy.deepcopy(prefix.cache)
        if list(image_of) != list(range(len(prefix.inputs["input_ids"]))):
            self._cache.reorder_cache(self._rows)

    @property
    def n_columns(self) -> int:
        """Number of nodes that each row has room for so far."""
        return self._depths.shape[1]

    def read(self, tokens: NDArray[np.int64], parents: NDArray[np.int64], n_wanted: int) -> torch.Tensor:
        """Logits after the first `n_wanted` new nodes of each row, shape (rows, n_wanted, vocabulary).

        Parameters
        ----------
        tokens, parents : shape (rows, new nodes); a parent is a column, `ROOT` or `PAD`. The new nodes
            take the next columns, and a parent may be among them.
        """
        import torch

        device, rows = self._loaded.device, len(tokens)
        start, new = self.n_columns, tokens.shape[1]
        self._grow(parents)
        # Everybody sees the whole prefix; of the nodes, new and old, a node sees its own ancestors and itself alone.
        # That is all that keeps prompts in one row from one another.
        seen = torch.ones((rows, new, self._length + start + new), dtype=torch.bool, device=device)
        seen[:, :, self._length :] = torch.from_numpy(self._visible[:, start:]).to(device)
        # A node's position is its depth in its own prompt, not its column: siblings stand at the same position, as they
        # do in prompts that are read alone.
        prefix = np.broadcast_to(np.arange(self._length), (rows, self._length))
        key_depths = torch.from_numpy(np.concatenate([prefix, self._depths], axis=1)).to(device)
        depths = key_depths[:, self._length + start :]
        positions = depths if self._deltas is None else depths + self._deltas
        output = self._loaded.model(
            input_ids=torch.from_numpy(tokens).to(device),
            attention_mask=self._masks(seen, depths, key_depths),
            position_ids=self._positions(positions),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=torch.arange(n_wanted, device=device),
            **node_arguments(self._prefix.inputs, self._rows, new),
        )
        logits: torch.Tensor = output.logits
        return logits

    def _masks(self, seen: torch.Tensor, depths: torch.Tensor, key_depths: torch.Tensor) -> Any:
        model = self._loaded.model
        return layer_masks(model.config, seen, depths, key_depths, model.dtype)

    def _positions(self, positions: torch.Tensor) -> torch.Tensor:
        return positions

    def _grow(self, parents: NDArray[np.int64]) -> None:
        """Write down what the new nodes see, and how deep they stand: their parents first."""
        rows, new = parents.shape
        start, total = self.n_columns, self.n_columns + new
        visible = np.zeros((rows, total, total), dtype=bool)
        visible[:, :start, :start] = self._visible
        # A node sees itself. Filling does, too: attention over no key at all would be NaN, which spreads.
        visible[:, range(start, total), range(start, total)] = True
        # Nodes that begin a path, and filling, stand right behind the prefix.
        depths = np.concatenate([self._depths, np.full((rows, new), self._length)], axis=1)
        done = np.concatenate([np.ones((rows, start), dtype=bool), parents < 0], axis=1)
        # Parents may be new as well, so nodes are done generation by generation; each round is one step of numpy over
        # all rows, however many nodes there are.
        while not done.all():
            row, column = np.nonzero(~done)
            parent = parents[row, column - start]
            ready = done[row, parent]
            row, column, parent = row[ready], column[ready], parent[ready]
            visible[row, column] |= visible[row, parent]
            depths[row, column] = depths[row, parent] + 1
            done[row, column] = True
        self._visible, self._depths = visible, depths
