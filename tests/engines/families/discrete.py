"""Chameleon and Emu3, which turn an image into tokens of their vocabulary."""

from __future__ import annotations

from pathlib import Path

from tests.engines.families.building import HALF, SQUARE, TEXT, Talk, Vocabulary, save, special_ids

_TOKENIZER = {
    "embed_dim": 8,
    "latent_channels": 8,
    "base_channels": 32,
    "channel_multiplier": [1, 1, 1, 1],
    "num_res_blocks": 1,
}
"""Sizes of the network that turns an image into tokens, 8 pixels wide each."""


def chameleon(folder: Path) -> None:
    """Its processor ends every prompt with a separator of its own, and comes without a chat template."""
    from transformers import (
        ChameleonConfig,
        ChameleonForConditionalGeneration,
        ChameleonImageProcessorPil,
        ChameleonProcessor,
    )

    talk = Talk("<image>", {"user": ("", "<sep>"), "assistant": ("", "</s>")}, "<s>", asks="")
    visual = tuple(f"IMGIMG{''.join(chr(ord('A') + int(digit)) for digit in str(at))}Z" for at in range(16))
    named = {"image_token": "<image>", "boi_token": "<racm3:break>", "eoi_token": "<eoss>"}
    tokenizer = Vocabulary(("<sep>", *visual), end="</s>", begin="<s>", named=named).tokenizer()
    tokenizer.sep_token = "<sep>"
    images = ChameleonImageProcessorPil(size={"shortest_edge": 32}, crop_size=SQUARE, **HALF)
    processor = ChameleonProcessor(images, tokenizer, image_seq_length=16)
    processor.chat_template = talk.template
    config = ChameleonConfig(
        **TEXT,
        **special_ids(tokenizer),
        vq_config={**_TOKENIZER, "num_embeddings": 16, "resolution": 32},
        vocabulary_map=tokenizer.get_vocab(),
    )
    save(folder, ChameleonForConditionalGeneration(config), processor)


def emu3(folder: Path) -> None:
    from transformers import Emu3Config, Emu3ForConditionalGeneration, Emu3ImageProcessor, Emu3Processor

    talk = Talk(
        "<image>", {"user": ("User: ", ". "), "assistant": ("Assistant: ", ". ")}, "<|b|>", asks="Assistant:"
    )
    visual = tuple(f"<|visual token {at:06d}|>" for at in range(16))
    named = {
        "image_token": "<image>",
        "boi_token": "<|image start|>",
        "eoi_token": "<|image end|>",
        "image_wrapper_token": "<|image token|>",
        "eof_token": "<|extra_201|>",
    }
    special = ("<|extra_200|>", *visual)
    tokenizer = Vocabulary(special, end="<|e|>", begin="<|b|>", named=named).tokenizer()
    images = Emu3ImageProcessor(min_pixels=32 * 32, max_pixels=32 * 64, spatial_factor=8, **HALF)
    processor = Emu3Processor(images, tokenizer, chat_template=talk.template)
    config = Emu3Config(
        text_config={**TEXT, **special_ids(tokenizer)},
        vq_config={
            **_TOKENIZER,
            "codebook_size": 16,
            "temporal_downsample_factor": 1,
            "attn_resolutions": [3],
            "hidden_size": 32,
        },
        vocabulary_map=tokenizer.get_vocab(),
        tie_word_embeddings=False,
    )
    save(folder, Emu3ForConditionalGeneration(config), processor)
