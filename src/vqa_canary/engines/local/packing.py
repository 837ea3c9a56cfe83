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
        from vqa_canary.engines.local.caches import TreeCache

        prompts = [stack_inputs(loaded, [one]) for one in inputs]
        self.loaded, self.length = loaded, length
        self.inputs = stack_inputs(loaded, inputs)

        def read(shown: dict[str, Any]) -> None:
            self.cache = TreeCache()
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
    beyond : how many more columns the model is told of than there are
    """

    def __init__(self, prefix: Prefix, image_of: Sequence[int], beyond: int = 0) -> None:
        import torch

        self._prefix, self.loaded, self._length = prefix, prefix.loaded, prefix.length
        self._parents = np.zeros((len(image_of), 0), dtype=np.int64)
        self._depths = np.zeros((len(image_of), 0), dtype=np.int64)
        self.images = torch.as_tensor(image_of, dtype=torch.long, device=self.loaded.device)
        # Reading on writes into the cache, and other rows grow from the same prefix.
        self.cache = copy.deepcopy(prefix.cache)
        self.cache.beyond = beyond
        if list(image_of) != list(range(len(prefix.inputs["input_ids"]))):
            self.cache.reorder_cache(self.images)
        self._lengths = [layer.get_seq_length() for layer in self.cache.layers]

    @property
    def n_rows(self) -> int:
        return len(self._depths)

    @property
    def n_columns(self) -> int:
        """Number of nodes that each row has room for so far."""
        return self._depths.shape[1]

    @property
    def fixed_layers(self) -> list[bool]:
        """Once nodes were read: of each layer whether these added nothing to it, since its keys are those of an image
        that text attends to by itself (Mllama). How many keys there are does not tell: they may be as many as tokens.
        """
        pairs = zip(self.cache.layers, self._lengths, strict=True)
        return [0 < before == layer.get_seq_length() for layer, before in pairs]

    @property
    def inputs(self) -> dict[str, torch.Tensor]:
        """The arguments with which the prefix was read, a row for each image."""
        return self._prefix.inputs

    def read(self, tokens: NDArray[np.int64], parents: NDArray[np.int64], n_wanted: int) -> torch.Tensor:
        """Logits after the first `n_wanted` new nodes of each row, shape (rows, n_wanted, vocabulary).

        Parameters
        ----------
        tokens, parents : shape (rows, new nodes); a parent is a column, `ROOT` or `PAD`. The new nodes
            take the next columns, and a parent may be among them.
        """
        import torch

        device, (rows, new) = self.loaded.device, tokens.shape
        start = self.n_columns
        self._grow(parents)
        row, column = np.divmod(np.arange(rows * new), new)
        seen = self.seen_from(row, start + column).view(rows, new, -1)
        key_depths = self.key_depths
        depths = key_depths[:, self._length + start :]
        output = self.loaded.model(
            input_ids=torch.from_numpy(tokens).to(device),
            attention_mask=self.masks(seen, depths, key_depths),
            position_ids=self.positions(depths, torch.arange(rows, device=device)),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=torch.arange(n_wanted, device=device),
            **node_arguments(self.inputs, self.images, new),
        )
        logits: torch.Tensor = output.logits
        return logits

    def seen_from(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> torch.Tensor:
        """What nodes see, boolean, shape (nodes, prefix + columns): the whole prefix, their ancestors, themselves.

        That is all that keeps prompts in one row from one another.

        Parameters
        ----------
        rows, columns : of each node, shape (nodes,)
        """
        import torch

        seen = torch.ones((len(rows), self._length + self.n_columns), dtype=torch.bool)
        seen[:, self._length :] = torch.from_numpy(self._visible(rows, columns))
        return seen.to(self.loaded.device)

    @property
    def key_depths(self) -> torch.Tensor:
        """How deep each token stands in its own prompt, shape (rows, prefix + columns).

        A node's position is that, not its column: siblings stand at the same position, as they do in prompts that are
        read alone.
        """
        import torch

        prefix = np.broadcast_to(np.arange(self._length), (self.n_rows, self._length))
        return torch.from_numpy(np.concatenate([prefix, self._depths], axis=1)).to(self.loaded.device)

    def masks(self, seen: torch.Tensor, depths: torch.Tensor, key_depths: torch.Tensor) -> Any:
        """The model's attention mask for nodes that see so much: see `layer_masks`."""
        model = self.loaded.model
        return layer_masks(model.config, seen, depths, key_depths, model.dtype)

    def positions(self, depths: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """The model's positions of nodes at `depths`, shape (n, nodes), which belong to `rows`, shape (n,)."""
        deltas = self._prefix.deltas
        return depths if deltas is None else depths + deltas[self.images[rows]]

    def _visible(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For each node the columns of its ancestors and its own, shape (nodes, columns)."""
        visible = np.zeros((len(rows), self.n_columns), dtype=bool)
        node = np.arange(len(rows))
        # All nodes walk up at once, a generation a turn. Filling sees itself alone: attention over no key at all would
        # be NaN, which spreads.
        while len(node):
            visible[node, columns] = True
            columns = self._parents[rows, columns]
            on = columns >= 0
            node, rows, columns = node[on], rows[on], columns[on]
        return visible

    def _grow(self, parents: NDArray[np.int64]) -> None:
        """Write down the parents of the new nodes, and how deep these stand: their parents first."""
        rows, new = parents.shape
        start = self.n_columns
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
            depths[row, column] = depths[row, parent] + 1
            done[row, column] = True
        self._parents, self._depths = np.concatenate([self._parents, parents], axis=1), depths
