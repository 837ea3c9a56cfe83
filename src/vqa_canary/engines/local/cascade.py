"""Answers as rows behind a tree of prompts: what all have in common is attended to once, what each has said beside it.

A packed pass lets every branch attend to the columns of all others and masks them, so that long answers cost the square
of their number. Here a branch has columns of its own. Its attention goes over two parts, the columns that were read
before any answer and its own, under one softmax; the first part is stored once, whoever reads it. Shared-prefix
attention of this kind is what Juravsky et al. (2024), "Hydragen", describe.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.engines.local.decoding import Way
from vqa_canary.engines.local.families import node_arguments
from vqa_canary.engines.local.sampler import Distributions
from vqa_canary.engines.local.seats import Seats

if TYPE_CHECKING:
    import torch

    from vqa_canary.engines.local.packing import PackedRows

NAME = "vqa_canary_cascade"
"""Under this name the library finds `attend`."""


class UnfitAttention(Exception):
    """A model attends in a way that cannot be had in two parts. Its answers are read as nodes of the tree instead."""


@dataclass(frozen=True)
class Slots:
    """Where each branch stands among those of its row.

    Rows may have unequally many branches; those with fewer are filled up, and what fills them up is read by nobody.
    """

    rows: torch.Tensor
    """Row of each branch, shape (branches,)."""
    places: torch.Tensor
    """Place of each branch within its row, shape (branches,)."""
    members: torch.Tensor
    """The branch in each place, shape (rows, most branches of a row)."""

    @classmethod
    def of(cls, rows: torch.Tensor, n_rows: int) -> Slots:
        import torch

        counts = torch.bincount(rows, minlength=n_rows)
        order = rows.argsort(stable=True)
        starts = counts.cumsum(0) - counts
        places = torch.empty_like(rows)
        places[order] = torch.arange(len(rows), device=rows.device) - starts[rows[order]]
        members = torch.zeros((n_rows, int(counts.max())), dtype=torch.long, device=rows.device)
        members[rows, places] = torch.arange(len(rows), device=rows.device)
        return cls(rows, places, members)

    def spread(self, values: torch.Tensor) -> torch.Tensor:
        """From (branches, ...) to (rows, places, ...)."""
        return values[None] if len(self.members) == 1 else values[self.members.to(values.device)]

    def gather(self, values: torch.Tensor) -> torch.Tensor:
        """From (rows, places, ...) to (branches, ...)."""
        if len(self.members) == 1:
            return values[0]
        return values[self.rows.to(values.device), self.places.to(values.device)]


@dataclass
class _Attended:
    """What the layers of a running pass attend to."""

    shared: list[Any]
    """Layers of the cache that was there before any answer, shape of each (rows, heads, columns, width)."""
    own: Any
    """The cache with the branches' own columns."""
    slots: Slots


_running: ContextVar[_Attended] = ContextVar("attended")


class Cascade:
    """Branches that go on from nodes of a packed tree, one token a pass.

    Parameters
    ----------
    grown : the tree as it stands; it must not grow while its branches do
    leaves : row and column of the node that each branch goes on from
    room : most branches, and most tokens of one, that will be read; more of either are read as well
    """

    def __init__(
        self, grown: PackedRows, leaves: Sequence[tuple[int, int]], room: tuple[int, int] = (0, 0)
    ) -> None:
        import torch

        from vqa_canary.engines.local.caches import OwnCache, RoomyLayer

        _register()
        self._grown, self._model = grown, grown.loaded.model
        self._configs = _configs(self._model)
        rows, columns = np.array(leaves).T
        self._seen, self._rows = (
            grown.seen_from(rows, columns),
            torch.from_numpy(rows).to(grown.loaded.device),
        )
        self._key_depths = grown.key_depths[self._rows]
        at = self._key_depths.shape[1] - grown.n_columns + torch.from_numpy(columns).to(self._rows.device)
        self._depths = self._key_depths.gather(1, at[:, None])[:, 0]
        self._deepest = int(self._depths.max()) + grown.cache.beyond
        shared = grown.cache.layers
        # What no node of the tree has added to, no answer adds to either.
        own = OwnCache(
            layers=[
                one if fixed else RoomyLayer(room=room)
                for one, fixed in zip(shared, grown.fixed_layers, strict=True)
            ]
        )
        self._attended = _Attended(shared, own, Slots.of(self._rows, grown.n_rows))
        self._seats, self._n_own = Seats(len(leaves)), 0

    def extend(self, ways: Sequence[Way]) -> Distributions:
        """Read one more token along each way; the ways become the branches."""
        import torch

        sources, tokens, row_of = self._seats.take(ways)
        self._select(sources)
        self._attended.own.depth = self._deepest + self._n_own + 1
        self._depths = self._depths + 1
        with _attending(self._configs, self._attended):
            output = self._model(
                input_ids=torch.tensor(tokens, device=self._rows.device)[:, None],
                attention_mask=self._masks(),
                position_ids=self._grown.positions(self._depths[:, None], self._rows),
                past_key_values=self._attended.own,
                use_cache=True,
                logits_to_keep=1,
                **node_arguments(self._grown.inputs, self._grown.images[self._rows], 1),
            )
        self._n_own += 1
        return Distributions.of_rows(output.logits[:, -1], row_of)

    def _masks(self) -> Any:
        """Of what was there before, a branch sees what its node saw; of its own columns, all; windows and chunks go by
        depth."""
        import torch

        n = self._n_own + 1
        own = torch.ones((len(self._seen), n), dtype=torch.bool, device=self._seen.device)
        # The newest column stands at the branch's depth, and each one before it a step less deep.
        own_depths = self._depths[:, None] - torch.arange(n - 1, -1, -1, device=self._seen.device)
        seen = torch.cat([self._seen, own], dim=1)[:, None]
        key_depths = torch.cat([self._key_depths, own_depths], dim=1)
        return self._grown.masks(seen, self._depths[:, None], key_depths)

    def _select(self, sources: Sequence[int]) -> None:
        import torch

        if list(sources) == list(range(len(self._rows))):
            return
        index = torch.tensor(sources, device=self._rows.device)
        self._seen, self._depths = self._seen[index], self._depths[index]
        self._key_depths, self._rows = self._key_depths[index], self._rows[index]
        targets = [row for row, source in enumerate(sources) if row != source]
        moved = torch.tensor(targets, dtype=torch.long, device=index.device)
        for shared, own in zip(self._attended.shared, self._attended.own.layers, strict=True):
            if own is not shared and own.is_initialized:
                own.move(moved, index[moved], len(sources))
        self._attended.slots = Slots.of(self._rows, self._grown.n_rows)


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    scaling: float | None = None,
    dropout: float = 0.0,
    softcap: float | None = None,
    s_aux: Any = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one new token a branch, as the library's models call it.

    Parameters
    ----------
    query : shape (branches, heads, 1, width)
    key, value : the branches' own columns, shape (branches, key heads, own columns, width); or those of a layer that no
        answer adds to, shape (rows, key heads, columns, width)
    attention_mask : additive, shape (branches, 1, 1, columns), those that were there before first

    Returns
    -------
    shape (branches, 1, heads, width of a value)
    """
    import torch

    # Raised to the trial of this way of reading, which then goes down to packed answers and tells the reason.
    if s_aux is not None:
        raise UnfitAttention("attention with a sink, a share that goes to no token")
    if query.shape[2] != 1:
        raise UnfitAttention("attention of several tokens of an answer at once")
    attended = _running.get()
    slots, shared, fixed = attended.slots, *_shared_of(attended, module, key)
    n_heads = key.shape[1]
    # Heads that read one key together stand beside one another, so that no key is repeated for them.
    scale = query.shape[3] ** -0.5 if scaling is None else scaling
    grouped = query.reshape(len(query), n_heads, -1, query.shape[3])
    # Half precision is for what is kept. Scores that were rounded to it would move a softmax over many columns by more
    # than all other rounding does.
    wide = query.dtype if query.dtype == torch.float64 else torch.float32
    exact = grouped.to(wide) * scale
    before = _of_shared(slots, exact, shared.keys.to(wide).transpose(-1, -2))
    scores = before if fixed else torch.cat([before, exact @ key.to(wide).transpose(-1, -2)], dim=-1)
    if softcap is not None:
        scores = (scores / softcap).tanh() * softcap
    shares = (scores + attention_mask).softmax(-1).to(query.dtype)
    n = before.shape[-1]
    found = _of_shared(slots, shares[..., :n], shared.values)
    if not fixed:
        found = found + shares[..., n:] @ value
    return found.reshape(len(query), 1, -1, found.shape[-1]), None


def _of_shared(slots: Slots, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """`left`, (branches, key heads, heads of a key, n), times its row's `right`, (rows, key heads, n, m)."""
    spread = slots.spread(left)
    n_rows, n_places, n_heads, group, width = spread.shape
    flat = spread.permute(0, 2, 1, 3, 4).reshape(n_rows, n_heads, n_places * group, width)
    found = (flat @ right).reshape(n_rows, n_heads, n_places, group, -1)
    return slots.gather(found.transpose(1, 2))


def _shared_of(attended: _Attended, module: Any, key: torch.Tensor) -> tuple[Any, bool]:
    """The layer whose own columns are `key`, and whether it has none but what was there before.

    A layer may read the keys of an earlier one (Gemma 4), so its number alone does not tell.

    Raises
    ------
    UnfitAttention : the keys are of no layer, since the model made others of them
    """
    at = getattr(module, "layer_idx", None)
    layers = attended.own.layers
    order = range(len(layers)) if at is None else [at, *range(len(layers))]
    for n in order:
        if n < len(layers) and layers[n].is_initialized and layers[n].keys.data_ptr() == key.data_ptr():
            return attended.shared[n], layers[n] is attended.shared[n]
    raise UnfitAttention("keys that are not those of the cache")


def _register() -> None:
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_ATTENTION_FUNCTIONS.register(NAME, attend)


@contextmanager
def _attending(configs: Sequence[Any], attended: _Attended) -> Iterator[None]:
    """Let every attention of a model with these configurations go by `attend` meanwhile."""
    before = [one._attn_implementation_internal for one in configs]
    token = _running.set(attended)
    try:
        for one in configs:
            # The public setting would look the name up in the hub.
            one._attn_implementation_internal = NAME
        yield
    finally:
        _running.reset(token)
        for one, name in zip(configs, before, strict=True):
            one._attn_implementation_internal = name


def _configs(model: Any) -> list[Any]:
    """The configurations by which the parts of a model choose how to attend."""
    found = (getattr(part, "config", None) for part in model.modules())
    return list({id(one): one for one in found if hasattr(one, "_attn_implementation_internal")}.values())
