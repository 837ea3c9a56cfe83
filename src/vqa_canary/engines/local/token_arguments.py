"""Which of a prompt's arguments say something of each token, found by shape: every family names its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MARKS = re.compile(r"\w*token_type_ids|image_\w*_mask")
"""Names of arguments that are 0 for each token of text and something else for one of an image."""
MORE = "\nThese words only make the prompt longer.\n"
"""Text that is put behind a prompt to see which of its arguments grow with it."""


@dataclass(frozen=True)
class TokenArguments:
    """What becomes of a prompt's arguments when its text grows."""

    axes: Mapping[str, int]
    """Names of the arguments with one entry a token, and the axis on which the tokens stand."""
    read_with_image: tuple[str, ...]
    """Names of other arguments that change with the text: with it changes what the model makes of the image."""
    of_text: Mapping[str, int]
    """What arguments that tell an image's tokens from others say of a token of text behind the prompt."""

    @classmethod
    def compare(cls, inputs: Mapping[str, Any], longer: Mapping[str, Any]) -> TokenArguments:
        """Tell them by two prompts about the same images, of which `longer` has more text.

        An argument of the image that happens to have as many entries as one prompt has tokens keeps its size in the
        other.

        Raises
        ------
        ValueError : the longer prompt has no more tokens, as where the processor cuts prompts at a length
        """
        n, m = (one["input_ids"].shape[1] for one in (inputs, longer))
        if n >= m:
            raise ValueError(f"the processor cuts prompts at {m} tokens")
        axes, others = {}, []
        for name, value in inputs.items():
            axis = _axis(value, longer.get(name), n, m)
            if axis is not None:
                axes[name] = axis
            elif not _equal(value, longer.get(name)):
                others.append(name)
        telling = {name for name in axes if _is_mark(name, longer)}
        return cls(axes, tuple(sorted(others)), {name: int(longer[name][0, -1]) for name in telling})

    def cut(self, inputs: Mapping[str, Any], length: int) -> dict[str, Any]:
        """The arguments of a prompt's first `length` tokens; those of its images stay whole."""
        return {
            name: value.narrow(self.axes[name], 0, length) if name in self.axes else value
            for name, value in inputs.items()
        }

    def lengthen(self, inputs: Mapping[str, Any], tokens: Sequence[int]) -> dict[str, Any]:
        """The arguments of a prompt with more text behind it; its own last token may be an image's."""
        import torch

        longer = dict(inputs)
        for name, axis in self.axes.items():
            value = inputs[name]
            if name == "input_ids":
                more = torch.tensor([list(tokens)], dtype=value.dtype, device=value.device)
            else:
                last = value.narrow(axis, value.shape[axis] - 1, 1)
                more = last.repeat_interleave(len(tokens), dim=axis)
                if name in self.of_text:
                    more = torch.full_like(more, self.of_text[name])
            if name == "position_ids":
                more = more + torch.arange(1, len(tokens) + 1, device=value.device)
            longer[name] = torch.cat([value, more], dim=axis)
        return longer


def shapes_of(inputs: Mapping[str, Any], without: Mapping[str, int] | None = None) -> tuple[Any, ...]:
    """Name and shape of every argument but those `without`."""
    return tuple(
        (name, _shape(value)) for name, value in sorted(inputs.items()) if name not in (without or {})
    )


def marked(inputs: Mapping[str, Any]) -> set[int]:
    """Token ids that an argument beside `input_ids` marks as the image's, where one tells them from the text's."""
    ids, found = inputs["input_ids"], set[int]()
    for name, value in inputs.items():
        if _is_mark(name, inputs) and value.any() and not value.all():
            found |= set(ids[value != 0].tolist())
    return found


def _is_mark(name: str, inputs: Mapping[str, Any]) -> bool:
    return bool(_MARKS.fullmatch(name)) and _shape(inputs[name]) == _shape(inputs["input_ids"])


def _axis(value: Any, longer: Any, n: int, m: int) -> int | None:
    """The axis on which two tensors have as many entries as their prompts have tokens, while all others agree."""
    import torch

    if not (
        isinstance(value, torch.Tensor) and isinstance(longer, torch.Tensor) and value.ndim == longer.ndim
    ):
        return None
    other = [axis for axis in range(value.ndim) if value.shape[axis] != longer.shape[axis]]
    if len(other) == 1 and (value.shape[other[0]], longer.shape[other[0]]) == (n, m):
        return other[0]
    return None


def _shape(value: Any) -> object:
    import torch

    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    return tuple(map(_shape, value)) if isinstance(value, list | tuple) else repr(value)


def _equal(value: Any, other: Any) -> bool:
    import torch

    if isinstance(value, torch.Tensor) and isinstance(other, torch.Tensor):
        return value.shape == other.shape and bool(value.equal(other))
    if isinstance(value, list | tuple) and isinstance(other, list | tuple):
        return len(value) == len(other) and all(map(_equal, value, other))
    return bool(value == other)
