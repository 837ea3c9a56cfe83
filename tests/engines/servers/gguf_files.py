"""A LLaVA-like reference VLM as the two GGUF files that llama.cpp reads.

The word-level vocabulary becomes a byte-pair one whose merges are learnt from its own words until each is one token;
llama.cpp drops what no token spells, so blanks vanish as they do in the reference VLM. Equal to it are the tokens of
every text of known words; unknown words, and the blanks of an answer of several words, are not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

_LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_VISION_LAYER = {
    "layer_norm1": "ln1",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_out",
    "layer_norm2": "ln2",
    "mlp.fc1": "ffn_up",
    "mlp.fc2": "ffn_down",
}
_CHAT_TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
"""The reference VLM's for the texts that llama.cpp makes of parts; its mark stands where the image stood."""


def write_gguf(folder: Path, target: Path) -> tuple[Path, Path]:
    """The text model and the vision tower of the VLM in `folder`, all weights as float32; their paths."""
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text())
    weights = {name: w.astype(np.float32) for name, w in load_file(folder / "model.safetensors").items()}
    text, vision = target / "text.gguf", target / "vision.gguf"
    _write_text(text, folder, config["text_config"], weights)
    _write_vision(vision, folder, config, weights)
    return text, vision


def learn_merges(words: Sequence[str]) -> list[tuple[str, str]]:
    """Byte-pair merges, most frequent pair first, that make one symbol of every word."""
    spelled = [list(word) for word in words]
    merges = []
    while pairs := Counter(pair for symbols in spelled for pair in pairwise(symbols)):
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        spelled = [_merge(symbols, best) for symbols in spelled]
    return merges


def _merge(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for symbol in symbols:
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return merged


def _write_text(path: Path, folder: Path, config: dict[str, Any], weights: dict[str, np.ndarray]) -> None:
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_vocab_size(config["vocab_size"])
    _add_tokenizer(writer, json.loads((folder / "tokenizer.json").read_text()), config)
    for name, tensor in _text_tensors(config, weights):
        writer.add_tensor(name, tensor)
    _close(writer)


def _add_tokenizer(writer: Any, tokenizer: dict[str, Any], config: dict[str, Any]) -> None:
    from gguf import TokenType

    special = {one["id"] for one in tokenizer["added_tokens"]}
    words = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    unknown = tokenizer["model"]["vocab"][tokenizer["model"]["unk_token"]]
    kinds = [TokenType.CONTROL if at in special else TokenType.NORMAL for at in range(len(words))]
    merges = learn_merges([word for at, word in enumerate(words) if at not in special])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("whitespace")
    writer.add_token_list(words)
    writer.add_token_types([TokenType.UNKNOWN if at == unknown else kind for at, kind in enumerate(kinds)])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_unk_token_id(unknown)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(_CHAT_TEMPLATE)


def _text_tensors(config: dict[str, Any], weights: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    yield "token_embd.weight", weights["language_model.model.embed_tokens.weight"]
    yield "output_norm.weight", weights["language_model.model.norm.weight"]
    for name, tensor in weights.items():
        if name.startswith("language_model.model.layers."):
            number, part = name.removeprefix("language_model.model.layers.").split(".", 1)
            module, kind = part.rsplit(".", 1)
            if module in ("self_attn.q_proj", "self_attn.k_proj"):
                tensor = _pair_rotated(tensor, config["num_attention_heads"])
            yield f"blk.{number}.{_LAYER[module]}.{kind}", tensor


def _pair_rotated(tensor: np.ndarray, heads: int) -> np.ndarray:
    """Rows reordered: transformers rotates a head's halves against each other, llama.cpp neighbours."""
    halves = tensor.reshape(heads, 2, -1, *tensor.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(tensor.shape)


def _write_vision(path: Path, folder: Path, config: dict[str, Any], weights: dict[str, np.ndarray]) -> None:
    from gguf import GGUFWriter

    vision = config["vision_config"]
    images = json.loads((folder / "processor_config.json").read_text())["image_processor"]
    writer = GGUFWriter(path, "clip")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("mlp")
    writer.add_bool("clip.use_gelu", True)
    writer.add_vision_image_size(vision["image_size"])
    writer.add_vision_patch_size(vision["patch_size"])
    writer.add_vision_embedding_length(vision["hidden_size"])
    writer.add_vision_feed_forward_length(vision["intermediate_size"])
    writer.add_vision_projection_dim(config["text_config"]["hidden_size"])
    writer.add_vision_block_count(vision["num_hidden_layers"])
    writer.add_vision_head_count(vision["num_attention_heads"])
    writer.add_vision_attention_layernorm_eps(vision["layer_norm_eps"])
    writer.add_vision_image_mean(images["image_mean"])
    writer.add_vision_image_std(images["image_std"])
    # What it reads is the last layer's; without this llama.cpp would leave that layer out.
    writer.add_array("clip.vision.feature_layer", [vision["num_hidden_layers"]])
    for name, tensor in _vision_tensors(weights):
        writer.add_tensor(name, tensor)
    _close(writer)


def _vision_tensors(weights: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    names = {
        "vision_tower.embeddings.class_embedding": "v.class_embd",
        "vision_tower.embeddings.patch_embedding.weight": "v.patch_embd.weight",
        "vision_tower.embeddings.position_embedding.weight": "v.position_embd.weight",
        "multi_modal_projector.linear_1.weight": "mm.0.weight",
        "multi_modal_projector.linear_1.bias": "mm.0.bias",
        "multi_modal_projector.linear_2.weight": "mm.2.weight",
        "multi_modal_projector.linear_2.bias": "mm.2.bias",
        "vision_tower.pre_layrnorm.weight": "v.pre_ln.weight",
        "vision_tower.pre_layrnorm.bias": "v.pre_ln.bias",
    }
    for name, tensor in weights.items():
        if name in names:
            yield names[name], tensor
        elif name.startswith("vision_tower.encoder.layers."):
            number, part = name.removeprefix("vision_tower.encoder.layers.").split(".", 1)
            module, kind = part.rsplit(".", 1)
            yield f"v.blk.{number}.{_VISION_LAYER[module]}.{kind}", tensor


def _close(writer: Any) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
