"""FastVLM, Perception LM, Granite 4 Vision, Ovis2 and LFM2-VL: small models with towers of their own kinds."""

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

_TILES = [[32, 64], [64, 32], [64, 64]]
_SIGLIP = {"model_type": "siglip_vision_model", **VISION, "vision_use_head": False}


def fast_vlm(folder: Path) -> None:
    """A convolutional tower: the library's ResNet in place of the one that needs the package timm."""
    from transformers import (
        CLIPImageProcessorPil,
        FastVlmConfig,
        FastVlmForConditionalGeneration,
        LlavaProcessor,
        ResNetConfig,
    )

    tokenizer = Vocabulary(("<|im_start|>", "<image>"), end="<|im_end|>").tokenizer()
    images = CLIPImageProcessorPil(size=SQUARE, do_center_crop=False, **HALF)
    processor = LlavaProcessor(
        images,
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=0,
        chat_template=chat_ml("<image>\n").template,
    )
    tower = ResNetConfig(
        embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic", hidden_size=32
    )
    config = FastVlmConfig(
        vision_config=tower,
        text_config={"model_type": "qwen2", **TEXT, **special_ids(tokenizer)},
        **ids(tokenizer, {"image_token_index": "<image>"}),
    )
    save(folder, FastVlmForConditionalGeneration(config), processor)


def perception_lm(folder: Path) -> None:
    """A thumbnail and tiles; a SigLIP tower in place of the one that needs the package timm."""
    from transformers import (
        PerceptionLMConfig,
        PerceptionLMForConditionalGeneration,
        PerceptionLMProcessor,
        SiglipVisionConfig,
    )

    before, end = "<|start_header_id|>{}<|end_header_id|>\n\n", "<|eot_id|>"
    turns = {role: (before.format(role), end) for role in ("user", "assistant")}
    talk = Talk("<|image|>", turns, "<|begin_of_text|>")
    named = {"image_token": "<|image|>", "video_token": "<|video|>"}
    special = ("<|start_header_id|>", "<|end_header_id|>")
    tokenizer = Vocabulary(special, end=end, begin="<|begin_of_text|>", named=named).tokenizer()
    images = register().PerceptionLMImages(tile_size=32, max_num_tiles=2, size=SQUARE, **HALF)
    processor = PerceptionLMProcessor(
        register().NoVideos(), images, tokenizer, patch_size=8, pooling_ratio=2, chat_template=talk.template
    )
    config = PerceptionLMConfig(
        vision_config=SiglipVisionConfig(**VISION, vision_use_head=False, model_args={"embed_dim": 32}),
        text_config={"model_type": "llama", **TEXT, **special_ids(tokenizer)},
        vision_use_cls_token=False,
        projector_pooling_ratio=2,
        **ids(tokenizer, {"image_token_id": "<|image|>", "video_token_id": "<|video|>"}),
    )
    save(folder, PerceptionLMForConditionalGeneration(config), processor)


def granite4_vision(folder: Path) -> None:
    """Features of several layers of the tower, each for a layer of the text."""
    from transformers import (
        Granite4VisionConfig,
        Granite4VisionForConditionalGeneration,
        Granite4VisionProcessor,
        LlavaNextImageProcessorPil,
    )

    talk = Talk("<image>\n", {"user": ("<|user|>\n", "\n"), "assistant": ("<|assistant|>\n", "<|end|>\n")})
    tokenizer = Vocabulary(("<|user|>", "<|assistant|>", "<image>"), end="<|end|>").tokenizer()
    images = LlavaNextImageProcessorPil(
        size={"shortest_edge": 32}, crop_size=SQUARE, image_grid_pinpoints=_TILES, **HALF
    )
    processor = Granite4VisionProcessor(
        images,
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="full",
        downsample_rate="1/2",
        chat_template=talk.template,
    )
    config = Granite4VisionConfig(
        vision_config={**_SIGLIP, "hidden_size": 64},
        text_config={**TEXT, **special_ids(tokenizer), "num_hidden_layers": 3, "attention_multiplier": 0.3},
        image_grid_pinpoints=_TILES,
        downsample_rate="1/2",
        deepstack_layer_map=[[-2, 0]],
        spatial_target_layers=[1],
        vision_feature_select_strategy="full",
        qformer_config={
            "model_type": "blip_2_qformer",
            "num_hidden_layers": 1,
            "intermediate_size": 48,
            "cross_attention_frequency": 1,
            "use_qformer_text_input": False,
        },
        **ids(tokenizer, {"image_token_index": "<image>"}),
    )
    save(folder, Granite4VisionForConditionalGeneration(config), processor)


def ovis2(folder: Path) -> None:
    """An image in tokens of a vocabulary of its own, with marks that are embedded with it."""
    from transformers import (
        Ovis2Config,
        Ovis2ForConditionalGeneration,
        Ovis2ImageProcessorPil,
        Ovis2Processor,
    )

    marks = ("<IMG_START>", "<IMG_GRID>", "<IMG_COL>", "<IMG_ROW>", "<IMG_END>")
    special = ("<|im_start|>", "<image>", "<IMG_ATOM>", *marks)
    tokenizer = Vocabulary(special, end="<|im_end|>").tokenizer()
    images = Ovis2ImageProcessorPil(size=SQUARE, crop_to_patches=True, max_patches=2, **HALF)
    processor = Ovis2Processor(
        images, tokenizer, chat_template=chat_ml("<image>\n").template, image_seq_length=16
    )
    config = Ovis2Config(
        text_config={"model_type": "qwen2", **TEXT, **special_ids(tokenizer)},
        vision_config={**VISION, "vocab_size": 24, "hidden_stride": 1, "num_visual_indicator_tokens": 5},
        visual_indicator_token_ids=[tokenizer.convert_tokens_to_ids(mark) for mark in marks],
        vocab_size=len(tokenizer),
        hidden_size=TEXT["hidden_size"],
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_id": "<IMG_ATOM>"}),
    )
    save(folder, Ovis2ForConditionalGeneration(config), processor)


def lfm2_vl(folder: Path) -> None:
    """Short convolutions between layers of attention: a state that no mask reaches."""
    from transformers import Lfm2VlConfig, Lfm2VlForConditionalGeneration, Lfm2VlProcessor

    named = {
        "image_token": "<image>",
        "image_start_token": "<|image_start|>",
        "image_end_token": "<|image_end|>",
        "image_thumbnail_token": "<|img_thumbnail|>",
    }
    grid = tuple(f"<|img_row_{row}_col_{column}|>" for row in (1, 2) for column in (1, 2))
    tokenizer = Vocabulary(
        ("<|im_start|>", *grid), end="<|im_end|>", begin="<|startoftext|>", named=named
    ).tokenizer()
    talk = chat_ml("<image>")
    talk = Talk(talk.image, talk.turns, "<|startoftext|>")
    images = register().Lfm2VlImages(
        size=SQUARE,
        tile_size=32,
        encoder_patch_size=8,
        min_image_tokens=4,
        max_image_tokens=8,
        max_tiles=2,
        **HALF,
    )
    processor = Lfm2VlProcessor(images, tokenizer, chat_template=talk.template)
    config = Lfm2VlConfig(
        text_config={
            "model_type": "lfm2",
            **TEXT,
            **special_ids(tokenizer),
            "layer_types": ["conv", "full_attention"],
            "block_multiple_of": 8,
        },
        vision_config={
            **VISION,
            "model_type": "siglip2_vision_model",
            "num_patches": 16,
            "vision_use_head": False,
        },
        projector_hidden_size=32,
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_id": "<image>"}),
    )
    save(folder, Lfm2VlForConditionalGeneration(config), processor)
