"""Loading a transformers model and its processor: safetensors only, revisions pinned, no remote code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from vqa_canary.engines.asking import Asking
from vqa_canary.engines.chat_templates import failing_line, refuse_broken_template, whole_template
from vqa_canary.engines.local.architectures import refuse_unfit
from vqa_canary.engines.local.arithmetic import Attention, Dtype, dtype_on, has_cuda, refuse_attention
from vqa_canary.engines.local.image_limits import limit_images
from vqa_canary.engines.local.limit_places import LIMITS
from vqa_canary.engines.local.made_up_prompts import (
    refuse_assumed_images,
    refuse_lossy_template,
    refuse_no_processor,
    refuse_other_vocabulary,
)
from vqa_canary.engines.local.made_up_weights import (
    naming_what_is_incomplete,
    refuse_another_size,
    refuse_no_numbers,
    refuse_other_keys,
)
from vqa_canary.engines.local.memory import Memory, is_out_of_memory
from vqa_canary.engines.local.model_files import CONFIG, folder_digest, refuse_broken
from vqa_canary.engines.local.quantisation import SCOPE, Kind, quantise
from vqa_canary.engines.local.template_settings import image_mark
from vqa_canary.engines.stopping import Stopping
from vqa_canary.errors import BadInput, UnfitSetting, did_you_mean
from vqa_canary.rows import content_id

if TYPE_CHECKING:
    import torch

_COMMIT = re.compile(r"[0-9a-f]{40}")


class TransformersModel(Stopping, Asking):
    """Settings of a model that runs in this process: `params:models.<name>` of the engine `transformers`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    """A folder with the model and its processor, or an id of the Hugging Face hub."""
    revision: str | None = None
    """The commit of a hub id, as 40 hex digits: a branch's name is refused, since a branch may move."""
    dtype: Literal["auto"] | Dtype = "auto"
    """The numbers in which it computes; `auto` is bfloat16 on a GPU and float32 on a CPU."""
    device: str = "auto"
    """The device that computes the answers, such as `cuda:1`; `auto` takes a GPU where there is one."""
    device_map: str | dict[str, int | str] | None = None
    """How the model is spread over several devices, such as `auto`, in place of `device`."""
    quantization: Kind | None = None
    """The type in which weights are kept from loading on; `engines/local/quantisation.py` says which weights."""
    attn_implementation: Attention = "auto"
    """How attention is computed; `auto` is PyTorch's own (`sdpa`), and transformers' (`eager`) for the parts of a model
    that have no other."""
    reading: Literal["tree", "packed tree", "repeated cache", "full prompts"] = "tree"
    """The fastest way of reading that is tried; see `ladder` for what it has to prove."""
    batch_size: int = Field(32, ge=1)
    """Most prompts that are asked together; it moves a log-prob in its last digits at most."""
    threads: int = Field(1, ge=1, le=1024)
    """Threads of the CPU that compute this model's answers, in each process; another number may move a log-prob in its
    last digits, so it is a part of the fingerprint where it is not 1."""
    chat_template: str | None = None
    """A Jinja text that writes prompts in place of the model's own chat template; see `chat_templates`."""

    min_pixels: int | None = Field(None, ge=1)
    """Fewest pixels with which an image is read: a smaller one is enlarged."""
    max_pixels: int | None = Field(None, ge=1)
    """Most pixels with which an image is read: a larger one is shrunk."""
    max_tiles: int | None = Field(None, ge=1)
    """Most tiles that an image is cut into, without a small copy of the whole. All three are set where the model's own
    image processor has such a limit, and refused where it has none; see `image_limits`."""

    @field_validator("chat_template")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            refuse_broken_template(value)
        return value

    @model_validator(mode="after")
    def _pin(self) -> TransformersModel:
        if not Path(self.path).is_dir() and not (self.revision and _COMMIT.fullmatch(self.revision)):
            raise ValueError(
                f"{self.path!r} is no folder, so it is taken for a hub id, and a hub id needs "
                f"`revision`: the 40 hex digits of a commit (given: {self.revision!r}). The folders of "
                "reference models are made by `kedro run --pipeline reference_models`, with the `--env` of "
                "their study"
            )
        return self

    @model_validator(mode="after")
    def _whole(self) -> TransformersModel:
        """Refuse a broken folder before the run begins: a run of many models must not end at the last of them because
        its download was cut."""
        if Path(self.path).is_dir():
            try:
                refuse_broken(Path(self.path), with_template=self.chat_template is None)
            except OSError as error:
                raise ValueError(f"{self.path} cannot be read: {error}") from error
        return self

    @model_validator(mode="after")
    def _place(self) -> TransformersModel:
        if self.device_map is not None and self.device != "auto":
            raise ValueError(
                f"give `device` ({self.device!r}) or `device_map` ({self.device_map!r}), not both"
            )
        return self

    @model_validator(mode="after")
    def _in_order(self) -> TransformersModel:
        if self.min_pixels and self.max_pixels and self.min_pixels > self.max_pixels:
            raise UnfitSetting("min_pixels", f"{self.min_pixels} is more than max_pixels, {self.max_pixels}")
        return self

    @property
    def image_limits(self) -> dict[str, int]:
        """The limits on images that are set, by name."""
        return {name: value for name in LIMITS if (value := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _computable(self) -> TransformersModel:
        refuse_attention(self.attn_implementation, self.reading, self.resolved_dtype, self.device)
        return self

    @property
    def resolved_dtype(self) -> Dtype:
        """What `dtype` means on this machine."""
        return dtype_on(self.device, self.device_map) if self.dtype == "auto" else self.dtype

    @property
    def fingerprint(self) -> str:
        """Digest of the weights, the processor, the arithmetic and how the model is asked, not of the folder's name or
        the device."""
        source = folder_digest(Path(self.path)) if Path(self.path).is_dir() else [self.path, self.revision]
        quantised = [self.quantization, SCOPE] if self.quantization else []
        template = [["chat_template", self.chat_template]] if self.chat_template else []
        threads = [["threads", self.threads]] if self.threads > 1 else []
        settings = [*quantised, *self.asked_otherwise, *threads, *template, *self.image_limits.items()]
        # What `auto` means follows from the model's class, so it needs no name of its own; where a class has no sdpa,
        # naming that is refused.
        attention = "sdpa" if self.attn_implementation == "auto" else self.attn_implementation
        return content_id(source, self.resolved_dtype, attention, self.reading, *settings)


@dataclass(frozen=True)
class Loaded:
    """A model with its processor, loaded and ready to be asked."""

    model: Any
    processor: Any
    device: torch.device
    """The device on which the model expects its input."""

    image_limits: str = ""
    """Which limits on images are set, and where the image processor has them; empty where none is."""
    memory: Memory = field(default_factory=Memory)
    """What was found out about how much fits on the device."""
    habits: set[str] = field(default_factory=set)
    """What was found out about how the model wants to be called."""

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer

    @property
    def end_ids(self) -> frozenset[int]:
        """Tokens that end an answer."""
        ends = self.model.generation_config.eos_token_id
        known = {ends} if isinstance(ends, int) else set(ends or ())
        return frozenset(known | ({self.tokenizer.eos_token_id} - {None}))


def load(name: str, options: TransformersModel) -> Loaded:
    """Load the configured model `name`, whole or not at all.

    Raises
    ------
    BadInput : the folder or hub id cannot be loaded, the library would make up a part of it, or it cannot be quantised
    """
    try:
        loaded = _load(options)
    except UnfitSetting as error:
        raise BadInput(f"parameters: models.{name}.{error.setting}: {error}") from error
    except Exception as error:  # of any kind: each of the library's classes fails in its own way
        if is_out_of_memory(error):
            remedy = "set dtype: bfloat16, or `quantization`, or spread it with `device_map`"
            message = f"there is not enough memory for {options.path}; {remedy} ({plain(error)})"
            raise BadInput(f"parameters: models.{name}.path: {message}") from error
        raise BadInput(
            f"parameters: models.{name}.path: cannot load {options.path}: {plain(error)}"
        ) from error
    if options.quantization:
        try:
            quantise(loaded.model, options.quantization)
        except ValueError as error:
            raise BadInput(f"parameters: models.{name}.quantization: {error}") from error
    return loaded


def plain(error: Exception) -> str:
    """An error as one line: its message, and its kind where that is more than a wrong value."""
    message = " ".join(str(error).split())[:500] or "no message"
    return message if isinstance(error, OSError | ValueError) else f"{type(error).__name__}: {message}"


def _load(options: TransformersModel) -> Loaded:
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    auto = "cuda" if has_cuda() else "cpu"
    device = torch.device(auto if options.device == "auto" else options.device)
    pinned: dict[str, Any] = {"revision": options.revision} if options.revision else {}
    # Each weight goes from its file to the device, and main memory never holds a copy of them all. To the CPU they are
    # read in any case: mapped from the file, where their type stays.
    places = options.device_map or (None if device.type == "cpu" else {"": device})
    config = _config(options.path, pinned)
    refuse_unfit(config)
    processor = AutoProcessor.from_pretrained(options.path, trust_remote_code=False, **pinned)
    folder = _folder_of(options)
    refuse_no_processor(processor, folder)
    if options.chat_template is not None:
        processor.chat_template = whole_template(options.chat_template, image_mark(processor))
    refuse_assumed_images(processor, folder)
    if Path(options.path).is_dir():  # of a hub id the weights are not there yet
        refuse_another_size(folder, config)
    with naming_what_is_incomplete():
        model, report = AutoModelForImageTextToText.from_pretrained(
            options.path,
            dtype=getattr(torch, options.resolved_dtype),
            # None lets each part of the model choose, sdpa first; with a name the library refuses a part that lacks it.
            attn_implementation=None
            if options.attn_implementation == "auto"
            else options.attn_implementation,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # so that they are named, and refused below
            device_map=places,
            **pinned,
        )
    refuse_other_keys(report, model)
    refuse_broken(folder, with_template=options.chat_template is None)
    refuse_no_numbers(model)
    if options.device_map:
        device = model.get_input_embeddings().weight.device
    loaded = Loaded(model.eval(), processor, device)
    refuse_other_vocabulary(loaded)
    try:
        refuse_lossy_template(loaded, given=options.chat_template is not None)
    except Exception as error:  # a template is a program, which fails in any way of its own
        if options.chat_template is None:
            raise
        raise UnfitSetting("chat_template", f"{failing_line(error)}{plain(error)}") from error
    needed, told = limit_images(
        processor, options.image_limits
    )  # with the template, which makes up prompts for it
    for name, value in needed.items():
        setattr(model.config, name, value)
    return replace(loaded, image_limits=told)


def _config(path: str, pinned: dict[str, Any]) -> Any:
    from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig, __version__

    stated, _ = PreTrainedConfig.get_config_dict(path, **pinned)
    model_type = stated.get("model_type")
    if model_type not in CONFIG_MAPPING:
        raise ValueError(
            f"{CONFIG}: model_type {model_type!r} is none that transformers {__version__} knows, and code that comes "
            f"with a model is never run.{did_you_mean(model_type, CONFIG_MAPPING)} Take a model of a family that it "
            "knows, or serve this one and ask it through the engine `endpoint`"
        )
    try:
        return AutoConfig.from_pretrained(path, trust_remote_code=False, **pinned)
    except Exception as error:
        raise ValueError(
            f"{CONFIG} does not describe a model of type {model_type!r}: {plain(error)}"
        ) from error


def _folder_of(options: TransformersModel) -> Path:
    """Where the model's files lie: of a hub id the part of the cache that the library has just filled."""
    if Path(options.path).is_dir():
        return Path(options.path)
    from huggingface_hub import hf_hub_download

    return Path(
        hf_hub_download(options.path, CONFIG, revision=options.revision, local_files_only=True)
    ).parent
