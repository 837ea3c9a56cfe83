"""Idefics3 and SmolVLM: an image in tiles, each between tokens that name its row and column; Idefics2: its whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engines.families.building import HALF, TEXT, VISION, Talk, Vocabulary, ids, save, special_ids
from tests.engines.families.stand_ins import register

_MARKS = ("<image>", "<fake_token_around_image>", "<global-img>")
_GRID = tuple(f"<row_{row}_col_{column}>" for row in range(1, 4) for column in range(1, 4))
_TILES = {
    "size": {"longest_edge": 64},
    "max_image_size": {"longest_edge": 32},
    "do_image_splitting": True,
    **HALF,
}


def idefics3(folder: Path) -> None:
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessorPil,
        Idefics3Processor,
    )

    tokenizer = _tokenizer("<|begin_of_text|>")
    talk = _talk("<|begin_of_text|>")
    images = Idefics3ImageProcessorPil(**_TILES)
    processor = Idefics3Processor(images, tokenizer, image_seq_len=4, chat_template=talk.template)
    save(folder, Idefics3ForConditionalGeneration(Idefics3Config(**_sizes(tokenizer))), processor)


def idefics2(folder: Path) -> None:
    """An image of any size, resampled to a few tokens."""
    from transformers import (
        Idefics2Config,
        Idefics2ForConditionalGeneration,
        Idefics2ImageProcessorPil,
        Idefics2Processor,
    )

    tokenizer = Vocabulary(_MARKS[:2], end="<end_of_utterance>", begin="<s>", byte_level=False).tokenizer()
    images = Idefics2ImageProcessorPil(
        size={"shortest_edge": 24, "longest_edge": 40}, do_image_splitting=False, **HALF
    )
    processor = Idefics2Processor(images, tokenizer, image_seq_len=4, chat_template=_talk("<s>").template)
    config = Idefics2Config(
        vision_config={**VISION, "image_size": 40},
        perceiver_config={
            "hidden_size": TEXT["hidden_size"],
            "resampler_n_latents": 4,
            "resampler_depth": 1,
            "resampler_n_heads": 2,
            "resampler_head_dim": 12,
            "num_key_value_heads": 1,
        },
        text_config={"model_type": "mistral", **TEXT, **special_ids(tokenizer), "sliding_window": None},
        **ids(tokenizer, {"image_token_id": "<image>"}),
    )
    save(folder, Idefics2ForConditionalGeneration(config), processor)


def smolvlm(folder: Path) -> None:
    from transformers import (
        SmolVLMConfig,
        SmolVLMForConditionalGeneration,
        SmolVLMImageProcessorPil,
        SmolVLMProcessor,
    )

    tokenizer = _tokenizer("<|im_start|>")
    talk = _talk("<|im_start|>")
    images, videos = SmolVLMImageProcessorPil(**_TILES), register().NoVideos()
    processor = SmolVLMProcessor(images, tokenizer, videos, image_seq_len=4, chat_template=talk.template)
    save(folder, SmolVLMForConditionalGeneration(SmolVLMConfig(**_sizes(tokenizer))), processor)


def _tokenizer(begin: str) -> Any:
    return Vocabulary((*_MARKS, *_GRID), end="<end_of_utterance>", begin=begin).tokenizer()


def _talk(opening: str) -> Talk:
    end = "<end_of_utterance>\n"
    return Talk("<image>", {"user": ("User:", end), "assistant": ("Assistant: ", end)}, opening, "Assistant:")


def _sizes(tokenizer: Any) -> dict[str, Any]:
    return {
        "vision_config": VISION,
        "text_config": {"model_type": "llama", **TEXT, **special_ids(tokenizer)},
        "scale_factor": 2,
        "tie_word_embeddings": False,
        **ids(tokenizer, {"image_token_id": "<image>"}),
    }
