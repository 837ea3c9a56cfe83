"""Gemma 3 (so MedGemma too) and 4, whose window binds, and PaliGemma, whose whole prompt is a prefix."""

from __future__ import annotations

from pathlib import Path

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
from tests.engines.families.stand_ins import register

_SLIDING = {
    "head_dim": 12,
    "sliding_window": 24,
    "layer_types": ["sliding_attention", "full_attention"],
}


def gemma3(folder: Path) -> None:
    from transformers import (
        Gemma3Config,
        Gemma3ForConditionalGeneration,
        Gemma3ImageProcessorPil,
        Gemma3Processor,
    )

    end = "<end_of_turn>\n"
    talk = Talk(
        "<start_of_image>",
        {"user": ("<start_of_turn>user\n", end), "assistant": ("<start_of_turn>model\n", end)},
        "<bos>",
    )
    named = {
        "boi_token": "<start_of_image>",
        "eoi_token": "<end_of_image>",
        "image_token": "<image_soft_token>",
    }
    tokenizer = Vocabulary(
        ("<start_of_turn>",), end="<end_of_turn>", begin="<bos>", byte_level=False, named=named
    ).tokenizer()
    images = Gemma3ImageProcessorPil(size=SQUARE, **HALF)
    processor = Gemma3Processor(images, tokenizer, image_seq_length=4, chat_template=talk.template)
    config = Gemma3Config(
        text_config={**TEXT, **special_ids(tokenizer), **_SLIDING, "query_pre_attn_scalar": 12},
        vision_config={"model_type": "siglip_vision_model", **VISION, "vision_use_head": False},
        mm_tokens_per_image=4,
        tie_word_embeddings=False,
        image_token_index=tokenizer.image_token_id,
        boi_token_index=tokenizer.boi_token_id,
        eoi_token_index=tokenizer.eoi_token_id,
    )
    save(folder, Gemma3ForConditionalGeneration(config), processor)


def gemma4(folder: Path) -> None:
    """Inputs of its own for each layer; the last two layers take keys and values of the first two."""
    from transformers import (
        Gemma4AudioFeatureExtractor,
        Gemma4Config,
        Gemma4ForConditionalGeneration,
        Gemma4ImageProcessorPil,
        Gemma4Processor,
    )

    end = "<turn|>\n"
    talk = Talk("<|image|>", {"user": ("<|turn>user\n", end), "assistant": ("<|turn>model\n", end)}, "<bos>")
    named = {
        "boi_token": "<|image>",
        "eoi_token": "<image|>",
        "image_token": "<|image|>",
        "boa_token": "<|audio>",
        "eoa_token": "<audio|>",
        "audio_token": "<|audio|>",
    }
    tokenizer = Vocabulary(
        ("<|turn>", "<|video|>"), end="<turn|>", begin="<bos>", byte_level=False, named=named
    ).tokenizer()
    images = Gemma4ImageProcessorPil(patch_size=8, max_soft_tokens=70, pooling_kernel_size=2)
    processor = Gemma4Processor(
        Gemma4AudioFeatureExtractor(), images, tokenizer, register().NoVideos(), chat_template=talk.template
    )
    text = {
        **TEXT,
        **special_ids(tokenizer),
        **_SLIDING,
        "num_hidden_layers": 4,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "global_head_dim": 24,
        "num_kv_shared_layers": 2,
        "vocab_size_per_layer_input": len(tokenizer),
        "hidden_size_per_layer_input": 8,
        "final_logit_softcapping": 30.0,
        "use_bidirectional_attention": "vision",
    }
    tower = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "patch_size": 8,
        "pooling_kernel_size": 2,
        "position_embedding_size": 128,
    }
    config = Gemma4Config(
        text_config=text,
        vision_config=tower,
        audio_config=None,
        tie_word_embeddings=False,
        **ids(
            tokenizer, {"image_token_id": "<|image|>", "boi_token_id": "<|image>", "eoi_token_id": "<image|>"}
        ),
        **ids(tokenizer, {"video_token_id": "<|video|>", "audio_token_id": "<|audio|>"}),
    )
    save(folder, Gemma4ForConditionalGeneration(config), processor)


def paligemma(folder: Path) -> None:
    """No chat template is published for it; this one writes the turns as lines."""
    from transformers import (
        PaliGemmaConfig,
        PaliGemmaForConditionalGeneration,
        PaliGemmaProcessor,
        SiglipImageProcessorPil,
    )

    talk = Talk("<image>", {"user": ("", "\n"), "assistant": ("", "\n")})
    tokenizer = Vocabulary(("<image>",), end="<eos>", begin="<bos>", byte_level=False).tokenizer()
    images = SiglipImageProcessorPil(size=SQUARE, image_seq_length=16, **HALF)
    processor = PaliGemmaProcessor(images, tokenizer, chat_template=talk.template)
    config = PaliGemmaConfig(
        text_config={"model_type": "gemma", **TEXT, **special_ids(tokenizer), "head_dim": 12},
        vision_config={"model_type": "siglip_vision_model", **VISION, "vision_use_head": False},
        projection_dim=TEXT["hidden_size"],
        hidden_size=TEXT["hidden_size"],
        tie_word_embeddings=False,
        image_token_index=processor.image_token_id,
    )
    save(folder, PaliGemmaForConditionalGeneration(config), processor)
