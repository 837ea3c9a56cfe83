"""What a vision tower made of each image, computed once and kept within a bound of bytes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from cachetools import LRUCache

FEATURE_BYTES = 2**30
"""Most bytes of image features that are kept: some 200 images of 576 x 4096 numbers in half precision."""

PIXELS = "pixel_values"
_WANTED = ("pooler_output", "deepstack_features")
"""Parts of the vision output that a text model reads; the tower's inner layers need not be kept."""


class FeatureStore:
    """Image features of one model by image, the least recently used leaving first."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._features: LRUCache[str, dict[str, Any]] = LRUCache(FEATURE_BYTES, getsizeof=_n_bytes)

    def replace_pixels(
        self, inputs: dict[str, Any], rows: Sequence[dict[str, Any]], keys: Sequence[str]
    ) -> Any:
        """`inputs`, the batch of `rows`, with features in place of pixels where the model takes them.

        Parameters
        ----------
        rows : the arguments of each image's prompt, on the model's device
        keys : what tells the images apart
        """
        if not self.usable:
            return inputs
        parts = [self._of(key, row) for key, row in zip(keys, rows, strict=True)]
        features = self._kind(**{name: _joined([part[name] for part in parts]) for name in parts[0]})
        kept = {name: value for name, value in inputs.items() if name != PIXELS}
        return kept | {"mm_encoder_outputs": {"image": features}}

    @property
    def usable(self) -> bool:
        """Whether the model reads features in place of pixels."""
        # The forward pass of some families takes features under this name; the others need the pixels.
        return "mm_encoder_outputs" in inspect.signature(self._model.forward).parameters

    def _of(self, key: str, row: dict[str, Any]) -> dict[str, Any]:
        if key in self._features:
            return self._features[key]
        found = self._encode(row)
        # A cache refuses an entry larger than itself; such features are used once and let go.
        if _n_bytes(found) <= FEATURE_BYTES:
            self._features[key] = found
        return found

    def _encode(self, row: dict[str, Any]) -> dict[str, Any]:
        encode = self._model.get_image_features
        # Families want different arguments beside the pixels, such as the grid of an image's patches.
        names = inspect.signature(encode).parameters
        output = encode(**{key: value for key, value in row.items() if key in names}, return_dict=True)
        # Features of several images go back in the class that the model itself made, whose attributes it reads.
        self._kind = type(output)
        return {name: output[name] for name in _WANTED if output.get(name) is not None}


def _joined(parts: Sequence[Any]) -> Any:
    """One image's features after the other: tensors, lists by image, or lists by layer of lists by image."""
    import torch

    if isinstance(parts[0], torch.Tensor):
        return torch.cat(list(parts))
    if isinstance(parts[0][0], list | tuple):
        return [_joined(layer) for layer in zip(*parts, strict=True)]
    return [tensor for part in parts for tensor in part]


def _n_bytes(features: Any) -> int:
    if isinstance(features, dict):
        return sum(_n_bytes(value) for value in features.values())
    if isinstance(features, list | tuple):
        return sum(_n_bytes(value) for value in features)
    return int(features.nbytes)
