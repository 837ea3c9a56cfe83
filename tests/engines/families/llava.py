"""LLaVA: 1.5, on Mistral with a sliding window, NeXT (tiles), OneVision (Qwen2), ViP-LLaVA and Video-LLaVA."""

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

_VICUNA = Talk("<image>\n", {"user": ("USER: ", " "), "assistant": ("ASSISTANT: ", " ")}, asks="ASSISTANT:")
_MISTRAL = Talk("<image>\n", {"user": ("[INST] ", " [/INST]"), "assistant": (" ", "</s>")}, "<s>", asks="")
_PATCHES: dict[str, Any] = {
    "patch_size": 8,
    "vision_feature_select_strategy": "default",
    "num_additional_image_tokens": 1,
}
"""How a processor counts the tokens of an image, of which CLIP's class token is left out."""
_TILES = [[32, 64], [64, 32], [64, 64]]


def _llama(*special: str) -> Any:
    return Vocabulary(("<image>", *special), end="</s>", begin="<s>", byte_level=False).tokenizer()


def llava(folder: Path) -> None:
    """LLaVA-1.5: CLIP and Llama, the opening token added by the tokenizer."""
    from transformers import LlamaConfig

    tokenizer = _llama()
    _save_llava(folder, tokenizer, LlamaConfig(**TEXT, **special_ids(tokenizer)), _VICUNA)


def llava_mistral(folder: Path) -> None:
    """LLaVA on Mistral: every layer slides, and the window is shorter than any prompt."""
    from transformers import MistralConfig

    tokenizer = _llama()
    text = MistralConfig(**TEXT, **special_ids(tokenizer), sliding_window=24)
    _save_llava(folder, tokenizer, text, _MISTRAL)


def _save_llava(folder: Path, tokenizer: Any, text: Any, talk: Talk) -> None:
    from transformers import LlavaConfig, LlavaForConditionalGeneration

    processor = _llava_processor(tokenizer, talk)
    config = LlavaConfig(
        vision_config=_clip(),
        text_config=text,
        image_token_id=processor.image_token_id,
        image_seq_length=16,
        vision_feature_layer=-1,
        tie_word_embeddings=False,
    )
    save(folder, LlavaForConditionalGeneration(config), processor)


def llava_next(folder: Path) -> None:
    """LLaVA-NeXT: a square image and a wide one have unequal numbers of tokens."""
    from transformers import (
        LlamaConfig,
        LlavaNextConfig,
        LlavaNextForConditionalGeneration,
        LlavaNextImageProcessorPil,
        LlavaNextProcessor,
    )

    tokenizer = _llama()
    images = LlavaNextImageProcessorPil(
        size={"shortest_edge": 32}, crop_size=SQUARE, image_grid_pinpoints=_TILES, **HALF
    )
    processor = LlavaNextProcessor(
        images,
        tokenizer,
        chat_template=_VICUNA.template,
        **_PATCHES,
    )
    config = LlavaNextConfig(
        vision_config=_clip(),
        text_config=LlamaConfig(**TEXT, **special_ids(tokenizer)),
        image_token_id=processor.image_token_id,
        image_grid_pinpoints=_TILES,
        vision_feature_layer=-1,
        tie_word_embeddings=False,
    )
    save(folder, LlavaNextForConditionalGeneration(config), processor)


def llava_onevision(folder: Path) -> None:
    """LLaVA-OneVision: SigLIP without a class token, Qwen2 text."""
    from transformers import (
        LlavaOnevisionConfig,
        LlavaOnevisionForConditionalGeneration,
        LlavaOnevisionImageProcessorPil,
        LlavaOnevisionProcessor,
        Qwen2Config,
        SiglipVisionConfig,
    )

    tokenizer = Vocabulary(("<|im_start|>", "<image>", "<video>"), end="<|im_end|>").tokenizer()
    images = LlavaOnevisionImageProcessorPil(size=SQUARE, image_grid_pinpoints=_TILES, **HALF)
    processor = LlavaOnevisionProcessor(
        images,
        tokenizer,
        register().NoVideos(),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=chat_ml("<image>\n").template,
    )
    config = LlavaOnevisionConfig(
        vision_config=SiglipVisionConfig(**VISION, vision_use_head=False),
        text_config=Qwen2Config(**TEXT, **special_ids(tokenizer)),
        image_grid_pinpoints=_TILES,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_id": "<image>", "video_token_id": "<video>"}),
    )
    save(folder, LlavaOnevisionForConditionalGeneration(config), processor)


def vipllava(folder: Path) -> None:
    """Features of several layers of the tower side by side."""
    from transformers import LlamaConfig, VipLlavaConfig, VipLlavaForConditionalGeneration

    tokenizer = _llama()
    processor = _llava_processor(tokenizer, _VICUNA)
    config = VipLlavaConfig(
        vision_config=_clip(),
        text_config=LlamaConfig(**TEXT, **special_ids(tokenizer)),
        image_token_index=processor.image_token_id,
        image_seq_length=16,
        vision_feature_layer=[-1, -2],
        tie_word_embeddings=False,
    )
    save(folder, VipLlavaForConditionalGeneration(config), processor)


def video_llava(folder: Path) -> None:
    """Its pixels have a name of their own, which only the model beneath the head knows."""
    from transformers import (
        LlamaConfig,
        VideoLlavaConfig,
        VideoLlavaForConditionalGeneration,
        VideoLlavaImageProcessor,
        VideoLlavaProcessor,
    )

    tokenizer = _llama("<video>")
    processor = VideoLlavaProcessor(
        VideoLlavaImageProcessor(size=SQUARE, do_center_crop=False, **HALF),
        register().NoVideos(),
        tokenizer,
        chat_template=_VICUNA.template,
        **_PATCHES,
    )
    config = VideoLlavaConfig(
        vision_config=_clip(),
        text_config=LlamaConfig(**TEXT, **special_ids(tokenizer)),
        image_seq_length=16,
        vision_feature_layer=-1,
        tie_word_embeddings=False,
        **ids(tokenizer, {"image_token_index": "<image>", "video_token_index": "<video>"}),
    )
    save(folder, VideoLlavaForConditionalGeneration(config), processor)


def _llava_processor(tokenizer: Any, talk: Talk) -> Any:
    from transformers import CLIPImageProcessorPil, LlavaProcessor

    images = CLIPImageProcessorPil(size=SQUARE, do_center_crop=False, **HALF)
    return LlavaProcessor(images, tokenizer, chat_template=talk.template, **_PATCHES)


def _clip() -> Any:
    from transformers import CLIPVisionConfig

    return CLIPVisionConfig(**VISION, projection_dim=32)
