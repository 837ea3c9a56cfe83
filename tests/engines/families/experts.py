"""Llama 4, Aria and Ernie 4.5 VL, whose text layers choose among experts token by token."""

from __future__ import annotations

from pathlib import Path

from tests.engines.families.building import (
    HALF,
    SQUARE,
    TEXT,
    VISION,
    Talk,
    Vocabulary,
    chat_ml,
    ids,
    save,
    special_ids,
)
from tests.engines.families.stand_ins import register


def llama4(folder: Path) -> None:
    """Chunks that bind, layers without rotary positions, and experts; far below `floor_scale`."""
    from transformers import Llama4Config, Llama4ForConditionalGeneration, Llama4Processor

    before, end = "<|header_start|>{}<|header_end|>\n\n", "<|eot|>"
    turns = {role: (before.format(role), end) for role in ("user", "assistant")}
    talk = Talk("<|image|>", turns, "<|begin_of_text|>")
    tiles = ("<|patch|>", "<|image|>", "<|tile_x_separator|>", "<|tile_y_separator|>")
    special = ("<|header_start|>", "<|header_end|>", "<|image_start|>", "<|image_end|>", *tiles)
    tokenizer = Vocabulary(special, end=end, begin="<|begin_of_text|>").tokenizer()
    images = register().Llama4Images(size=SQUARE, max_patches=2, **HALF)
    processor = Llama4Processor(images, tokenizer, patch_size=8, chat_template=talk.template)
    text = {
        **TEXT,
        **special_ids(tokenizer),
        "head_dim": 12,
        "intermediate_size_mlp": 64,
        "num_local_experts": 4,
        "interleave_moe_layer_step": 2,
        "attention_chunk_size": 24,
        "no_rope_layers": [1, 0],
        "layer_types": ["chunked_attention", "full_attention"],
    }
    tower = {
        **VISION,
        "intermediate_size": 128,
        "vision_output_dim": 32,
        "projector_input_dim": 32,
        "projector_output_dim": 32,
    }
    config = Llama4Config(
        text_config=text,
        vision_config=tower,
        **ids(
            tokenizer,
            {
                "boi_token_index": "<|image_start|>",
                "eoi_token_index": "<|image_end|>",
                "image_token_index": "<|patch|>",
            },
        ),
    )
    save(folder, Llama4ForConditionalGeneration(config), processor)


def aria(folder: Path) -> None:
    from transformers import AriaConfig, AriaForConditionalGeneration, AriaImageProcessorPil, AriaProcessor

    named = {"image_token": "<|img|>"}
    tokenizer = Vocabulary(("<|im_start|>",), end="<|im_end|>", named=named).tokenizer()
    # Its processor takes images of 980 pixels a side unless told otherwise in each call, which takes long.
    AriaProcessor.images_kwargs = {"max_image_size": 490, "split_image": False}
    images = AriaImageProcessorPil(max_image_size=490, min_image_size=336, **HALF)
    processor = AriaProcessor(
        images, tokenizer, chat_template=chat_ml("<|img|>").template, size_conversion={490: 4}
    )
    config = AriaConfig(
        text_config={
            **TEXT,
            **special_ids(tokenizer),
            "moe_num_experts": 4,
            "moe_topk": 2,
            "moe_num_shared_experts": 1,
        },
        vision_config={**VISION, "model_type": "idefics3_vision", "image_size": 490, "patch_size": 70},
        projector_patch_to_query_dict={49: 4},
        **ids(tokenizer, {"image_token_index": "<|img|>"}),
    )
    save(folder, AriaForConditionalGeneration(config), processor)


def ernie4_5_vl(folder: Path) -> None:
    """Experts for text and others for images: which, an argument says for each token."""
    from transformers import (
        Ernie4_5_VLMoeConfig,
        Ernie4_5_VLMoeForConditionalGeneration,
        Ernie4_5_VLMoeImageProcessorPil,
        Ernie4_5_VLMoeProcessor,
    )

    named = {
        "image_token": "<|IMAGE_PLACEHOLDER|>",
        "image_start_token": "<|IMAGE_START|>",
        "image_end_token": "<|IMAGE_END|>",
        "video_token": "<|VIDEO_PLACEHOLDER|>",
        "video_start_token": "<|VIDEO_START|>",
        "video_end_token": "<|VIDEO_END|>",
    }
    image = "<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>"
    talk = Talk(
        image, {"user": ("User: ", "\n"), "assistant": ("Assistant: ", "</s>")}, "<s>", asks="Assistant: "
    )
    tokenizer = Vocabulary((), end="</s>", begin="<s>", named=named).tokenizer()
    images = Ernie4_5_VLMoeImageProcessorPil(
        size={"shortest_edge": 28 * 28, "longest_edge": 64 * 64}, patch_size=8, merge_size=2, **HALF
    )
    processor = Ernie4_5_VLMoeProcessor(images, tokenizer, register().NoVideos(), chat_template=talk.template)
    text = {
        **TEXT,
        **special_ids(tokenizer),
        "moe_k": 2,
        "moe_num_experts": 4,
        "moe_num_shared_experts": 1,
        "moe_intermediate_size": [32, 24],
        "mlp_layer_types": ["dense", "sparse"],
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 2, 2]},
    }
    tower = {
        "depth": 2,
        "hidden_size": 32,
        "num_heads": 2,
        "patch_size": 8,
        "intermediate_size": 48,
        "spatial_merge_size": 2,
        "temporal_merge_size": 2,
    }
    config = Ernie4_5_VLMoeConfig(
        text_config=text,
        vision_config=tower,
        tie_word_embeddings=False,
        **ids(tokenizer, {f"{name}_id": token for name, token in named.items()}),
    )
    save(folder, Ernie4_5_VLMoeForConditionalGeneration(config), processor)
