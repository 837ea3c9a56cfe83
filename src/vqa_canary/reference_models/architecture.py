"""The shapes of the reference VLMs: real transformers classes, small enough for a repository."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast, ProcessorMixin

IMAGE_SIDE, PATCH = 64, 8
END = "<end>"
_SPECIAL = ("<pad>", "<unk>", "<user>", "<assistant>", END, "<image>")
_IDEFICS3_SPECIAL = ("<fake_token_around_image>", "<global-img>")
_NUMBERS = tuple(str(number) for number in range(0, 101, 10))

_CHAT_TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


class Architecture(BaseModel):
    """Family and sizes of a reference VLM."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: Literal["llava", "idefics3"] = "llava"
    vision_layers: int = 2
    vision_width: int = 96
    text_layers: int = 4
    text_width: int = 128
    text_mlp: int = 128
    heads: int = 4


def build_processor(architecture: Architecture, sentences: Iterable[str]) -> ProcessorMixin:
    """Processor whose word-level vocabulary holds every word of `sentences`.

    Words are runs of letters and digits; every other mark is a word of its own; case counts.
    The letters A to Z, True, False and the numbers 0, 10, ..., 100 are always words.
    """
    from transformers import (
        CLIPImageProcessorPil,
        Idefics3ImageProcessorPil,
        Idefics3Processor,
        LlavaProcessor,
    )

    half = [0.5, 0.5, 0.5]
    if architecture.family == "llava":
        tokenizer = _tokenizer(sentences, _SPECIAL)
        images = CLIPImageProcessorPil(
            size={"height": IMAGE_SIDE, "width": IMAGE_SIDE},
            do_center_crop=False,
            image_mean=half,
            image_std=half,
        )
        return LlavaProcessor(
            images,
            tokenizer,
            patch_size=PATCH,
            vision_feature_select_strategy="default",
            num_additional_image_tokens=1,
            chat_template=_CHAT_TEMPLATE,
        )
    tokenizer = _tokenizer(sentences, (*_SPECIAL, *_IDEFICS3_SPECIAL))
    side = {"longest_edge": IMAGE_SIDE}
    images = Idefics3ImageProcessorPil(
        do_image_splitting=False, size=side, max_image_size=side, image_mean=half, image_std=half
    )
    return Idefics3Processor(images, tokenizer, image_seq_len=16, chat_template=_CHAT_TEMPLATE)


def build_model(architecture: Architecture, processor: ProcessorMixin) -> PreTrainedModel:
    """Model of the family with the library's own initial weights."""
    from transformers import Idefics3ForConditionalGeneration, LlavaForConditionalGeneration

    model: PreTrainedModel
    if architecture.family == "llava":
        model = LlavaForConditionalGeneration(_llava_config(architecture, processor))
    else:
        model = Idefics3ForConditionalGeneration(_idefics3_config(architecture, processor))
    model.generation_config.pad_token_id = _id(processor, "<pad>")
    model.generation_config.eos_token_id = _id(processor, END)
    return model


def _tokenizer(sentences: Iterable[str], special: tuple[str, ...]) -> PreTrainedTokenizerFast:
    from string import ascii_uppercase

    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    splitter = pre_tokenizers.Whitespace()
    words = {word for text in sentences for word, _ in splitter.pre_tokenize_str(text)}
    words |= {*ascii_uppercase, *_NUMBERS, "True", "False"}
    # Sorted, so that the ids of words do not depend on the order of the texts.
    vocabulary = {word: index for index, word in enumerate((*special, *sorted(words - set(special))))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = splitter
    # Words come back with spaces between them, but for the marks of "B) X-ray".
    joined = decoders.WordPiece(prefix="##", cleanup=False)
    marks = [decoders.Replace(" )", ")"), decoders.Replace(" - ", "-")]
    tokenizer.decoder = decoders.Sequence([joined, decoders.Fuse(), *marks])
    tokenizer.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token=END,
        additional_special_tokens=[word for word in special if word not in ("<pad>", "<unk>", END)],
        padding_side="left",
    )


def _llava_config(architecture: Architecture, processor: ProcessorMixin) -> Any:
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig

    vision = CLIPVisionConfig(
        hidden_size=architecture.vision_width,
        intermediate_size=2 * architecture.vision_width,
        num_hidden_layers=architecture.vision_layers,
        num_attention_heads=architecture.heads,
        image_size=IMAGE_SIDE,
        patch_size=PATCH,
        projection_dim=architecture.vision_width,
        hidden_act="gelu",
    )
    text = LlamaConfig(**_text_sizes(architecture, processor), attention_bias=True)
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=_id(processor, "<image>"),
        image_seq_length=(IMAGE_SIDE // PATCH) ** 2,
        vision_feature_layer=-1,
        tie_word_embeddings=True,
    )


def _idefics3_config(architecture: Architecture, processor: ProcessorMixin) -> Any:
    from transformers import Idefics3Config, Qwen2Config

    vision = {
        "hidden_size": architecture.vision_width,
        "intermediate_size": 2 * architecture.vision_width,
        "num_hidden_layers": architecture.vision_layers,
        "num_attention_heads": architecture.heads,
        "image_size": IMAGE_SIDE,
        "patch_size": PATCH,
    }
    sizes = _text_sizes(architecture, processor)
    # Query heads share key heads here, so that grouped attention is covered by one of the two families.
    text = Qwen2Config(**{**sizes, "num_key_value_heads": architecture.heads // 2})
    return Idefics3Config(
        vision_config=vision,
        text_config=text,
        image_token_id=_id(processor, "<image>"),
        scale_factor=2,
        pad_token_id=sizes["pad_token_id"],
        tie_word_embeddings=True,
    )


def _text_sizes(architecture: Architecture, processor: ProcessorMixin) -> dict[str, Any]:
    return {
        "vocab_size": len(processor.tokenizer),
        "hidden_size": architecture.text_width,
        "intermediate_size": architecture.text_mlp,
        "num_hidden_layers": architecture.text_layers,
        "num_attention_heads": architecture.heads,
        "num_key_value_heads": architecture.heads,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
        "pad_token_id": _id(processor, "<pad>"),
        "bos_token_id": None,
        "eos_token_id": _id(processor, END),
    }


def _id(processor: ProcessorMixin, token: str) -> int:
    return int(processor.tokenizer.convert_tokens_to_ids(token))
