"""Secrets in settings of any nesting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from vqa_canary.masking.names import is_secret_name, is_secret_name_in_text
from vqa_canary.masking.texts import mask, remember_password, without_secrets
from vqa_canary.masking.values import HIDDEN, remember_secret


def masked(settings: Any, name: str = "") -> Any:
    """Settings of any nesting, of the same shape, with every secret replaced by `hidden`.

    Mappings, lists, tuples, sets and pydantic models are gone through. All that stands below a name such as `api_key`,
    `auth` or `headers` is hidden, except None and booleans. Below `columns` names are those of somebody's table.

    Parameters
    ----------
    settings : a value, or values by name
    name : of the setting, where it has one
    """
    return _masked(settings, is_secret_name(name), by_name=name != "columns")


def remember_secrets(settings: Mapping[str, Any], kept_secret: bool = False) -> None:
    """Remember each value whose name says that it is a secret, and passwords inside addresses.

    Parameters
    ----------
    kept_secret : whether the settings are somebody's credentials, where even `key` and `session` mean a secret
    """
    named = is_secret_name if kept_secret else is_secret_name_in_text
    for path, value in _leaves(settings):
        if any(map(named, path)) and "columns" not in path and not isinstance(value, bool):
            remember_secret(value)
        elif isinstance(value, str):
            remember_password(value)


def exposed(settings: Mapping[str, Any]) -> Iterator[str]:
    """Dotted names of settings that hold what only a secret is called, or only a secret looks like."""
    for path, value in _leaves(settings):
        if value is None or isinstance(value, bool):
            continue
        named = any(is_secret_name(name) for name in path) and "columns" not in path
        if named or (isinstance(value, str) and without_secrets(value) != value):
            yield ".".join(path)


def _masked(value: Any, secret: bool, by_name: bool) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if hasattr(value, "get_secret_value"):
        return HIDDEN
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, Mapping):
        by_key: dict[Any, Any] = {}
        for key, part in value.items():
            hidden = secret or (by_name and is_secret_name(str(key)))
            shown = _unused(mask(key) if isinstance(key, str) else key, by_key)
            by_key[shown] = _masked(part, hidden, by_name and key != "columns")
        return by_key
    if isinstance(value, list | tuple | Set):
        parts = [_masked(part, secret, by_name) for part in value]
        return tuple(parts) if isinstance(value, tuple) else set(parts) if isinstance(value, Set) else parts
    if secret:
        return HIDDEN
    if isinstance(value, str):
        return mask(value)
    return value if isinstance(value, int | float) or mask(str(value)) == str(value) else mask(str(value))


def _unused(key: Any, taken: Mapping[Any, Any]) -> Any:
    """Two secrets that were keys stay two entries."""
    number, free = 2, key
    while free in taken:
        number, free = number + 1, f"{key} {number}"
    return free


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    elif isinstance(value, list | tuple | Set):
        for part in value:
            yield from _leaves(part, path)
    else:
        yield path, value
