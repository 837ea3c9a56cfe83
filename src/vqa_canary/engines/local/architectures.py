"""Which models can be asked at all: those that read images, and write on behind their prompt."""

from __future__ import annotations

from typing import Any


def refuse_unfit(config: Any) -> None:
    """Refuse a model that reads no images, or that writes its answer apart from the prompt.

    Raises
    ------
    ValueError : the message says which of the two it is, and the remedy
    """
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as READERS

    what = f"model type {config.model_type!r}"
    # In some families it is the part for text that says so, such as BLIP-2 with T5.
    if any(
        getattr(one, "is_encoder_decoder", False) for one in (config, getattr(config, "text_config", None))
    ):
        raise ValueError(
            f"{what} is an encoder-decoder: it reads the prompt in one part and writes the answer in another, and this "
            "engine asks models that write on behind their prompt. Take a model of another family, or serve this one "
            "and ask it through the engine `endpoint`"
        )
    if config.model_type not in READERS:
        raise ValueError(
            f"{what} is none that transformers loads as a model of images and text (AutoModelForImageTextToText). Take "
            "a vision-language model that it does, or serve this one and ask it through the engine `endpoint`"
        )
