"""Loading a transformers model and its processor: safetensors only, revisions pinned, no remote code."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vqa_canary.engines.quantisation import SCOPE, Kind, quantise
from vqa_canary.errors import BadInput
from vqa_canary.tables import content_id

if TYPE_CHECKING:
    import torch

_COMMIT = re.compile(r"[0-9a-f]{40}")


class TransformersModel(BaseModel):
    """`params:models.<name>` of the engine `transformers`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    """A folder with the model and its processor, or a hub id."""
    revision: str | None = None
    """Commit of a hub id: 40 hex digits, since a branch may move."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    device: str = "auto"
    """`auto` takes a GPU where there is one."""
    device_map: str | dict[str, int | str] | None = None
    """How the model is spread over devices, such as `auto`, in place of `device`; needs the package accelerate."""
    quantization: Kind | None = None
    """Of the weights, on loading; see `engines/quantisation.py` for what is quantised."""
    attn_implementation: Literal["sdpa", "eager"] = "sdpa"
    reading: Literal["tree", "repeated cache", "full prompts"] = "tree"
    """The fastest way of reading that is tried; see `ladder` for what it has to prove."""
    batch_size: int = Field(32, ge=1)
    """Most prompts that are asked together; moves a log-prob in its last digits at most."""

    @model_validator(mode="after")
    def _pin(self) -> TransformersModel:
        if not Path(self.path).is_dir() and not (self.revision and _COMMIT.fullmatch(self.revision)):
            raise ValueError(
                f"{self.path!r} is no folder, so it is taken for a hub id, and a hub id needs "
                f"`revision`: the 40 hex digits of a commit (given: {self.revision!r}). The folders of "
                "reference models are made by `kedro run --pipeline reference_models`, with the `--env` of "
                "their study"
            )
        if Path(self.path).is_dir() and not any(Path(self.path).glob("*.safetensors")):
            raise ValueError(f"{self.path} holds no *.safetensors file; give a folder with a model's weights")
        return self

    @model_validator(mode="after")
    def _place(self) -> TransformersModel:
        if self.device_map is None:
            return self
        if self.device != "auto":
            raise ValueError(
                f"give `device` ({self.device!r}) or `device_map` ({self.device_map!r}), not both"
            )
        if find_spec("accelerate") is None:
            raise ValueError(
                "`device_map` needs the package accelerate: pip install 'vqa-canary[device-map]'"
            )
        return self

    @property
    def fingerprint(self) -> str:
        """Of the weights, the processor and the arithmetic; neither the folder's name nor the device is a part."""
        source = _folder_digest(Path(self.path)) if Path(self.path).is_dir() else [self.path, self.revision]
        quantised = [self.quantization, SCOPE] if self.quantization else []
        return content_id(source, self.dtype, self.attn_implementation, self.reading, *quantised)


@dataclass(frozen=True)
class Loaded:
    """A model ready to be asked."""

    model: Any
    processor: Any
    device: torch.device
    """Where its input goes."""

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
    """Load the configured model `name`.

    Raises
    ------
    BadInput : the folder or hub id cannot be loaded, or not be quantised
    """
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    auto = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(auto if options.device == "auto" else options.device)
    pinned: dict[str, Any] = {"revision": options.revision} if options.revision else {}
    spread = {"device_map": options.device_map} if options.device_map else {}
    try:
        processor = AutoProcessor.from_pretrained(options.path, trust_remote_code=False, **pinned)
        model = AutoModelForImageTextToText.from_pretrained(
            options.path,
            dtype=getattr(torch, options.dtype),
            attn_implementation=options.attn_implementation,
            use_safetensors=True,
            trust_remote_code=False,
            **pinned,
            **spread,
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise BadInput(f"parameters: models.{name}.path: cannot load {options.path}: {error}") from error
    if spread:
        device = model.get_input_embeddings().weight.device
    else:
        model.to(device)
    if options.quantization:
        try:
            quantise(model, options.quantization)
        except ValueError as error:
            raise BadInput(f"parameters: models.{name}.quantization: {error}") from error
    return Loaded(model.eval(), processor, device)


def _folder_digest(folder: Path) -> list[list[str]]:
    """Name and SHA-256 of each file that shapes an answer: weights, configuration, tokeniser, template."""
    kinds = {".safetensors", ".json", ".jinja", ".model", ".txt"}
    files = sorted(path for path in folder.iterdir() if path.suffix in kinds)
    return [[path.name, _sha256(path)] for path in files]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
