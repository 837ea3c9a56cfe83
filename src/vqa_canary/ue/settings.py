"""Settings of a UE method: the keyword-only parameters of its function."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, get_type_hints

from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.masking.names import is_secret_name
from vqa_canary.quoting import quoted

Plain = bool | int | float | str | None
"""What a setting may be: its value is a part of the name of the method's rows."""

LONGEST_TEXT = 60
"""Most characters of a setting that is a text."""


class UnfitSetting(BadInput):
    """A setting that a UE method has not, or that does not fit; the message names the method and the setting."""


def defaults_of(function: Callable[..., object]) -> dict[str, Plain]:
    """The settings of a method's function, in order, each with its default.

    Raises
    ------
    BadInput : a setting without a default or without a type hint, a type hint whose names are not imported when the
        program runs, or a default that does not fit its hint
    """
    name, defaults = getattr(function, "__name__", "?"), {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        place = f"UE method {name}, setting {parameter.name}"
        # The value of such a setting would be masked wherever settings are recorded and compared.
        if is_secret_name(parameter.name):
            raise BadInput(
                f"{place}: its name is that of a secret; settings are shown and recorded. Rename it."
            )
        if parameter.default is parameter.empty or parameter.annotation is parameter.empty:
            raise BadInput(f"{place}: needs a type hint and a default, as in `*, alpha: float = 2.0`")
        try:
            defaults[parameter.name] = _fit(function, parameter.name, parameter.default)
        except UnfitSetting as error:
            raise BadInput(f"{place}: its default does not fit. {error}") from error
        except (NameError, TypeError) as error:
            raise BadInput(
                f"{place}: its type hint cannot be read ({error}); what it names must be imported outside of "
                "`if TYPE_CHECKING`"
            ) from error
    return defaults


def checked(function: Callable[..., object], given: Mapping[str, Any]) -> dict[str, Plain]:
    """All settings of a method's function: those given, as they are written, and the defaults of the others.

    Raises
    ------
    UnfitSetting : there is no such setting, or its value is of another type or out of range; nothing is bent to fit
    """
    name, known = getattr(function, "__name__", "?"), defaults_of(function)
    for name_given in given:
        if name_given not in known:
            told = f"Settings: {', '.join(known)}." if known else f"{name} has no settings."
            raise UnfitSetting(
                f"{name}.{name_given}: there is no such setting.{did_you_mean(name_given, known)} {told}"
            )
    return known | {setting: _fit(function, setting, value) for setting, value in given.items()}


def name_with(name: str, settings: Mapping[str, Plain], defaults: Mapping[str, Plain]) -> str:
    """What rows are called: `renyi_entropy(alpha=0.4)`, with the settings that differ from their defaults in order."""

    def differs(setting: str) -> bool:
        return (type(settings[setting]), settings[setting]) != (type(defaults[setting]), defaults[setting])

    changed = [f"{setting}={_text(value)}" for setting, value in settings.items() if differs(setting)]
    return f"{name}({', '.join(changed)})" if changed else name


def _fit(function: Callable[..., object], name: str, value: Any) -> Plain:
    """The value as the type that the setting's hint asks for."""
    from pydantic import ValidationError

    from vqa_canary.strict import strictly

    # One hint by itself: those of the columns may name what is imported for type checking alone.
    hints = SimpleNamespace(__annotations__={name: inspect.signature(function).parameters[name].annotation})
    globals_of = getattr(inspect.unwrap(function), "__globals__", {})
    kind = get_type_hints(hints, globals_of, include_extras=True)[name]
    place = f"{getattr(function, '__name__', '?')}.{name}"
    try:
        fit = strictly(kind, value)
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"]
        raise UnfitSetting(f"{place}: {quoted(value)} does not fit. {message}.") from error
    if not isinstance(fit, Plain) or (
        isinstance(fit, str) and not (fit.isprintable() and len(fit) <= LONGEST_TEXT)
    ):
        raise UnfitSetting(
            f"{place}: {quoted(value)} does not fit. A setting is a number, a truth value, null, or a text of at most "
            f"{LONGEST_TEXT} printable characters."
        )
    return fit


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else json.dumps(value)
