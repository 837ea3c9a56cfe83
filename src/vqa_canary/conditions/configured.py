"""Conditions as a study names them: by name alone, or by name with settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vqa_canary.conditions.registration import CONDITIONS
from vqa_canary.errors import BadInput
from vqa_canary.quoting import quoted
from vqa_canary.registry import UnknownName

Entries = Iterable[str | Mapping[str, Any]] | Mapping[str, Any]
"""`params:conditions`: a list of names, such as `clean`, and of names with settings, such as `{no_image: {at_most:
300}}`; or one mapping of all names to their settings, which may be empty."""

CALLED_OTHERWISE: Mapping[str, str] = {"nota_absent": "answer_removed"}
"""Names that other work gives to a condition of this package, and its name here."""


def settings_of_conditions(entries: Entries) -> dict[str, Mapping[str, Any]]:
    """The conditions of a study by name, in order, each with the settings below its name as they were given.

    Raises
    ------
    BadInput : an entry of another form, an unknown condition, near names to which are suggested, or a name twice
    """
    found: dict[str, Mapping[str, Any]] = {}
    for name, settings in _pairs(entries):
        _refuse_unknown(name)
        if name in found:
            raise BadInput(f"parameters: conditions: {name!r} stands there twice. Leave one of the two out.")
        if not isinstance(settings, Mapping | type(None)):
            raise BadInput(
                f"parameters: conditions.{name}: its settings must be a mapping, as in "
                f"`{name}: {{at_most: 300}}`, not {quoted(settings)}."
            )
        found[name] = settings or {}
    return found


def _pairs(entries: Entries) -> list[tuple[str, Any]]:
    if isinstance(entries, Mapping):
        return [(str(name), settings) for name, settings in entries.items()]
    return [_pair(entry) for entry in entries]


def _pair(entry: object) -> tuple[str, Any]:
    if isinstance(entry, str):
        return entry, None
    if isinstance(entry, Mapping) and len(entry) == 1:
        [(name, settings)] = entry.items()
        return str(name), settings
    raise BadInput(
        f"parameters: conditions: {quoted(entry)} is neither the name of a condition, as in `- no_image`, nor one name "
        "with its settings, as in `- no_image: {at_most: 300}`."
    )


def _refuse_unknown(name: str) -> None:
    own = CALLED_OTHERWISE.get(name)
    if own and name not in CONDITIONS:
        raise BadInput(
            f"parameters: conditions: what others call {name!r}, where the right option is dropped and nothing takes "
            f"its place, is the condition {own!r} here. Write {own!r}."
        )
    try:
        CONDITIONS[name]
    except UnknownName as error:
        raise BadInput(f"parameters: conditions: {error}") from error
