"""Initial weights in which options and letters are already easy to tell apart.

From small random weights, a tiny model hardly learns to bind an option's text to its letter. Three
habits that trained transformers show are given from the start (after Olsson et al., 2022, In-context
Learning and Induction Heads): heads of the first layer look a fixed few tokens back; heads of later
layers look at tokens like their own; and what is looked at is copied to the residual stream, where
the tied embedding reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

EMBEDDING = 0.09
"""Standard deviation of word embeddings and of what the connector puts beside them."""
# Rotary pairs turn at different speeds; the fastest tell neighbouring tokens apart, and the bias on them is sharp
# enough to beat what the content adds.
_FASTEST, _SHARPNESS = 6, 5.0
# What a head looks at is added at a tenth of its size, so that copies do not drown the token's own meaning.
_COPY = 0.1


def initialise(model: PreTrainedModel, seed: int) -> None:
    """Set the weights of the text model and the scale of the connector, in place."""
    import torch

    rng = torch.Generator().manual_seed(seed)
    text = model.get_decoder()
    with torch.no_grad():
        _normal(text.embed_tokens.weight, EMBEDDING, rng)
        for depth, layer in enumerate(text.layers):
            attention = layer.self_attn
            # Only the first layer looks back by position; the layers above find alike tokens by what it brought.
            if depth == 0:
                _look_back(attention, text.config, rng)
            else:
                _look_at_alike(attention, rng)
            _copy(attention, rng)
            _normal(layer.mlp.gate_proj.weight, 0.05, rng)
            _normal(layer.mlp.up_proj.weight, 0.05, rng)
            _normal(layer.mlp.down_proj.weight, 0.02, rng)
        for name, parameter in model.named_parameters():
            # Scaled by the number of inputs, so that activations neither grow nor vanish from layer to layer.
            if "vision" in name and parameter.ndim == 2 and "embedding" not in name:
                _normal(parameter, parameter.shape[1] ** -0.5 * 0.7, rng)
            if "multi_modal_projector" in name and parameter.ndim == 2:
                _normal(parameter, parameter.shape[1] ** -0.5, rng)
                # Image features must come out about as large as the word embeddings beside which they stand.
                if "linear_2" in name:
                    parameter.mul_(2 * EMBEDDING)
            if "modality_projection" in name:
                _normal(parameter, parameter.shape[1] ** -0.5 * 2 * EMBEDDING, rng)


def _look_back(attention: torch.nn.Module, config: Any, rng: torch.Generator) -> None:
    """Biases on the fastest rotary pairs: head h looks h + 1 tokens back whatever the content."""
    import torch

    size = attention.head_dim
    base = config.rope_parameters["rope_theta"]
    speeds = base ** (-torch.arange(0, size, 2) / size)[:_FASTEST]
    # Several query heads may share one key head (grouped-query attention): the key head stands for the nearest of their
    # tokens, and each query for how much further back its own is.
    groups = attention.q_proj.weight.shape[0] // attention.k_proj.weight.shape[0]
    for projection, is_key in ((attention.q_proj, False), (attention.k_proj, True)):
        _normal(projection.weight, 0.02, rng)
        for head, bias in enumerate(projection.bias.zero_().view(-1, size)):
            # The key's bias is turned against the query's, so that the two meet at tokens that stand so far back.
            back = head * groups + 1 if is_key else -(head % groups)
            angle = back * speeds
            bias[: len(speeds)] = _SHARPNESS * torch.cos(angle)
            bias[size // 2 : size // 2 + len(speeds)] = _SHARPNESS * torch.sin(angle)


def _look_at_alike(attention: torch.nn.Module, rng: torch.Generator) -> None:
    """Queries and keys are one random projection, so alike tokens attend to each other."""
    _normal(attention.k_proj.weight, 0.1, rng)
    size, width = attention.head_dim, attention.k_proj.weight.shape[1]
    shared = attention.k_proj.weight.view(-1, 1, size, width)
    # Several query heads share one key head (grouped-query attention), and each gets the same projection.
    groups = attention.q_proj.weight.shape[0] // attention.k_proj.weight.shape[0]
    attention.q_proj.weight.copy_(shared.expand(-1, groups, -1, -1).reshape(-1, width))
    for projection in (attention.q_proj, attention.k_proj):
        projection.bias.zero_()


def _copy(attention: torch.nn.Module, rng: torch.Generator) -> None:
    """Values are an orthogonal projection and the output projection is its scaled inverse."""
    import torch

    value, output = attention.v_proj.weight, attention.o_proj.weight
    random = torch.randn(value.shape[1], value.shape[1], generator=rng)
    value.copy_(torch.linalg.qr(random).Q[: value.shape[0]])
    size, width = attention.head_dim, value.shape[1]
    groups = output.shape[1] // value.shape[0]
    spread = value.view(-1, 1, size, width).expand(-1, groups, -1, -1).reshape(-1, width)
    # The inverse of an orthogonal map is its transpose; the heads of a group share the scale among them.
    output.copy_(_COPY / groups * spread.T)
    for projection in (attention.v_proj, attention.o_proj):
        if projection.bias is not None:
            projection.bias.zero_()


def _normal(weight: torch.Tensor, deviation: float, rng: torch.Generator) -> None:
    import torch

    weight.copy_(torch.randn(weight.shape, generator=rng) * deviation)
