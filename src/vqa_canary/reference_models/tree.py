"""Token sequences about one image packed as a prefix tree, so that what they share is read once.

Every token sees exactly its ancestors and stands at its depth, so each sequence looks to the model
as it does alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

T = TypeVar("T")


@dataclass
class TokenTree(Generic[T]):
    """The tokens of one row, in an order in which parents precede children, and what is to be learnt."""

    ids: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """For each token the index of the token before it in its sequence; -1 for the first."""
    depths: list[int] = field(default_factory=list)
    targets: list[tuple[int, T]] = field(default_factory=list)
    """Pairs of the index of a token and what is to be predicted after it."""
    _children: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, ids: Sequence[int], targets: Sequence[tuple[int, T]] = ()) -> list[int]:
        """Add a sequence; its targets stand at positions in `ids`. Returns the index of each token."""
        path: list[int] = []
        parent = -1
        for depth, token in enumerate(ids):
            known = self._children.get((parent, token))
            if known is None:
                known = self._children[parent, token] = len(self.ids)
                self.ids.append(token)
                self.parents.append(parent)
                self.depths.append(depth)
            parent = known
            path.append(known)
        self.targets += [(path[position], target) for position, target in targets]
        return path

    def ancestry(self) -> NDArray[np.bool_]:
        """Which tokens each token sees, shape [n, n]: token q (row) sees itself and its ancestors among the tokens k
        (column)."""
        seen = np.zeros((len(self.ids), len(self.ids)), bool)
        for index, parent in enumerate(self.parents):
            if parent >= 0:
                seen[index] = seen[parent]
            seen[index, index] = True
        return seen


def forward(
    model: PreTrainedModel,
    trees: Sequence[TokenTree[T]],
    pixels: torch.Tensor,
    spots: Sequence[tuple[int, int]],
) -> torch.Tensor:
    """Logits, shape [spots, words], after the tokens at `spots` (tree, index of the token).

    Parameters
    ----------
    pixels : shape [trees, channels, rows, columns]: each tree holds one image
    """
    several = model.config.model_type == "idefics3"  # its pixels have an axis for images of a row
    hidden = model.model(
        pixel_values=pixels[:, None] if several else pixels, use_cache=False, **stack(trees)
    ).last_hidden_state
    rows, indices = zip(*spots, strict=True)
    return model.lm_head(hidden[list(rows), list(indices)])


def stack(trees: Sequence[TokenTree[T]]) -> dict[str, torch.Tensor]:
    """Trees side by side: `input_ids` and `position_ids` [B, L], additive `attention_mask` [B, 1, L, L], float32.

    Padding has id 0 and sees only itself.
    """
    import torch

    length = max(len(tree.ids) for tree in trees)
    ids = np.zeros((len(trees), length), np.int64)
    positions = np.zeros((len(trees), length), np.int64)
    seen = np.broadcast_to(np.eye(length, dtype=bool), (len(trees), length, length)).copy()
    for row, tree in enumerate(trees):
        n = len(tree.ids)
        ids[row, :n], positions[row, :n] = tree.ids, tree.depths
        seen[row, :n, :n] = tree.ancestry()
    mask = np.where(seen, np.float32(0), np.finfo(np.float32).min)[:, None]
    return {
        "input_ids": torch.from_numpy(ids),
        "position_ids": torch.from_numpy(positions),
        "attention_mask": torch.from_numpy(mask),
    }
