"""In which numbers and with which attention a model computes: what is set, what the machine has, what that means."""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, Literal

from vqa_canary.errors import UnfitSetting

Dtype = Literal["float32", "bfloat16", "float16"]
Attention = Literal["auto", "sdpa", "eager", "flash_attention_2", "flash_attention_3"]

ATTENTION = "attn_implementation"
"""Name of the setting."""
_PACKAGES = {"flash_attention_2": "flash_attn", "flash_attention_3": "flash_attn_interface"}
"""The module of the package that computes each kind of flash attention. Without it transformers would download compiled
code from the hub in its place, if the package kernels is there."""


def dtype_on(device: str, device_map: object = None) -> Dtype:
    """What `dtype: auto` means: bfloat16 on a GPU that PyTorch reaches as CUDA, else float32.

    Parameters
    ----------
    device, device_map : as configured
    """
    named = [*device_map.values()] if isinstance(device_map, dict) else [device]
    if device_map is None or isinstance(device_map, dict):
        kinds = {"cuda" if isinstance(one, int) else str(one).partition(":")[0] for one in named}
        if not kinds & {"auto", "cuda"}:
            return "float32"
        if "cuda" in kinds:
            return "bfloat16"
    return "bfloat16" if has_cuda() else "float32"


@cache
def has_cuda() -> bool:
    """Whether PyTorch can compute on a GPU here. A build for CPUs alone tells by its version, which is read without the
    seconds that importing PyTorch takes."""
    try:
        if version("torch").endswith("+cpu"):
            return False
    except PackageNotFoundError:
        pass  # installed in a way of its own
    # Otherwise the question itself would start CUDA, and no worker process that is forked later could use it.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    import torch

    return bool(torch.cuda.is_available())


def refuse_attention(attention: Attention, reading: str, dtype: Dtype, device: str) -> None:
    """Refuse flash attention where it would be wrong, or could not be computed.

    Raises
    ------
    UnfitSetting
    """
    package = _PACKAGES.get(attention)
    if package is None:
        return
    if reading in ("tree", "packed tree"):
        raise UnfitSetting(
            ATTENTION,
            f"{attention} takes no mask, and `reading: tree` gives each token a mask of its own. Set reading: repeated "
            "cache (or full prompts) for this model, or attn_implementation: sdpa, which reads trees and is the faster "
            "way to the same evidence",
        )
    if dtype == "float32":
        raise UnfitSetting(
            ATTENTION,
            f"{attention} computes in bfloat16 and float16 alone, and this model is loaded in float32. Set dtype: "
            "bfloat16, or attn_implementation: sdpa",
        )
    if device.partition(":")[0] == "cpu" or not has_cuda():
        raise UnfitSetting(
            ATTENTION, f"{attention} needs a GPU, and there is none. Set attn_implementation: sdpa"
        )
    if find_spec(package) is None:
        raise UnfitSetting(
            ATTENTION,
            f"{attention} needs a package with the module {package}, which is not installed. Install it as its makers "
            "describe (https://github.com/Dao-AILab/flash-attention), or set attn_implementation: sdpa",
        )


def attention_of(model: Any) -> str:
    """Which attention a loaded model computes with; of one that has several kinds each with the classes that do."""
    found: dict[str, list[str]] = {}
    for part in model.modules():
        kind = getattr(getattr(part, "config", None), "_attn_implementation", None)
        # Only whole models choose a kind; a layer reads it off the configuration of its model.
        if kind and hasattr(part, "get_correct_attn_implementation"):
            names = found.setdefault(str(kind), [])
            if (name := type(part).__name__) not in names:
                names.append(name)
    if len(found) <= 1:
        return next(iter(found), "")
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in sorted(found.items()))
