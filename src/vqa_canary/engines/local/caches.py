"""What a tree of prompts and its answers keep of a model's keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer

if TYPE_CHECKING:
    import torch

ROOM = 32
"""Fewest columns for which room is made at a time; of a long cache it is an eighth of its columns."""
MOST_ROOM = 1024
"""Most columns that are set aside before it is known whether answers get so long."""


# transformers comes without types, so to mypy these three classes extend `Any`, which its strict mode forbids. They
# have to extend the library's, whose models look for the methods and attributes of a cache.
class TreeCache(DynamicCache):  # type: ignore[misc]
    """The columns of a packed tree. Without a configuration, as here, it keeps what a sliding layer has left behind,
    which the mask hides."""

    beyond = 0
    """How many more columns it says it has. A model that takes anything from their number, which is not how deep a
    token stands, is then found out before there are as many: see `self_check`."""

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return int(super().get_seq_length(layer_idx)) + self.beyond


class OwnCache(Cache):  # type: ignore[misc]
    """The columns that answers have of their own."""

    depth = 0
    """What the cache says its length is: how deep the deepest answer stands."""

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self.depth


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values, shape (rows, heads, columns, width), at the beginning of larger tensors.

    The library's own layer copies all of itself whenever a column is added, and whenever a row leaves. Here a column is
    written into its place, and a row that stays where it was is not touched.

    Parameters
    ----------
    layer : what has been read so far, if anything
    room : how many rows and columns there will be at most. In main memory so much is set aside at once, since the
        system gives memory only where something is written, and nothing is then copied to make room. A GPU gives what
        is asked for whether it is used or not, so that there room is made as answers get longer.
    """

    def __init__(self, layer: Any = None, room: tuple[int, int] = (0, 0)) -> None:
        super().__init__()
        self._all: list[torch.Tensor] = []
        self._room = room
        if layer is not None:
            self._take(layer.keys, layer.values)

    def _take(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True
        self._all = [keys, values]
        self.keys, self.values = keys, values

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any) -> Any:
        """Write new columns behind those that are there; all keys and values."""
        if not self.is_initialized:
            self._take(key_states[:, :, :0], value_states[:, :, :0])
        rows, start = self.keys.shape[0], self.keys.shape[2]
        end = start + key_states.shape[2]
        self._reserve(rows, end)
        for whole, new in zip(self._all, (key_states, value_states), strict=True):
            whole[:rows, :, start:end] = new
        self._show(rows, end)
        return self.keys, self.values

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Row `at` becomes what row `beam_idx[at]` was, as the library asks for it."""
        import torch

        moved = (beam_idx != torch.arange(len(beam_idx), device=beam_idx.device)).nonzero()[:, 0]
        self.move(moved, beam_idx[moved], len(beam_idx))

    def move(self, targets: torch.Tensor, sources: torch.Tensor, n_rows: int) -> None:
        """Rows `targets` become what rows `sources` were; the others of the first `n_rows` stay, and are not copied."""
        columns = self.keys.shape[2]
        if n_rows > self._all[0].shape[0]:
            self._reserve(n_rows + n_rows // 4, columns)
        if len(targets):
            # A model that is spread over devices has its layers on several.
            targets, sources = targets.to(self.keys.device), sources.to(self.keys.device)
            for whole in self._all:
                whole[targets, :, :columns] = whole[sources, :, :columns]
        self._show(n_rows, columns)

    def _show(self, rows: int, columns: int) -> None:
        self.keys, self.values = (whole[:rows, :, :columns] for whole in self._all)

    def _reserve(self, rows: int, columns: int) -> None:
        """Make room for so many rows and columns, and for those that are likely to follow."""
        n_rows, heads, n_columns, _ = self._all[0].shape
        if rows <= n_rows and columns <= n_columns:
            return
        most_rows, most_columns = self._room if self.device.type == "cpu" else (0, 0)
        if columns > n_columns:
            aside = min(most_columns, MOST_ROOM)
            columns = aside if columns <= aside else columns + max(ROOM, columns // 8)
        rows, columns = max(rows, n_rows, most_rows), max(columns, n_columns)
        kept = self.keys.shape
        for at, whole in enumerate(self._all):
            larger = whole.new_empty(rows, heads, columns, whole.shape[3])
            larger[: kept[0], :, : kept[2]] = whole[: kept[0], :, : kept[2]]
            self._all[at] = larger
