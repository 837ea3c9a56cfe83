"""What every family's folder is made of: a tokenizer, a chat template, weights that matter, a save."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
from PIL import Image

from vqa_canary.engines.prompts import Prompts

WORDS = ("lung", "liver", "heart", "kidney", "spleen", "None of the above")
QUESTIONS = ("Which organ is it?", "What is the largest organ in this image?")
_SENTENCES = (*WORDS, *QUESTIONS, *Prompts().model_dump().values(), *ascii_uppercase, "True", "False")
SEED = 7
"""Of the weights; another gives another model of the same family."""
ENDS_OFTEN = False
"""Whether the token that ends an answer is likelier than any other after most tokens; else it is left
to chance, and few answers end before they are cut."""
LOGIT_STD = 4.0
"""Of the next token's logits: few tokens are likely, and which depends on everything before."""
TEXT: dict[str, Any] = {
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": False,
}
"""Sizes of a text model, in the names that most configurations use."""
VISION: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}
"""Sizes of a vision tower, in the same way: 16 patches."""
SQUARE = {"height": 32, "width": 32}
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}


@dataclass(frozen=True)
class Talk:
    """How a family writes a chat: `turns` holds what stands before and after each role's words."""

    image: str
    turns: Mapping[str, tuple[str, str]]
    opening: str = ""
    """Before everything: most often the token that begins a text."""
    asks: str | None = None
    """What the model is to go on from, where that is not what stands before its words in the history."""

    @property
    def template(self) -> str:
        parts = (
            "{% for part in message['content'] %}"
            "{% if part['type'] == 'image' %}" + self.image + "{% else %}{{ part['text'] }}{% endif %}"
            "{% endfor %}"
        )
        branches = "".join(
            "{% if message['role'] == '" + role + "' %}" + before + parts + after + "{% endif %}"
            for role, (before, after) in self.turns.items()
        )
        asks = self.turns["assistant"][0] if self.asks is None else self.asks
        return (
            self.opening + "{% for message in messages %}" + branches + "{% endfor %}"
            "{% if add_generation_prompt %}" + asks + "{% endif %}"
        )


def chat_ml(image: str) -> Talk:
    """The form of Qwen, InternVL, LLaVA-OneVision and many more."""
    end = "<|im_end|>\n"
    return Talk(image, {"user": ("<|im_start|>user\n", end), "assistant": ("<|im_start|>assistant\n", end)})


@dataclass(frozen=True)
class Vocabulary:
    """A small vocabulary with the special tokens of a family."""

    special: tuple[str, ...]
    end: str
    begin: str | None = None
    pad: str = "<pad>"
    byte_level: bool = True
    """As GPT-2, Llama 3 and Qwen have it; otherwise as SentencePiece: `▁` for a space, bytes to fall back on."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Special tokens that the processor asks the tokenizer for by name."""

    def tokenizer(self) -> Any:
        from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
        from transformers import PreTrainedTokenizerFast

        special = list(
            dict.fromkeys(
                one for one in (self.pad, self.begin, self.end, *self.special, *self.named.values()) if one
            )
        )
        made = Tokenizer(models.BPE())
        alphabet: list[str] = []
        if self.byte_level:
            made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
            alphabet = pre_tokenizers.ByteLevel.alphabet()
        else:
            made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
        trainer = trainers.BpeTrainer(
            vocab_size=len(special) + 400,
            initial_alphabet=alphabet,
            special_tokens=special,
            show_progress=False,
        )
        made.train_from_iterator([*_SENTENCES, *(f" {one}" for one in _SENTENCES)], trainer)
        if self.byte_level:
            made.decoder = decoders.ByteLevel()
        else:
            made.model = _with_bytes(made)
            made.decoder = decoders.Sequence(
                [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first"), decoders.Fuse()]
            )
        made.add_special_tokens([AddedToken(one, special=True, normalized=False) for one in special])
        if self.begin:
            made.post_processor = processors.TemplateProcessing(
                single=f"{self.begin} $A", special_tokens=[(self.begin, made.token_to_id(self.begin))]
            )
        return PreTrainedTokenizerFast(
            tokenizer_object=made,
            pad_token=self.pad,
            bos_token=self.begin,
            eos_token=self.end,
            extra_special_tokens=dict(self.named),
        )


def _with_bytes(tokenizer: Any) -> Any:
    """The trained model and the 256 bytes that it falls back on, as SentencePiece has them."""
    from tokenizers import models

    trained = json.loads(tokenizer.to_str())["model"]
    vocabulary = dict(trained["vocab"])
    for byte in range(256):
        vocabulary[f"<0x{byte:02X}>"] = len(vocabulary)
    merges = [tuple(pair) for pair in trained["merges"]]
    return models.BPE(vocab=vocabulary, merges=merges, byte_fallback=True)


def save(folder: Path, model: Any, processor: Any) -> None:
    """Write both, with weights under which context, image and position matter."""
    tokenizer = processor.tokenizer
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.bos_token_id = tokenizer.bos_token_id
    _draw_weights(model, processor)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def _draw_weights(model: Any, processor: Any) -> None:
    import torch

    torch.manual_seed(SEED)
    model.eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1:
                weight.normal_(0, 1.5 * weight[0].numel() ** -0.5)
            elif "gate" in name.rsplit(".", 1)[-1]:
                weight.fill_(0.7)  # Mllama's gates are born closed
        # A whole forward pass would read an image token in an answer as a second image. At logit 0, among
        # logits with a standard deviation of four, neither it nor another special token is drawn.
        words = model.get_output_embeddings().weight
        words[silent(processor.tokenizer)] = 0
        last = model(**first_prompt(processor), use_cache=False).logits[0, -1]
        spoken = (last != 0) & (last > torch.finfo(last.dtype).min)  # Chameleon rules out tokens of images
        words.mul_(LOGIT_STD / last[spoken].std())
        if ENDS_OFTEN:
            words[processor.tokenizer.eos_token_id] = _likelier_than_the_likeliest(model, processor)


def _likelier_than_the_likeliest(model: Any, processor: Any) -> Any:
    """Weights of an output token, shape [hidden size], by the average over the first prompt's tokens."""
    seen: list[Any] = []
    watch = model.get_output_embeddings().register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    logits = model(**first_prompt(processor), use_cache=False).logits[0]
    watch.remove()
    middle = seen[0][0].mean(0)
    return 1.5 * middle * logits.max(-1).values.mean() / (middle @ middle)


def first_prompt(processor: Any) -> dict[str, Any]:
    """A question about a square image, as the model's arguments."""
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))
    chat = Prompts().question_chat(QUESTIONS[0], WORDS[:3])
    text = processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    opened = text.startswith(processor.tokenizer.bos_token or "\0")
    inputs = dict(processor(text=text, images=[[image]], return_tensors="pt", add_special_tokens=not opened))
    return {name: value for name, value in inputs.items() if name != "labels"}


def silent(tokenizer: Any) -> list[int]:
    """Every special token but the one that ends an answer."""
    return [
        token
        for token, added in tokenizer.added_tokens_decoder.items()
        if added.special and token != tokenizer.eos_token_id
    ]


def ids(tokenizer: Any, tokens: Mapping[str, str]) -> dict[str, int]:
    """Token ids for a configuration: {setting: token} -> {setting: id}."""
    return {setting: int(tokenizer.convert_tokens_to_ids(token)) for setting, token in tokens.items()}


def special_ids(tokenizer: Any) -> dict[str, Any]:
    """Those that every text configuration has."""
    return {
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
