"""The command that repeats a run, as somebody would type it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from vqa_canary.masking import masked


def command_line(env: str | None, params: Mapping[str, Any]) -> str:
    """`kedro run --env audit --params study=audit-2,seed=8`.

    Parameters
    ----------
    env : the Kedro environment; None for the default one
    params : runtime parameters; a mapping in them is written with dots
    """
    words = ["kedro", "run", *(["--env", env] if env else [])]
    given = ",".join(f"{name}={value}" for name, value in flat(params).items())
    return shlex.join(words + (["--params", given] if given else []))


def flat(params: Mapping[str, Any]) -> dict[str, str]:
    """Dotted names to values, as `--params` takes them, masked."""
    return dict(_flat(masked(params), ""))


def _flat(params: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value).lower() if isinstance(value, bool) else str(value)
