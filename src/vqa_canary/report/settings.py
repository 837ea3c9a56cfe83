"""What somebody needs to repeat a study, as lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from vqa_canary.masking import masked

PACKAGES = ("vqa-canary", "torch", "transformers", "numpy", "scipy", "scikit-learn")


SECTIONS = (
    "datasets",
    "images",
    "selection",
    "conditions",
    "prompts",
    "sampling",
    "scoring",
    "embedder",
    "evaluation",
)


def settings_to_repeat(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Label to text, from the parameters of a run and the installed packages; masked."""
    parameters = masked(dict(parameters))
    lines = {"study": str(parameters["study"]), "seed": str(parameters["seed"])}
    for section in SECTIONS:
        lines[section] = _plain(parameters.get(section)) or "defaults"
    lines |= {f"model {name}": _plain(model) for name, model in parameters["models"].items()}
    lines["packages"] = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return lines


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_plain(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return str(value)
