"""Janus and DeepSeek-VL, alone and with a second tower for fine detail: towers on the model beneath the head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engines.families.building import (
    HALF,
    SQUARE,
    TEXT,
    VISION,
    Talk,
    Vocabulary,
    ids,
    save,
    special_ids,
)

_TALK = Talk(
    "<image_placeholder>",
    {"user": ("<|User|>: ", "\n\n"), "assistant": ("<|Assistant|>: ", "<|end|>")},
    "<|begin|>",
    asks="<|Assistant|>:",
)
_NAMED = {
    "image_token": "<image_placeholder>",
    "boi_token": "<begin_of_image>",
    "eoi_token": "<end_of_image>",
}
_SIGLIP = {"model_type": "siglip_vision_model", **VISION, "vision_use_head": False}


def _tokenizer() -> Any:
    return Vocabulary(
        ("<|User|>", "<|Assistant|>"), end="<|end|>", begin="<|begin|>", named=_NAMED
    ).tokenizer()


def janus(folder: Path) -> None:
    """A tower to see with; the tokeniser of images that it draws with is never asked."""
    from transformers import (
        JanusConfig,
        JanusForConditionalGeneration,
        JanusImageProcessorPil,
        JanusProcessor,
    )

    tokenizer = _tokenizer()
    processor = JanusProcessor(
        JanusImageProcessorPil(size=SQUARE, min_size=8, **HALF),
        tokenizer,
        chat_template=_TALK.template,
        num_image_tokens=16,
    )
    config = JanusConfig(
        text_config={"model_type": "llama", **TEXT, **special_ids(tokenizer)},
        vision_config={
            **VISION,
            "mlp_ratio": 1.5,
            "projection_dim": TEXT["hidden_size"],
            "num_image_tokens": 16,
        },
        vq_config={
            "embed_dim": 8,
            "num_embeddings": 16,
            "latent_channels": 32,
            "base_channels": 32,
            "channel_multiplier": [1, 1],
            "num_res_blocks": 1,
            "num_patches": 4,
            "projection_dim": 16,
            "image_token_embed_dim": 16,
        },
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_id": "<image_placeholder>"}),
    )
    save(folder, JanusForConditionalGeneration(config), processor)


def deepseek_vl(folder: Path) -> None:
    from transformers import (
        DeepseekVLConfig,
        DeepseekVLForConditionalGeneration,
        DeepseekVLImageProcessorPil,
        DeepseekVLProcessor,
    )

    tokenizer = _tokenizer()
    images = DeepseekVLImageProcessorPil(size=SQUARE, min_size=8, **HALF)
    processor = DeepseekVLProcessor(images, tokenizer, chat_template=_TALK.template, num_image_tokens=16)
    config = DeepseekVLConfig(
        text_config={"model_type": "llama", **TEXT, **special_ids(tokenizer)},
        vision_config=_SIGLIP,
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_id": "<image_placeholder>"}),
    )
    save(folder, DeepseekVLForConditionalGeneration(config), processor)


def deepseek_vl_hybrid(folder: Path) -> None:
    """Every image twice: as SigLIP takes it, and larger, as SAM does."""
    from transformers import (
        DeepseekVLHybridConfig,
        DeepseekVLHybridForConditionalGeneration,
        DeepseekVLHybridImageProcessorPil,
        DeepseekVLHybridProcessor,
    )

    tokenizer = _tokenizer()
    images = DeepseekVLHybridImageProcessorPil(
        size=SQUARE,
        high_res_size={"height": 64, "width": 64},
        min_size=8,
        high_res_image_mean=[0.5] * 3,
        high_res_image_std=[0.5] * 3,
        **HALF,
    )
    processor = DeepseekVLHybridProcessor(
        images, tokenizer, chat_template=_TALK.template, num_image_tokens=16
    )
    config = DeepseekVLHybridConfig(
        text_config={"model_type": "llama", **TEXT, **special_ids(tokenizer)},
        vision_config=_SIGLIP,
        high_res_vision_config={
            "model_type": "sam_vision_model",
            "hidden_size": 32,
            "output_channels": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 64,
            "patch_size": 4,
            "mlp_dim": 48,
            "window_size": 4,
            "global_attn_indexes": [1],
        },
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_id": "<image_placeholder>"}),
    )
    save(folder, DeepseekVLHybridForConditionalGeneration(config), processor)
