"""Families that name or count images otherwise than most: MiniCPM-V, HunYuan-VL and Kosmos-2.5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engines.families.building import (
    HALF,
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

_MROPE = {"rope_type": "default", "mrope_section": [2, 2, 2], "rope_theta": 10000.0}
_PIXELS = {"shortest_edge": 32 * 32, "longest_edge": 64 * 64}


def minicpmv4_6(folder: Path) -> None:
    """The patches of all images lie in one row, so that images do not make batches."""
    from transformers import (
        MiniCPMV4_6Config,
        MiniCPMV4_6ForConditionalGeneration,
        MiniCPMV4_6ImageProcessorPil,
        MiniCPMV4_6Processor,
    )

    named = {
        "image_token": "<|image|>",
        "video_token": "<|video|>",
        "image_start_token": "<image>",
        "image_end_token": "</image>",
        "slice_start_token": "<slice>",
        "slice_end_token": "</slice>",
        "image_id_start_token": "<image_id>",
        "image_id_end_token": "</image_id>",
    }
    tokenizer = Vocabulary(("<|im_start|>",), end="<|im_end|>", named=named).tokenizer()
    images = MiniCPMV4_6ImageProcessorPil(patch_size=8, scale_resolution=64, max_slice_nums=2, **HALF)
    processor = MiniCPMV4_6Processor(
        images, register().NoVideos(), tokenizer, chat_template=chat_ml("<|image|>").template
    )
    config = MiniCPMV4_6Config(
        vision_config={**VISION, "image_size": 64, "insert_layer_id": 0},
        text_config={"model_type": "qwen2", **TEXT, **special_ids(tokenizer)},
        insert_layer_id=0,
        image_size=64,
        patch_size=8,
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_id": "<|image|>", "video_token_id": "<|video|>"}),
    )
    save(folder, MiniCPMV4_6ForConditionalGeneration(config), processor)


def hunyuan_vl(folder: Path) -> None:
    """Of several images in a batch the second is given other positions than alone."""
    from transformers import (
        HunYuanVLConfig,
        HunYuanVLForConditionalGeneration,
        HunYuanVLImageProcessorPil,
        HunYuanVLProcessor,
    )

    named = {"image_token": "<image>", "image_start_token": "<im_start>", "image_end_token": "<im_end>"}
    special = ("<|im_start|>", "<im_newline>")
    tokenizer = Vocabulary(special, end="<|im_end|>", begin="<s>", named=named).tokenizer()
    images = HunYuanVLImageProcessorPil(patch_size=8, size=_PIXELS, **HALF)
    talk = chat_ml("<im_start><image><im_end>")
    processor = HunYuanVLProcessor(images, tokenizer, chat_template=talk.template)
    tower: dict[str, Any] = {
        **VISION,
        "num_key_value_heads": 2,
        "out_hidden_size": TEXT["hidden_size"],
        "text_hidden_size": TEXT["hidden_size"],
        "max_image_size": 128,
        "min_image_size": 32,
        "img_max_token_num": 64,
    }
    config = HunYuanVLConfig(
        vision_config={name: value for name, value in tower.items() if name != "image_size"},
        text_config={**TEXT, **special_ids(tokenizer), "head_dim": 12, "rope_parameters": _MROPE},
        tie_word_embeddings=False,
        **ids(
            tokenizer,
            {
                "image_token_id": "<image>",
                "im_start_id": "<im_start>",
                "im_end_id": "<im_end>",
                "im_newline_id": "<im_newline>",
            },
        ),
    )
    save(folder, HunYuanVLForConditionalGeneration(config), processor)


def kosmos2_5(folder: Path) -> None:
    """No mark for an image in the text, and no chat template is published for it; this one writes lines."""
    from transformers import (
        Kosmos2_5Config,
        Kosmos2_5ForConditionalGeneration,
        Kosmos2_5ImageProcessorPil,
        Kosmos2_5Processor,
    )

    talk = Talk("", {"user": ("Question: ", "\n"), "assistant": ("Answer: ", "\n")}, asks="Answer:")
    named = {"boi_token": "<image>", "eoi_token": "</image>", "image_token": "<img>"}
    tokenizer = Vocabulary((), end="</s>", begin="<s>", named=named).tokenizer()
    # It cuts an image into 4096 patches unless told otherwise in each call, which takes long.
    Kosmos2_5Processor.images_kwargs = {"max_patches": 16, "return_tensors": "pt"}
    processor = Kosmos2_5Processor(Kosmos2_5ImageProcessorPil(max_patches=16), tokenizer, num_image_tokens=4)
    processor.chat_template = talk.template
    special = special_ids(tokenizer)
    config = Kosmos2_5Config(
        text_config={
            **special,
            "embed_dim": TEXT["hidden_size"],
            "layers": 2,
            "ffn_dim": 64,
            "attention_heads": 4,
            "max_position_embeddings": 1024,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "head_dim": 16,
        },
        latent_query_num=4,
    )
    save(folder, Kosmos2_5ForConditionalGeneration(config), processor)
