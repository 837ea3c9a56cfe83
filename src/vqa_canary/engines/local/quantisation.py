"""Weights in fewer bits, by optimum-quanto: what becomes smaller, and how much of a model that is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import torch

Kind = Literal["int8", "int4", "float8"]
"""The type of a quantised weight. Activations keep the model's `dtype`."""

SCOPE = "linear layers of the language model but its head"
"""The part of the model that is quantised. The vision tower, the connector, embeddings and norms keep their weights:
they are small beside the language model, and what they lose no later layer can mend."""


class Quantised(NamedTuple):
    """What was found quantised in a model."""

    kind: str
    """Type of the quantised weights: `int8`, `int4`, `float8`, or `none`."""
    share: float
    """Share of the model's parameters that are quantised, 0 to 1."""


def quantise(model: Any, kind: Kind) -> None:
    """Quantise `model` in place, where it lies.

    Weights get one scale an output channel (int8, float8) or a scale and a shift for each group of up to
    128 inputs (int4).

    Raises
    ------
    ValueError : nothing in the model can be quantised, or it is spread beyond its devices' memory
    """
    import torch
    from optimum.quanto import freeze, qfloat8, qint4, qint8, quantize

    decoder, head = model.get_decoder(), model.get_output_embeddings()
    if decoder is model:
        raise ValueError(f"{type(model).__name__} does not tell its language model from the rest")
    if any(parameter.is_meta for parameter in decoder.parameters()):
        raise ValueError("a part that `device_map` keeps in main memory or on disk cannot be quantised")
    linear = [
        name for name, part in decoder.named_modules() if type(part) is torch.nn.Linear and part is not head
    ]
    if not linear:
        raise ValueError(f"the language model of {type(model).__name__} has no linear layers")
    _unpack_without_compiler()
    types = {"int8": qint8, "int4": qint4, "float8": qfloat8}
    quantize(decoder, weights=types[kind], include=linear)
    freeze(decoder)


def quantised(model: Any) -> Quantised:
    """Which kind of quantised weights `model` has, and how many of its parameters they are."""
    from optimum.quanto import QModuleMixin

    weights = {
        id(part.weight): (part.weight_qtype.name, part.weight.numel())
        for part in model.modules()
        if isinstance(part, QModuleMixin) and part.frozen
    }
    kinds = sorted({"float8" if "float8" in name else name.removeprefix("q") for name, _ in weights.values()})
    total = sum(parameter.numel() for parameter in model.parameters())
    return Quantised(", ".join(kinds) or "none", sum(size for _, size in weights.values()) / total)


def _unpack_without_compiler() -> None:
    """Give quanto a plain unpacking of int4 on CPU: its own is compiled on first use, and no faster."""
    from optimum.quanto.library.extensions.extension import get_extension

    get_extension("quanto_cpp")._lib = SimpleNamespace(unpack=_unpack)


def _unpack(packed: torch.Tensor, bits: int) -> torch.Tensor:
    """Numbers of `bits` bits that lie in bytes: the low parts of all bytes first."""
    import torch

    return torch.cat([(packed >> shift) & (2**bits - 1) for shift in range(0, 8, bits)])
