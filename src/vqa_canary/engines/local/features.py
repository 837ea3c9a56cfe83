"""What a vision tower made of each image, computed once and kept within a bound of bytes."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from cachetools import LRUCache

from vqa_canary.engines.local.families import APART
from vqa_canary.engines.local.loading import plain
from vqa_canary.engines.local.memory import ends_everything, is_out_of_memory

logger = logging.getLogger(__name__)

FEATURE_BYTES = 2**30
"""Most bytes of image features that are kept: some 200 images of 576 x 4096 numbers in half precision."""

_INNER = frozenset({"hidden_states", "attentions"})
"""Parts of the vision output that no text model reads: one entry for each of the tower's layers."""


class FeatureStore:
    """Image features of one model by image, the least recently used leaving first.

    Parameters
    ----------
    wanted : whether features are to be read where the model takes them; else every image is read from its pixels
    habits : what is known of how the model wants to be called (see `Loaded`)
    """

    def __init__(self, model: Any, wanted: bool = True, habits: set[str] | None = None) -> None:
        self._model, self._wanted = model, wanted
        self._habits = set[str]() if habits is None else habits
        self.proven = False
        """Whether a trial was passed with features: of pixels in batches of several images it then says nothing."""
        self._features: LRUCache[str, dict[str, Any]] = LRUCache(FEATURE_BYTES, getsizeof=_n_bytes)
        self.failure: str | None = None
        """What went wrong with features; from then on images are read from their pixels."""

    def show(
        self,
        read: Callable[[dict[str, Any]], None],
        inputs: dict[str, Any],
        rows: Sequence[dict[str, Any]],
        keys: Sequence[str],
    ) -> None:
        """Let `read` read `inputs`, the batch of `rows`, with features in place of pixels where the model takes them.

        Parameters
        ----------
        read : reads a batch through the model, from the start each time it is called
        rows : the arguments of each image's prompt, on the model's device
        keys : what tells the images apart
        """
        failure = None
        if self.usable:
            try:
                read(self._replaced(inputs, rows, keys))
                return
            except Exception as error:  # every family makes features, and reads them, in a way of its own
                if ends_everything(error) or is_out_of_memory(error):
                    raise  # which is no fault of the features
                if self.proven and len(rows) > 1:
                    raise  # and is asked again in halves
                failure = plain(error)
        read(inputs)  # where this fails, too, it was not for the features
        if failure:
            self.failure = failure
            if self.proven:
                self._habits.add(APART)
            logger.warning("Images are read from their pixels, since their features failed: %s", failure)

    def _replaced(
        self, inputs: dict[str, Any], rows: Sequence[dict[str, Any]], keys: Sequence[str]
    ) -> dict[str, Any]:
        parts = [self._of(key, row) for key, row in zip(keys, rows, strict=True)]
        features = self._made({name: _joined([part[name] for part in parts]) for name in parts[0]})
        kept = {name: value for name, value in inputs.items() if name not in self._pixels(inputs)}
        return kept | {"mm_encoder_outputs": {"image": features}}

    @property
    def usable(self) -> bool:
        """Whether the model reads features in place of pixels, as far as is known."""
        return self._wanted and self.failure is None and takes_features(self._model)

    def _of(self, key: str, row: dict[str, Any]) -> dict[str, Any]:
        if key in self._features:
            return self._features[key]
        found = self._encode(row)
        # A cache refuses an entry larger than itself; such features are used once and let go.
        if _n_bytes(found) <= FEATURE_BYTES:
            self._features[key] = found
        return found

    def _encode(self, row: dict[str, Any]) -> dict[str, Any]:
        encode, names = self._encoder(row)
        output = encode(**{name: row[name] for name in names}, return_dict=True)
        # Features of several images go back in the class that the model itself made, whose attributes it reads.
        self._kind = type(output)
        return dict(_parts(output))

    def _encoder(self, inputs: dict[str, Any]) -> tuple[Callable[..., Any], list[str]]:
        """What makes features of `inputs`, and the names of the arguments that it wants.

        Raises
        ------
        AttributeError : nothing does
        """
        # Some families have it on the model beneath the one with the head, or name its arguments there alone.
        holders = (self._model, *(getattr(self._model, name, None) for name in ("model", "base_model")))
        found: list[tuple[Callable[..., Any], list[str]]] = []
        for encode in (getattr(holder, "get_image_features", None) for holder in holders):
            # They want different arguments beside the pixels, such as the grid of an image's patches.
            named = inspect.signature(encode).parameters if encode else {}
            names = [name for name in inputs if name in named]
            if encode and any(_is_pixels(inputs[name]) for name in names):
                found.append((encode, names))
        if not found:
            pixels = ", ".join(name for name, value in inputs.items() if _is_pixels(value))
            raise AttributeError(f"the model has no get_image_features that takes {pixels}")
        return max(found, key=lambda one: len(one[1]))

    def _pixels(self, inputs: dict[str, Any]) -> set[str]:
        """Names of the arguments that features take the place of; what is said of an image in whole numbers stays."""
        _, names = self._encoder(inputs)
        return {name for name in names if _is_pixels(inputs[name])}

    def _made(self, parts: dict[str, Any]) -> Any:
        known = {field.name for field in fields(self._kind)} if is_dataclass(self._kind) else set()
        made = self._kind(**{name: part for name, part in parts.items() if name in known})
        for name in parts.keys() - known:  # what a family puts on an output whose class does not name it
            setattr(made, name, parts[name])
        return made


def takes_features(model: Any) -> bool:
    """Whether the forward pass of a model takes features in place of pixels, under the library's name for them."""
    return "mm_encoder_outputs" in inspect.signature(model.forward).parameters


def _parts(output: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of what a text model may read of a vision output: tensors, and lists that hold some.

    Raises
    ------
    ValueError : there is nothing of the kind
    """
    found = {**dict(output), **vars(output)} if isinstance(output, dict) else vars(output)
    kept = {name: value for name, value in found.items() if name not in _INNER and _holds_tensors(value)}
    if not kept:
        raise ValueError(f"get_image_features gave a {type(output).__name__} without tensors")
    yield from kept.items()


def _is_pixels(value: Any) -> bool:
    import torch

    if isinstance(value, list | tuple):
        return any(map(_is_pixels, value))
    return isinstance(value, torch.Tensor) and bool(value.is_floating_point())


def _holds_tensors(value: Any) -> bool:
    import torch

    if isinstance(value, torch.Tensor):
        return bool(value.ndim)  # a lone number is a loss or the like
    return isinstance(value, list | tuple) and any(map(_holds_tensors, value))


def _joined(parts: Sequence[Any]) -> Any:
    """One image's features after the other: tensors, lists by image, or lists by layer of lists by image."""
    import torch

    first = parts[0]
    if isinstance(first, torch.Tensor):
        return torch.cat(list(parts))
    if not isinstance(first, list | tuple):  # the number of a layer, say
        if any(part != first for part in parts):
            raise ValueError(f"features of images differ in {first!r}")
        return first
    if all(isinstance(one, torch.Tensor) for one in first):
        return [tensor for part in parts for tensor in part]
    return [_joined(layer) for layer in zip(*parts, strict=True)]


def _n_bytes(features: Any) -> int:
    if isinstance(features, dict):
        return sum(_n_bytes(value) for value in features.values())
    if isinstance(features, list | tuple):
        return sum(_n_bytes(value) for value in features)
    return int(getattr(features, "nbytes", 0))
