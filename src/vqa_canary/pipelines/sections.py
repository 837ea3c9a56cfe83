"""The sections of the parameters, checked at once, before anything runs: their shapes, then those that are types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.pipelines.parameters import TYPES, Evaluation, ReferenceModel, Shapes
from vqa_canary.strict import strictly, unfit_number
from vqa_canary.ue.registration import RENAMED


def check_shapes(parameters: Mapping[str, Any]) -> None:
    """Refuse a missing section, one that is no mapping or list, and numbers that are none.

    Raises
    ------
    BadInput : with the first setting that does not fit
    """
    if unfit := unfit_number(parameters):
        raise BadInput(f"parameters: {unfit[0]}: {unfit[1]}")
    models = parameters.get("models")
    if not isinstance(models, Mapping) or not models:
        raise BadInput("parameters: models: names no model; give one a name and its settings below it")
    try:
        Shapes.model_validate(dict(parameters))
    except ValidationError as error:
        raise _wrong("", Shapes, error) from error


def check_sections(parameters: Mapping[str, Any]) -> None:
    """Build every section that some node asks for by its type.

    Raises
    ------
    BadInput : with the first setting that does not fit, and the nearest known one where there is none of its name
    """
    methods = _names_of_methods(parameters["scoring"].get("methods"))
    for name, kind in TYPES.items():
        if name in parameters:
            _check(name, kind, parameters[name])
    for name, model in parameters.get("reference_models", {}).items():
        _check(f"reference_models.{name}", ReferenceModel, model)
    named = [
        ("audit.method", parameters.get("audit", {}).get("method")),
        ("evaluation.primary", parameters.get("evaluation", {}).get("primary")),
    ]
    looks = parameters.get("audit", {}).get("planned_looks") or ()
    named += [(f"audit.planned_looks.{at}.method", look.get("method")) for at, look in enumerate(looks)]
    for place, method in named:
        if method is not None and method not in methods:
            known = RENAMED.get(method) if isinstance(method, str) else None
            hint = f" It is called {known!r} now." if known else did_you_mean(method, methods)
            raise BadInput(
                f"parameters: {place}: {method!r} is not among scoring.methods.{hint} "
                f"Name one of these, or null: {', '.join(methods)}."
            )
    _check_follow_ups(parameters)
    _check_groups(parameters)


def _check_follow_ups(parameters: Mapping[str, Any]) -> None:
    """No method rests on a question that is not asked; answers that were recorded before may hold it all the same."""
    from vqa_canary.engines.sampling import FOLLOW_UPS, Sampling
    from vqa_canary.ue.configured import methods_of

    models = parameters.get("models", {}).values()
    if all(isinstance(model, Mapping) and model.get("engine") == "recorded" for model in models):
        return
    asked = Sampling(**parameters.get("sampling", {})).follow_ups
    left_out = {field: name for name, field in FOLLOW_UPS.items() if name not in asked}
    for method in methods_of(parameters["scoring"].get("methods", ())):
        for need in left_out.keys() & set(method.needs):
            raise BadInput(
                f"parameters: sampling.follow_ups: the method {method.name} of scoring.methods needs the answer to "
                f"{left_out[need]!r}, which is not asked. Add {left_out[need]!r} to sampling.follow_ups, or leave the "
                "method out."
            )


def _check_groups(parameters: Mapping[str, Any]) -> None:
    """A policy can hold only for columns whose subgroups are looked at."""
    known = parameters.get("evaluation", {}).get("subgroups", Evaluation().subgroups)
    audit = parameters.get("audit", {})
    looks = [(f"planned_looks.{at}.", look) for at, look in enumerate(audit.get("planned_looks") or ())]
    named = [
        (f"{place}hold_for", column)
        for place, given in [("", audit), *looks]
        for column in given.get("hold_for", ())
    ]
    for place, column in named:
        if column not in known:
            raise BadInput(
                f"parameters: audit.{place}: {column!r} is not among evaluation.subgroups."
                f"{did_you_mean(column, known)} Name it there, too, or name one of these: {', '.join(known)}."
            )


def _names_of_methods(entries: object) -> list[str]:
    """What the rows of the configured UE methods are called; none where there is no list of them."""
    from vqa_canary.registry import UnknownName
    from vqa_canary.ue.configured import methods_of
    from vqa_canary.ue.settings import UnfitSetting

    try:
        return [method.name for method in methods_of(entries if isinstance(entries, list) else ())]
    except (UnknownName, UnfitSetting) as error:
        raise BadInput(f"parameters: scoring.methods: {error}") from error


def _check(section: str, kind: type[BaseModel], value: Any) -> None:
    try:
        strictly(kind, value)
    except ValidationError as error:
        raise _wrong(section, kind, error) from error


def _wrong(section: str, kind: type[BaseModel], error: ValidationError) -> BadInput:
    wrong = error.errors(include_url=False)
    first = next((fault for fault in wrong if fault["type"] == "extra_forbidden"), wrong[0])
    place = ".".join(filter(None, [section, *map(str, first["loc"])]))
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(first["loc"][-1], kind.model_fields)
        text = f"there is no such setting.{hint} There are: {', '.join(kind.model_fields)}."
    elif first["type"] == "missing":
        text = "is missing; `conf/base` has it, so does a file of your environment hide it?"
    else:
        text = f"{first['input']!r:.200} does not fit. {first['msg']}."
    return BadInput(f"parameters: {place}: {text}")
