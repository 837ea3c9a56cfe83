"""UE methods as a study names them: by name alone, or by name with settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vqa_canary.quoting import quoted
from vqa_canary.registry import UnknownName
from vqa_canary.rows import content_id
from vqa_canary.ue.registration import METHODS, Method
from vqa_canary.ue.settings import Plain, UnfitSetting, checked, name_with

Entry = str | Mapping[str, Any]
"""An entry of `scoring.methods`: `margin`, or `{renyi_entropy: {alpha: 0.4}}`."""


def methods_of(entries: Iterable[Entry]) -> tuple[Method, ...]:
    """The methods of a study, in order, each bound to its settings and named by them.

    A method may stand there several times with different settings. Its rows are called by its name, followed by the
    settings that differ from their defaults, as in `renyi_entropy(alpha=0.4)`: so equal names are equal computations.

    Raises
    ------
    UnknownName : there is no such method; near names are suggested
    UnfitSetting : there is no such setting, it does not fit, an entry is of another form, or two entries are the same
    """
    methods: dict[str, Method] = {}
    for entry in entries:
        method = _method(entry)
        if method.name in methods:
            raise UnfitSetting(
                f"{method.name} stands there twice with the same settings; its rows could not be told apart. Leave "
                "one of the two out."
            )
        methods[method.name] = method
    return tuple(methods.values())


def resolved(entries: Iterable[Entry]) -> list[str | dict[str, dict[str, Plain]]]:
    """The entries with every setting filled in: what scores rest on. A method that has no settings is a name."""
    return [
        {method.function.__name__: dict(method.settings)} if method.settings else method.name
        for method in methods_of(entries)
    ]


def code_of(entries: Iterable[Entry]) -> dict[str, str]:
    """A digest of the code that each method of a study rests on, by the method's name in the registry.

    It is that of the sources of the method's own module, of all modules of this package's `ue` and of what says which
    text is embedded, comments included: scores that were made before one of them changed are to be made anew, which
    asks no model.
    """
    here = Path(__file__).parent
    paths = [*sorted(here.glob("*.py")), here.with_name("sample_texts.py")]
    shared = [path.read_text(encoding="utf-8") for path in paths]
    functions = {method.function.__name__: method.function for method in methods_of(entries)}
    return {name: content_id(*shared, _source_of(function)) for name, function in functions.items()}


def _source_of(function: Callable[..., Any]) -> str:
    module = inspect.getmodule(function)
    try:
        return inspect.getsource(module or function)
    except (OSError, TypeError):  # typed in by hand, so that no file holds it
        return function.__code__.co_code.hex()


COSTS = {
    "option_logprobs": "one reading of the options' letters, no text",
    "option_mass": "one reading of the options' letters, no text",
    "greedy_logprobs": "one answer, with the probabilities of its tokens",
    "greedy_entropies": "one answer, with the entropies of its tokens",
    "samples": "several sampled answers",
    "sample_embeddings": "several sampled answers, and an embedder that turns each into a vector",
    "p_true": "one answer and one more question: is it true?",
    "verbalized_text": "one answer and one more question: how sure?",
}
"""What evidence costs, by its column."""


def summaries(entries: Iterable[Entry]) -> dict[str, str]:
    """What each method of a study is, by the first sentence of its docstring, and what its evidence costs."""
    return {method.name: _summary(method) for method in methods_of(entries)}


def _summary(method: Method) -> str:
    told = inspect.getdoc(method.function) or ""
    first = " ".join(told.partition("\n\n")[0].split())
    needs = "; ".join(COSTS.get(name, name) for name in method.needs if name != "options")
    return " ".join(filter(None, [first, f"It needs: {needs}." if needs else ""]))


def lower_bounds(names: Iterable[str]) -> dict[str, float]:
    """Smallest possible uncertainty of the methods that bear these names in `scores`, where it is not 0."""
    known = {name: METHODS[bare].lower for name in names if (bare := name.partition("(")[0]) in METHODS}
    return {name: lowest for name, lowest in known.items() if lowest != 0}


def _method(entry: Entry) -> Method:
    name, given = _name_and_settings(entry)
    method = METHODS[name]
    if not given:
        return method
    settings = checked(method.function, given)
    return replace(method, name=name_with(name, settings, method.settings), settings=settings)


def _name_and_settings(entry: Entry) -> tuple[str, Mapping[str, Any]]:
    if isinstance(entry, str):
        if entry not in METHODS and (bare := entry.partition("(")[0]) in METHODS:
            raise UnknownName(
                f"there is no UE method {entry!r}. Settings stand below the name: `- {bare}: {{setting: value}}`."
            )
        return entry, {}
    if isinstance(entry, Mapping) and len(entry) == 1:
        [(name, settings)] = entry.items()
        if isinstance(settings, Mapping):
            return name, settings
        raise UnfitSetting(
            f"{name}: its settings must be a mapping, as in `- {name}: {{setting: value}}`, not {quoted(settings)}; "
            f"without settings write `- {name}`"
        )
    raise UnfitSetting(
        f"{quoted(entry)} is neither the name of a method, as in `- margin`, nor one name with its settings, as in "
        "`- renyi_entropy: {alpha: 0.4}`"
    )
