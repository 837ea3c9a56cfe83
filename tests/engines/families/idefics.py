"""Idefics3 and SmolVLM: an image in tiles, each between tokens that name its row and column."""

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
