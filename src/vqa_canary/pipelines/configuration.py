"""The configuration that shapes pipelines: which models there are.

Kedro registers pipelines without a configuration, so a hook keeps the context's loader; commands
that make no context (`kedro registry`, `kedro viz`) read the files for `KEDRO_ENV`.
"""

from __future__ import annotations

import os
import pkgutil
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.config import AbstractConfigLoader, MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings
from kedro.pipeline import Pipeline
from kedro.utils import find_kedro_project

from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.guarded_output import guard_output
from vqa_canary.masking import remember_secret, remember_secrets
from vqa_canary.pipelines.configuration_files import CheckedConfigLoader
from vqa_canary.registry import Registry, UnknownName

if TYPE_CHECKING:
    from vqa_canary.engines.credentials import Credentials

API_KEY = "VQA_CANARY_API_KEY"
"""Environment variable with the key of every model that names no credentials."""

_loader: AbstractConfigLoader | None = None

FOLDERS_OF_A_SHELL = frozenset({"PWD", "OLDPWD"})
"""Variables that look like passwords by their names, and hold folders that every message may need to name."""


class ConfigurationHook:
    """Keeps the loader for the pipelines, and refuses unknown names before anything runs."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        global _loader
        _loader = context.config_loader
        guard_output()
        _credentials()
        parameters = _loader["parameters"]
        shell = {name: value for name, value in os.environ.items() if name not in FOLDERS_OF_A_SHELL}
        for known in (shell, parameters, _loader.runtime_params or {}):
            remember_secrets(known)
        check_names(parameters)

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """No model is asked, and no MLflow run opened, before it is known that every model can be asked.

        Models that this run does not ask must have sound settings, too, for MLflow is told of them; only their files
        may be gone.
        """
        from vqa_canary.engines.registration import model_options
        from vqa_canary.project import project_root

        models = configured("models")
        for name, space in namespaces(list(models)).items():
            asked = bool({f"{space}_evidence", f"{space}_verification"} & pipeline.all_outputs())
            try:
                model_options(name, models[name], project_root())
            except BadInput as error:
                if asked or not str(error).startswith(f"parameters: models.{name}.path:"):
                    raise
            if asked:
                credentials_of(name, models[name])
        if "baseline_scores" in pipeline.inputs():
            _check_baseline(str(configured_value("baseline") or ""), project_root())


def configured(section: str) -> dict[str, Any]:
    """One mapping of the parameters, such as `models`.

    Raises
    ------
    BadInput : the section is missing or is not a mapping
    """
    loader = _current_loader()
    found = loader["parameters"].get(section)
    if not isinstance(found, dict):
        raise BadInput(f"parameters: {section} must be a mapping from a name to its settings, not {found!r}")
    return found


def _credentials() -> dict[str, Any]:
    """Those of `conf/local`, which Kedro leaves out where another environment is chosen, and the environment's own;
    from now on they are hidden wherever they might come back."""
    loader = _current_loader()

    def loader_of(env: str | None) -> CheckedConfigLoader:
        return CheckedConfigLoader(
            conf_source=str(loader.conf_source), env=env, **settings.CONFIG_LOADER_ARGS
        )

    known: dict[str, Any] = {}
    with suppress(MissingConfigException):
        known |= loader_of("local")["credentials"]
    loader_of(loader.env)  # `${globals:...}` is answered by the loader that was made last, whoever asks
    with suppress(MissingConfigException):
        known |= loader["credentials"]
    remember_secrets(known, kept_secret=True)
    for value in known.values():
        remember_secret(value if isinstance(value, str) else None)
    return known


def configured_value(name: str) -> Any:
    """One plain value of the parameters; None where it is not set."""
    loader = _current_loader()
    return loader["parameters"].get(name)


def repeated_by() -> tuple[str | None, dict[str, Any]]:
    """Environment and runtime parameters that make this run again; which instances were asked, how long it waited for
    its turn, and which images it wrote for a person to look at, are none of them."""
    loader = _current_loader()
    env = None if loader.env == settings.CONFIG_LOADER_ARGS["default_run_env"] else loader.env
    return env, {
        name: value
        for name, value in (loader.runtime_params or {}).items()
        if name not in ("retry_failed", "wait_for_lock", "shown_images")
    }


def _check_baseline(study: str, root: Path) -> None:
    """What an audit is held against must be there before anything is asked."""
    made = {path.parent.name for path in (root / "data/07_model_output").glob("*/scores.parquet")}
    if study and study not in made:
        raise BadInput(
            f"parameters: baseline: there is no audit {study!r}.{did_you_mean(study, made)} "
            f"There are: {', '.join(sorted(made)) or 'none yet'}."
        )


def default_pipelines() -> list[str]:
    """What `kedro run` alone runs."""
    loader = _current_loader()
    names: list[str] = loader["parameters"]["default_pipelines"]
    return names


def credentials_of(name: str, model: Mapping[str, Any]) -> Credentials:
    """What the server of the configured model `name` must be told: the entry of `credentials.yml` that its setting
    `credentials` names, else the key that the environment variable `VQA_CANARY_API_KEY` holds, if any.

    Raises
    ------
    BadInput : there is no such entry, or it holds nothing of use; the message quotes no value
    """
    from pydantic import ValidationError

    from vqa_canary.engines.credentials import Credentials

    entry = None if model.get("credentials") is None else str(model["credentials"])
    known = {} if entry is None else _credentials()
    given = {"api_key": os.environ.get(API_KEY) or None} if entry is None else known.get(entry)
    place = API_KEY if entry is None else f"conf/local/credentials.yml: {entry}"
    if entry is not None and (not isinstance(given, dict) or not any(given.values())):
        hint = f" Write `{entry}: {{api_key: ...}}`." if entry in known else did_you_mean(entry, known)
        raise BadInput(
            f"parameters: models.{name}.credentials: conf/local/credentials.yml holds no entry {entry!r} with an "
            f"`api_key`, `headers` or `extra_body`.{hint} Or leave the setting out and set {API_KEY}."
        )
    try:
        return Credentials.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = str(first.get("ctx", {}).get("error", first["msg"]))
        raise BadInput(f"{place}: {field}: {message}.") from None


def namespaces(names: list[str]) -> dict[str, str]:
    """Each name's pipeline namespace: the name, with `-` for what Kedro or a file name would read.

    Raises
    ------
    BadInput : two names would share a namespace
    """
    spaces: dict[str, str] = {}
    for name in names:
        space = re.sub(r"[^A-Za-z0-9_-]", "-", name)
        if space in spaces.values():
            raise BadInput(f"parameters: models: {name!r} and another model share the namespace {space!r}")
        spaces[name] = space
    return spaces


PIPELINES = tuple(
    module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.ispkg
)

SECTIONS = (
    "study", "seed", "default_pipelines", "tracking", "datasets", "selection", "conditions", "blank_images", "models",
    "prompts", "sampling", "scoring", "evaluation", "report", "audit", "baseline", "retry_failed", "reference_models",
    "wait_for_lock", "verification", "images", "converted_images", "shown_images",
)  # fmt: skip
"""Settings at the top level; others may stand beside them, but none that looks like one of these."""


def check_names(parameters: dict[str, Any]) -> None:
    """Refuse unknown sources, options, conditions, methods and engines while nothing has run.

    Raises
    ------
    BadInput : with the setting's name and the nearest known one
    """
    from vqa_canary.conditions.registration import CONDITIONS
    from vqa_canary.engines.registration import ENGINES, refuse_secrets
    from vqa_canary.images.dicom_header import check_keywords
    from vqa_canary.pipelines.sections import check_sections, check_shapes
    from vqa_canary.sources.registration import source_options

    for name in parameters:
        if name not in SECTIONS and (hint := did_you_mean(name, SECTIONS)):
            raise BadInput(f"parameters: {name}: there is no such setting.{hint}")
    check_shapes({name: value for name, value in parameters.items() if name in SECTIONS})
    for name in parameters["default_pipelines"]:
        if name not in PIPELINES:
            raise BadInput(
                f"parameters: default_pipelines: there is no pipeline {name!r}.{did_you_mean(name, PIPELINES)} "
                f"There are: {', '.join(PIPELINES)}."
            )
    for name, options in parameters["datasets"].items():
        source_options(name, options)
    for condition in parameters["conditions"]:
        _check("conditions", CONDITIONS, condition)
    check_sections(parameters)
    asked_of_headers = (parameters.get("images") or {}).get("attributes", ())
    check_keywords(tuple(asked_of_headers))
    _check_evaluation(
        parameters.get("evaluation") or {},
        parameters["conditions"],
        parameters["datasets"],
        asked_of_headers,
    )
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


def _check_evaluation(
    evaluation: dict[str, Any],
    conditions: list[str],
    datasets: dict[str, Any],
    asked_of_headers: Iterable[str],
) -> None:
    """A name that is not there would silently leave a claim or a subgroup out of the report."""
    from vqa_canary.tables import SCHEMAS

    own = [
        name
        for options in datasets.values()
        if isinstance(columns := options.get("columns"), Mapping)
        for name in columns.get("attributes", ())
    ]
    columns = [name for name in SCHEMAS["items"].names if name != "attributes"] + own
    columns += [name for name in asked_of_headers if name not in columns]
    known = {"nota_conditions": conditions, "subgroups": columns}
    where = {
        "nota_conditions": "one of the study's `conditions`",
        "subgroups": "a column of items or a dataset's attribute",
    }
    for setting, names in known.items():
        for name in evaluation.get(setting, ()):
            if name not in names:
                hint = did_you_mean(name, names)
                raise BadInput(
                    f"parameters: evaluation.{setting}: {name!r} is not {where[setting]}.{hint} "
                    f"There are: {', '.join(names)}."
                )


def _check(place: str, registry: Registry[Any], name: str) -> None:
    try:
        registry[name]
    except UnknownName as error:
        raise BadInput(f"parameters: {place}: {error}") from error


def _current_loader() -> AbstractConfigLoader:
    """The context's, or one for `KEDRO_ENV` where no context was made."""
    return _fresh_loader() if _loader is None else _loader


def _fresh_loader() -> AbstractConfigLoader:
    root = find_kedro_project(Path.cwd()) or Path.cwd()
    return CheckedConfigLoader(
        conf_source=str(root / settings.CONF_SOURCE),
        env=os.environ.get("KEDRO_ENV"),
        **settings.CONFIG_LOADER_ARGS,
    )
