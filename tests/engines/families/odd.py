"""GIT and Kosmos-2: images that have no tokens of their own in a prompt."""

from __future__ import annotations

from pathlib import Path

from tests.engines.families.building import HALF, SQUARE, TEXT, VISION, Talk, Vocabulary, save, special_ids

_LINES = Talk("", {"user": ("Question: ", "\n"), "assistant": ("Answer: ", "\n")}, asks="Answer:")


def git(folder: Path) -> None:
    """The image stands before all tokens, and no token stands for it."""
    from transformers import CLIPImageProcessorPil, GitConfig, GitForCausalLM, GitProcessor

    tokenizer = Vocabulary((), end="</s>", begin="<s>").tokenizer()
    processor = GitProcessor(CLIPImageProcessorPil(size=SQUARE, do_center_crop=False, **HALF), tokenizer)
    processor.chat_template = _LINES.template
    sizes = {name: TEXT[name] for name in ("hidden_size", "num_hidden_layers", "num_attention_heads")}
    config = GitConfig(
        vision_config=VISION,
        intermediate_size=64,
        max_position_embeddings=1024,
        tie_word_embeddings=False,
        **sizes,
        **special_ids(tokenizer),
    )
    save(folder, GitForCausalLM(config), processor)


def kosmos2(folder: Path) -> None:
    """The ids in an image's place are those behind the unknown token's, whatever words these belong to."""
    from transformers import (
        CLIPImageProcessorPil,
        Kosmos2Config,
        Kosmos2ForConditionalGeneration,
        Kosmos2Processor,
    )

    tokenizer = Vocabulary(("<unk>",), end="</s>", begin="<s>").tokenizer()
    tokenizer.unk_token = "<unk>"
    images = CLIPImageProcessorPil(size=SQUARE, do_center_crop=False, **HALF)
    processor = Kosmos2Processor(images, tokenizer, num_patch_index_tokens=4)
    processor.chat_template = _LINES.template
    config = Kosmos2Config(
        text_config={
            **special_ids(tokenizer),
            "vocab_size": len(processor.tokenizer),
            "embed_dim": TEXT["hidden_size"],
            "layers": 2,
            "ffn_dim": 64,
            "attention_heads": 4,
            "max_position_embeddings": 1024,
        },
        vision_config=VISION,
        latent_query_num=64,
    )
    save(folder, Kosmos2ForConditionalGeneration(config), processor)
