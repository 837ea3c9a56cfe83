"""Models with positions in three dimensions (m-rope): Qwen2-VL to Qwen3.5, GLM-4V and GLM-4.6V.

Their position delta is negative: an image of n tokens moves the text on by its larger side only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engines.families.building import (
    HALF,
    TEXT,
    Talk,
    Vocabulary,
    chat_ml,
    ids,
    save,
    special_ids,
)
from tests.engines.families.stand_ins import register

_IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"
_TOKENS = {
    "image_token_id": "<|image_pad|>",
    "video_token_id": "<|video_pad|>",
    "vision_start_token_id": "<|vision_start|>",
    "vision_end_token_id": "<|vision_end|>",
}
_GLM_TOKENS = {
    "image_token_id": "<|image|>",
    "video_token_id": "<|video|>",
    "image_start_token_id": "<|begin_of_image|>",
    "image_end_token_id": "<|end_of_image|>",
    "video_start_token_id": "<|begin_of_video|>",
    "video_end_token_id": "<|end_of_video|>",
}
_TOWER = {"depth": 2, "num_heads": 2, "patch_size": 8}
_PIXELS = {"shortest_edge": 32 * 32, "longest_edge": 48 * 48}
_MROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 2, 2]}
"""Halves of a head: 6 = 2 + 2 + 2."""


def qwen2_vl(folder: Path) -> None:
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration, Qwen2VLProcessor

    processor = _processor(Qwen2VLProcessor)
    config = Qwen2VLConfig(
        text_config={**_text(processor), "rope_parameters": _MROPE},
        vision_config={**_TOWER, "embed_dim": 32, "hidden_size": TEXT["hidden_size"]},
        tie_word_embeddings=False,
        **ids(processor.tokenizer, _TOKENS),
    )
    save(folder, Qwen2VLForConditionalGeneration(config), processor)


def qwen2_5_vl(folder: Path, **text: Any) -> None:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

    processor = _processor(Qwen2_5_VLProcessor)
    tower = {
        **_TOWER,
        "hidden_size": 32,
        "intermediate_size": 48,
        "out_hidden_size": TEXT["hidden_size"],
        "window_size": 32,
        "fullatt_block_indexes": [1],
    }
    config = Qwen2_5_VLConfig(
        text_config={**_text(processor), "rope_parameters": _MROPE, **text},
        vision_config=tower,
        tie_word_embeddings=False,
        **ids(processor.tokenizer, _TOKENS),
    )
    save(folder, Qwen2_5_VLForConditionalGeneration(config), processor)


def qwen2_5_vl_sliding(folder: Path) -> None:
    """The second layer slides, with a window shorter than any prompt."""
    qwen2_5_vl(folder, use_sliding_window=True, sliding_window=24, max_window_layers=1)


def qwen3_vl(folder: Path) -> None:
    """Features of a lower vision layer are added in the text model's first layer too (deepstack)."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor

    processor = _processor(Qwen3VLProcessor)
    tower = {**_tower3(), "deepstack_visual_indexes": [0]}
    config = Qwen3VLConfig(
        text_config={
            **_text(processor),
            "head_dim": 12,
            "rope_parameters": {**_MROPE, "mrope_interleaved": True},
        },
        vision_config=tower,
        tie_word_embeddings=False,
        **ids(processor.tokenizer, _TOKENS),
    )
    save(folder, Qwen3VLForConditionalGeneration(config), processor)


def qwen3_5(folder: Path) -> None:
    """Two layers of linear attention, whose state runs on, and one of full attention."""
    from transformers import Qwen3_5Config, Qwen3_5ForConditionalGeneration, Qwen3VLProcessor

    processor = _processor(Qwen3VLProcessor)
    text = {
        **_text(processor),
        "num_hidden_layers": 3,
        "layer_types": ["linear_attention", "linear_attention", "full_attention"],
        "head_dim": 12,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "rope_parameters": {**_MROPE, "mrope_interleaved": True, "partial_rotary_factor": 1.0},
    }
    config = Qwen3_5Config(
        text_config=text,
        vision_config=_tower3(),
        tie_word_embeddings=False,
        **ids(processor.tokenizer, _TOKENS),
    )
    save(folder, Qwen3_5ForConditionalGeneration(config), processor)


def qwen3_vl_moe(folder: Path) -> None:
    """Qwen3-VL whose text layers choose among experts token by token."""
    from transformers import Qwen3VLMoeConfig, Qwen3VLMoeForConditionalGeneration, Qwen3VLProcessor

    processor = _processor(Qwen3VLProcessor)
    text = {
        **_text(processor),
        "head_dim": 12,
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 32,
        "rope_parameters": {**_MROPE, "mrope_interleaved": True},
    }
    config = Qwen3VLMoeConfig(
        text_config=text,
        vision_config={**_tower3(), "deepstack_visual_indexes": [0]},
        tie_word_embeddings=False,
        **ids(processor.tokenizer, _TOKENS),
    )
    save(folder, Qwen3VLMoeForConditionalGeneration(config), processor)


def glm4v(folder: Path) -> None:
    from transformers import (
        Glm4vConfig,
        Glm4vForConditionalGeneration,
        Glm4vImageProcessorPil,
        Glm4vProcessor,
    )

    processor = _glm_processor(Glm4vProcessor, Glm4vImageProcessorPil)
    config = Glm4vConfig(**_glm_settings(processor))
    save(folder, Glm4vForConditionalGeneration(config), processor)


def glm46v(folder: Path) -> None:
    from transformers import (
        Glm46VConfig,
        Glm46VForConditionalGeneration,
        Glm46VImageProcessorPil,
        Glm46VProcessor,
    )

    processor = _glm_processor(Glm46VProcessor, Glm46VImageProcessorPil)
    settings = _glm_settings(processor)
    # Its configuration takes any model's settings, and so has to be told which model's these are.
    settings["text_config"]["model_type"] = "glm4v_text"
    settings["vision_config"]["model_type"] = "glm4v_vision"
    save(folder, Glm46VForConditionalGeneration(Glm46VConfig(**settings)), processor)


def _glm_processor(kind: Any, images: Any) -> Any:
    talk = Talk(
        "<|begin_of_image|><|image|><|end_of_image|>",
        {"user": ("<|user|>\n", ""), "assistant": ("<|assistant|>\n", "")},
        "[gMASK]<sop>",
    )
    special = ("[gMASK]", "<sop>", "<|assistant|>", *_GLM_TOKENS.values())
    tokenizer = Vocabulary(special, end="<|user|>").tokenizer()
    made = images(patch_size=8, size=_PIXELS, **HALF)
    return kind(made, tokenizer, register().NoVideos(), chat_template=talk.template)


def _glm_settings(processor: Any) -> dict[str, Any]:
    tower = {**_TOWER, "hidden_size": 32, "intermediate_size": 48, "image_size": 32}
    return {
        "text_config": {**_text(processor), "rope_parameters": _MROPE},
        "vision_config": {**tower, "out_hidden_size": TEXT["hidden_size"]},
        "tie_word_embeddings": False,
        **ids(processor.tokenizer, _GLM_TOKENS),
    }


def _processor(kind: Any) -> Any:
    from transformers import Qwen2VLImageProcessorPil

    tokenizer = Vocabulary(("<|im_start|>", *_TOKENS.values()), end="<|im_end|>").tokenizer()
    images = Qwen2VLImageProcessorPil(patch_size=8, size=_PIXELS, **HALF)
    return kind(images, tokenizer, register().NoVideos(), chat_template=chat_ml(_IMAGE).template)


def _text(processor: Any) -> dict[str, Any]:
    return {**TEXT, **special_ids(processor.tokenizer)}


def _tower3() -> dict[str, Any]:
    return {
        **_TOWER,
        "hidden_size": 32,
        "intermediate_size": 48,
        "out_hidden_size": TEXT["hidden_size"],
        "num_position_embeddings": 16,
    }
