"""InternVL, Mistral 3, Mllama, Molmo2, Cohere2 Vision and Aya Vision."""

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
    chat_ml,
    ids,
    save,
    special_ids,
)
from tests.engines.families.stand_ins import register

_TILES = {"size": SQUARE, "crop_to_patches": True, "max_patches": 3, **HALF}


def internvl(folder: Path) -> None:
    """InternVL3 as transformers has it: tiles and a thumbnail, Qwen2 text."""
    from transformers import (
        GotOcr2ImageProcessorPil,
        InternVLConfig,
        InternVLForConditionalGeneration,
        InternVLProcessor,
    )

    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokenizer = Vocabulary(("<|im_start|>",), end="<|im_end|>", named=named).tokenizer()
    processor = InternVLProcessor(
        GotOcr2ImageProcessorPil(**_TILES),
        tokenizer,
        register().NoVideos(),
        image_seq_length=4,
        chat_template=chat_ml("<IMG_CONTEXT>\n").template,
    )
    config = InternVLConfig(
        text_config={"model_type": "qwen2", **TEXT, **special_ids(tokenizer)},
        vision_config=VISION,
        image_seq_length=4,
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_id": "<IMG_CONTEXT>"}),
    )
    save(folder, InternVLForConditionalGeneration(config), processor)


def mistral3(folder: Path) -> None:
    """Mistral Small 3.1: a Pixtral tower, rows of an image ended by tokens of their own."""
    from transformers import Mistral3Config, Mistral3ForConditionalGeneration, PixtralImageProcessorPil

    talk = Talk("[IMG]", {"user": ("[INST]", "[/INST]"), "assistant": ("", "</s>")}, "<s>")
    special = ("[INST]", "[/INST]", "[IMG]", "[IMG_BREAK]", "[IMG_END]")
    tokenizer = Vocabulary(special, end="</s>", begin="<s>").tokenizer()
    images = PixtralImageProcessorPil(
        size={"longest_edge": 48}, patch_size={"height": 16, "width": 16}, **HALF
    )
    processor = register().PixtralProcessor(
        images, tokenizer, patch_size=8, spatial_merge_size=2, chat_template=talk.template
    )
    config = Mistral3Config(
        text_config={"model_type": "mistral", **TEXT, **special_ids(tokenizer), "sliding_window": None},
        vision_config={"model_type": "pixtral", **VISION, "image_size": 48},
        image_token_index=processor.image_token_id,
        spatial_merge_size=2,
        tie_word_embeddings=False,
    )
    save(folder, Mistral3ForConditionalGeneration(config), processor)


def mllama(folder: Path) -> None:
    """Llama 3.2 Vision: the text looks at the image in cross-attention layers, whose gates are open here."""
    from transformers import (
        MllamaConfig,
        MllamaForConditionalGeneration,
        MllamaImageProcessorPil,
        MllamaProcessor,
    )

    before, end = "<|start_header_id|>{}<|end_header_id|>\n\n", "<|eot_id|>"
    turns = {role: (before.format(role), end) for role in ("user", "assistant")}
    talk = Talk("<|image|>", turns, "<|begin_of_text|>")
    special = ("<|start_header_id|>", "<|end_header_id|>", "<|python_tag|>", "<|image|>")
    tokenizer = Vocabulary(special, end=end, begin="<|begin_of_text|>").tokenizer()
    images = MllamaImageProcessorPil(size=SQUARE, max_image_tiles=4, **HALF)
    processor = MllamaProcessor(images, tokenizer, chat_template=talk.template)
    text = {**TEXT, **special_ids(tokenizer), "num_hidden_layers": 3, "cross_attention_layers": [1]}
    tower = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_global_layers": 1,
        "attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
        "intermediate_layers_indices": [0],
        "vision_output_dim": 64,
    }
    config = MllamaConfig(text_config=text, vision_config=tower, image_token_index=processor.image_token_id)
    save(folder, MllamaForConditionalGeneration(config), processor)


def molmo2(folder: Path) -> None:
    """Crops that overlap, pooled by indices that come with them."""
    from transformers import Molmo2Config, Molmo2ForConditionalGeneration, Molmo2Processor

    marks = {
        "image_start_token_id": "<im_start>",
        "low_res_image_start_token_id": "<low_res_im_start>",
        "image_end_token_id": "<im_end>",
        "image_patch_id": "<im_patch>",
        "frame_start_token_id": "<frame_start>",
        "frame_end_token_id": "<frame_end>",
    }
    special = ("<|im_start|>", *marks.values(), "<im_col>", "<im_low>", "<|image|>", "<|video|>")
    tokenizer = Vocabulary(special, end="<|im_end|>").tokenizer()
    stand_ins = register()
    images = stand_ins.Molmo2Images(size=SQUARE, patch_size=8, max_crops=2, overlap_margins=[1, 1], **HALF)
    # Its processor writes the ending token before a chat that has no opening one.
    talk = chat_ml("<|image|>")
    template = "<|im_end|>" + talk.template
    processor = Molmo2Processor(images, stand_ins.NoVideos(), tokenizer, chat_template=template)
    tower = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "image_size": [32, 32],
        "patch_size": 8,
    }
    adapter = {
        "vision_feature_layer": [1, 0],
        "hidden_size": 32,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "intermediate_size": 48,
        "text_hidden_size": TEXT["hidden_size"],
    }
    config = Molmo2Config(
        text_config={**TEXT, **special_ids(tokenizer), "head_dim": 12, "additional_vocab_size": 0},
        vision_config=tower,
        adapter_config=adapter,
        tie_word_embeddings=False,
        **ids(tokenizer, marks),
    )
    save(folder, Molmo2ForConditionalGeneration(config), processor)


_COHERE = Talk(
    "<image>",
    {
        "user": ("<|START_OF_TURN_TOKEN|><|USER_TOKEN|>", "<|END_OF_TURN_TOKEN|>"),
        "assistant": ("<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>", "<|END_OF_TURN_TOKEN|>"),
    },
    "<BOS_TOKEN>",
)
_COHERE_MARKS = ("<|START_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>")


def cohere2_vision(folder: Path) -> None:
    from transformers import (
        Cohere2VisionConfig,
        Cohere2VisionForConditionalGeneration,
        Cohere2VisionProcessor,
    )

    named = {
        "boi_token": "<|START_OF_IMG|>",
        "eoi_token": "<|END_OF_IMG|>",
        "image_token": "<|IMG_PATCH|>",
        "img_line_break_token": "<|IMG_LINE_BREAK|>",
    }
    tokenizer = _cohere_tokenizer((), named)
    # `patch_size` is here the side of a tile in tokens: 2 x 2 of them after the pixels are shuffled.
    images = register().Cohere2Images(**_TILES, patch_size=2)
    talk = Talk("<|IMG_PATCH|>", _COHERE.turns, _COHERE.opening)
    processor = Cohere2VisionProcessor(images, tokenizer, chat_template=talk.template)
    config = Cohere2VisionConfig(
        **_cohere_sizes(tokenizer),
        downsample_factor=2,
        alignment_intermediate_size=64,
        image_token_id=tokenizer.image_token_id,
    )
    save(folder, Cohere2VisionForConditionalGeneration(config), processor)


def aya_vision(folder: Path) -> None:
    from transformers import (
        AyaVisionConfig,
        AyaVisionForConditionalGeneration,
        AyaVisionProcessor,
        GotOcr2ImageProcessorPil,
    )

    marks = ("<|START_OF_IMG|>", "<|END_OF_IMG|>", "<|IMG_PATCH|>", "<|IMG_LINE_BREAK|>")
    tokenizer = _cohere_tokenizer(("<image>", *marks, "TILE", "TILE_GLOBAL"), {})
    processor = AyaVisionProcessor(
        GotOcr2ImageProcessorPil(**_TILES),
        tokenizer,
        patch_size=8,
        img_size=32,
        downsample_factor=2,
        chat_template=_COHERE.template,
    )
    config = AyaVisionConfig(
        **_cohere_sizes(tokenizer), downsample_factor=2, image_token_index=processor.image_token_id
    )
    save(folder, AyaVisionForConditionalGeneration(config), processor)


def _cohere_tokenizer(special: tuple[str, ...], named: dict[str, str]) -> Any:
    return Vocabulary(
        (*_COHERE_MARKS, *special), end="<|END_OF_TURN_TOKEN|>", begin="<BOS_TOKEN>", named=named
    ).tokenizer()


def _cohere_sizes(tokenizer: Any) -> dict[str, Any]:
    """Cohere2 text: the first layer slides, with a window shorter than any prompt."""
    text = {
        "model_type": "cohere2",
        **TEXT,
        **special_ids(tokenizer),
        "layer_types": ["sliding_attention", "full_attention"],
        "sliding_window": 24,
    }
    vision = {"model_type": "siglip_vision_model", **VISION, "vision_use_head": False}
    return {"text_config": text, "vision_config": vision, "tie_word_embeddings": False}
