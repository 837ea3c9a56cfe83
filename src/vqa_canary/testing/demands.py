"""How a check says that something is not as it should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vqa_canary.registry import Registry


def demand(holds: object, words: str) -> None:
    """Raise `AssertionError` with `words` unless something holds; unlike `assert` also where Python optimises."""
    if not holds:
        raise AssertionError(words)


def name_in(registry: Registry[Any], member: str | Callable[..., object]) -> str:
    """The name of a member that is given by name, or as the decorated function or class itself.

    Raises
    ------
    UnknownName : it is not registered
    """
    name = member if isinstance(member, str) else member.__name__
    registry[name]
    return name
