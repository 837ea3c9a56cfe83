"""The names in the parameters, held against what there is: a misspelt name is refused while nothing has run."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vqa_canary.engines.registration import ENGINES, refuse_secrets
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.images.dicom_header import check_keywords
from vqa_canary.pipelines.asked_conditions import conditions_of
from vqa_canary.pipelines.parameters import SETTINGS
from vqa_canary.pipelines.sections import check_sections, check_shapes
from vqa_canary.registry import Registry, UnknownName
from vqa_canary.rows import CATEGORIES
from vqa_canary.sources.registration import source_options
from vqa_canary.tables import SCHEMAS

PIPELINES = tuple(
    module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.ispkg
)
"""Names of the pipelines: the folders beside this file."""
_A_COLUMN = "a column of items or a dataset's attribute"
_A_GROUP = "a column of items that puts questions into groups, or a dataset's attribute"


def check_names(parameters: dict[str, Any]) -> None:
    """Refuse unknown sources, options, conditions, methods and engines while nothing has run.

    Settings that nobody knows may stand beside the known ones, but none that looks like one of these.

    Raises
    ------
    BadInput : with the setting's name and the nearest known one
    """
    for name in parameters:
        if name not in SETTINGS and (hint := did_you_mean(name, SETTINGS)):
            raise BadInput(f"parameters: {name}: there is no such setting.{hint}")
    check_shapes({name: value for name, value in parameters.items() if name in SETTINGS})
    for name in parameters["default_pipelines"]:
        if name not in PIPELINES:
            raise BadInput(
                f"parameters: default_pipelines: there is no pipeline {name!r}.{did_you_mean(name, PIPELINES)} "
                f"There are: {', '.join(PIPELINES)}."
            )
    if parameters.get("review") and "auditing" not in parameters["default_pipelines"]:
        raise BadInput(
            "parameters: review: a review belongs to an audit, and this run makes none. Run it with `--env audit`, or "
            "leave the setting out."
        )
    for name, options in parameters["datasets"].items():
        source_options(name, options)
    conditions = conditions_of(parameters["conditions"])
    check_sections(parameters)
    asked_of_headers = (parameters.get("images") or {}).get("attributes", ())
    check_keywords(tuple(asked_of_headers))
    attributes = _attributes(parameters["datasets"], asked_of_headers)
    columns = [name for name in SCHEMAS["items"].names if name != "attributes"]
    evaluation, selection = (parameters.get(name) or {} for name in ("evaluation", "selection"))
    for name in evaluation.get("nota_conditions", ()):
        what = "one of the study's `conditions`"
        _check_listed("evaluation.nota_conditions", name, list(conditions), what)
    for name in evaluation.get("subgroups", ()):
        _check_listed("evaluation.subgroups", name, [*columns, *attributes], _A_COLUMN)
    groups = [*CATEGORIES, *attributes]
    for place, column in (
        ("selection.per", selection.get("per")),
        ("evaluation.tracking_over", evaluation.get("tracking_over")),
        *((f"conditions.{name}.per", asked.per) for name, asked in conditions.items()),
    ):
        if column is not None:
            _check_listed(place, column, groups, _A_GROUP)
    for name, model in _models(parameters).items():
        _check(f"models.{name}.engine", ENGINES, model.get("engine", "transformers"))
        refuse_secrets(name, model)
    _check_baselines(parameters["models"])


def _models(parameters: dict[str, Any]) -> dict[str, Any]:
    models = parameters["models"]
    if not isinstance(models, dict) or not models:
        raise BadInput("parameters: models: names no model; give one a name and its settings below it")
    for name, model in models.items():
        if not isinstance(model, dict):
            raise BadInput(
                f"parameters: models.{name}: must be a mapping with an `engine` or a `path`, not {model!r}; "
                "is everything below it indented alike?"
            )
    return models


def _check_baselines(models: dict[str, Any]) -> None:
    """A variant is compared with a configured model, and that is no variant itself."""
    whole = [name for name, model in models.items() if "baseline" not in model]
    for name, model in models.items():
        baseline = model.get("baseline")
        if "baseline" in model and baseline not in whole:
            what = "is a variant itself" if baseline in list(models) else "is not among the models"
            raise BadInput(
                f"parameters: models.{name}.baseline: {baseline!r} {what}.{did_you_mean(str(baseline), whole)} "
                f"There are: {', '.join(whole)}."
            )


def _attributes(datasets: dict[str, Any], asked_of_headers: Iterable[str]) -> dict[str, None]:
    """Names of all attributes that the configuration names, in order."""
    own = [
        name
        for options in datasets.values()
        if isinstance(columns := options.get("columns"), Mapping)
        for name in columns.get("attributes", ())
    ]
    return dict.fromkeys([*own, *asked_of_headers])


def _check_listed(place: str, name: str, known: Sequence[str], what: str) -> None:
    """A name that is not there would silently leave something out of the study or its report."""
    if name not in known:
        raise BadInput(
            f"parameters: {place}: {name!r} is not {what}.{did_you_mean(name, known)} "
            f"There are: {', '.join(known)}."
        )


def _check(place: str, registry: Registry[Any], name: str) -> None:
    try:
        registry[name]
    except UnknownName as error:
        raise BadInput(f"parameters: {place}: {error}") from error
