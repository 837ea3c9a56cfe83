"""Where model families differ in what a packed tree may do: the whole table of quirks, with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from vqa_canary.engines.local.loading import Loaded

MASKED_LAYERS = frozenset({"full_attention", "sliding_attention", "chunked_attention"})
"""Kinds of text layers in which a mask alone decides what a token sees; any other kind carries a state from token to
token."""
PREFIX_LM = frozenset({"paligemma"})
"""Model types whose image and question attend to the options that follow them, so that no prompt can share its
beginning with another."""

APART = "reads images one by one"
"""The habit of a model that was seen to read images wrongly, or not at all, where several of one shape make a batch, as
MiniCPM-V does, which lays the patches of all in one row."""
IMAGES_APART = frozenset({"molmo2", "hunyuan_vl"})
"""Model types that are known to do so, which rounding in few bits may hide: Molmo2's input points into one image's
features by number, without shifting the numbers for the second; HunYuan-VL counts images across a batch."""


def image_batch(loaded: Loaded, key: str) -> str:
    """What images must have in common, besides their shape, to be read in one batch."""
    return key if APART in loaded.habits or loaded.model.config.model_type in IMAGES_APART else ""


def sharing_refusal(config: Any) -> str | None:
    """Why prompts about one image cannot share what they begin with, or None."""
    if config.model_type in PREFIX_LM:
        return "prefix-LM: image and question attend to what follows"
    return None


def tree_refusal(config: Any) -> str | None:
    """Why a tree of prompts cannot be packed for this architecture, or None where it has to be tried."""
    kinds = sorted(set(_layer_types(config)) - MASKED_LAYERS)
    return f"layers that a mask does not reach: {', '.join(kinds)}" if kinds else None


def has_windows(config: Any) -> bool:
    """Whether what a token sees depends on the prompt's length."""
    return bool(set(_layer_types(config)) - {"full_attention"}) or _only_sliding(config)


def layer_masks(
    config: Any, seen: torch.Tensor, depths: torch.Tensor, key_depths: torch.Tensor, dtype: torch.dtype
) -> Any:
    """Additive masks for every kind of text layer; additive, since eager attention adds a boolean one.

    Parameters
    ----------
    seen : boolean, shape (rows, nodes, keys): the prefix and a node's own ancestors
    depths, key_depths : shape (rows, nodes) and (rows, keys): how deep in its own prompt each one stands,
        which is what windows and chunks are about
    """
    import torch

    def additive(allowed: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros(allowed.shape, dtype=dtype, device=allowed.device)
        return mask.masked_fill_(~allowed, torch.finfo(dtype).min)[:, None]

    text, kinds = _text_config(config), set(_layer_types(config))
    # By position in the prompt and not by column: a window of 1024 tokens is one of the prompt's own tokens.
    queries, keys = depths[:, :, None], key_depths[:, None, :]
    masks = {"full_attention": additive(seen)}
    if "sliding_attention" in kinds or _only_sliding(config):
        masks["sliding_attention"] = additive(seen & (queries - keys < text.sliding_window))
    if "chunked_attention" in kinds:
        size = text.attention_chunk_size
        masks["chunked_attention"] = additive(seen & (queries // size == keys // size))
    if _only_sliding(config):
        return masks["sliding_attention"]
    return masks if kinds - {"full_attention"} else masks["full_attention"]


def node_arguments(prefix: dict[str, Any], rows: Any, n_nodes: int) -> dict[str, Any]:
    """Arguments that reading on needs besides tokens, positions and masks.

    Text that reads the image by cross-attention (Mllama) is told which images each node may see: those
    that the last token of its row's prefix sees.
    """
    if "cross_attention_mask" not in prefix:
        return {}
    last = prefix["cross_attention_mask"][:, -1:][rows]
    return {"cross_attention_mask": last.repeat_interleave(n_nodes, dim=1)}


def _text_config(config: Any) -> Any:
    """The configuration of the text model, also where the library finds several and does not choose."""
    try:
        return config.get_text_config()
    except ValueError:
        return getattr(config, "text_config", config)


def _layer_types(config: Any) -> list[str]:
    return list(getattr(_text_config(config), "layer_types", None) or ())


def _only_sliding(config: Any) -> bool:
    text = _text_config(config)
    return not _layer_types(config) and bool(getattr(text, "sliding_window", None))
