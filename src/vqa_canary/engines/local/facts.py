"""What a loaded model is, in words: read off the model itself, not off its configuration entry."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.local.arithmetic import attention_of
from vqa_canary.engines.local.loading import plain
from vqa_canary.engines.local.quantisation import quantised
from vqa_canary.rows import content_id

if TYPE_CHECKING:
    from vqa_canary.engines.local.loading import Loaded

Facts = dict[str, str]
"""What a model was and how it was run: each fact's name and its text."""
PACKAGES = ("torch", "transformers")
"""Libraries whose versions are kept with the answers they compute; whoever reads those later may have others
installed."""


def describe(loaded: Loaded) -> Facts:
    """`source` (a folder's name or a hub id), `revision` (a hub commit, else empty) and what shapes the answers."""
    model, config = loaded.model, loaded.model.config
    commit = getattr(config, "_commit_hash", None)
    path = str(config.name_or_path)
    kind, share = quantised(model)
    limits = {"image_limits": loaded.image_limits} if loaded.image_limits else {}
    return {
        "source": path if commit else Path(path).name,
        "revision": str(commit or ""),
        "class": type(model).__name__,
        "parameters": str(sum(parameter.numel() for parameter in model.parameters())),
        "dtype": str(model.dtype).removeprefix("torch."),
        "quantisation": kind if kind == "none" else f"{kind}: {100 * share:.0f} % of parameters",
        "attention": attention_of(model),
        "device": _devices(model),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        **limits,
        "processor": _told_of(loaded.processor),
        "chat_template": content_id(loaded.processor.chat_template or loaded.tokenizer.chat_template),
    }


def _devices(model: Any) -> str:
    """Each device with its name, in order."""
    import torch

    devices = sorted({parameter.device for parameter in model.parameters()}, key=str)
    return ", ".join(
        f"{one} ({torch.cuda.get_device_name(one)})" if one.type == "cuda" else str(one) for one in devices
    )


def _told_of(processor: Any) -> str:
    try:
        return _processor_id(processor)
    except Exception as error:  # of any kind, each family's in its own way; it is no reason to lose answers
        return f"cannot be told ({plain(error)})"


def _processor_id(processor: Any) -> str:
    """Fingerprint of the tokeniser's and the processor's settings, wherever they lie."""
    tokenizer = processor.tokenizer
    words = (
        tokenizer.backend_tokenizer.to_str() if tokenizer.is_fast else sorted(tokenizer.get_vocab().items())
    )
    settings = {name: repr(value) for name, value in sorted(_plain(processor.to_dict()).items())}
    images = {
        name: repr(value) for name, value in sorted(_plain(processor.image_processor.to_dict()).items())
    }
    return content_id(words, settings, images)


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a processor without what is none: functions put on it, and its parts' own settings."""
    return {k: v for k, v in settings.items() if not callable(v) and k != "image_processor"}


def by_count_told(by_count: dict[int, str]) -> str:
    """The text that holds of questions with one image, and of those with several or none where that is another one."""
    if len(set(by_count.values())) == 1:
        return next(iter(by_count.values()))
    order = sorted(by_count, key=lambda n: (n == 0, n))
    told = {n: "" if n == 1 else f"with {n} images: " if n else "without an image: " for n in order}
    return "; ".join(told[n] + by_count[n] for n in order)
