"""Engines by name, and the settings that all of them share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from vqa_canary.engines.asking import Asking
from vqa_canary.engines.chat_templates import given_template
from vqa_canary.engines.credentials import Credentials
from vqa_canary.engines.prompts import LATER, Prompts
from vqa_canary.engines.protocols import Engine
from vqa_canary.engines.reshuffling import refuse_other_orders
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.masking import exposed
from vqa_canary.plugin_faults import BREAKS, is_fault, plugin_fault
from vqa_canary.registry import Registry, UnknownName, place_of
from vqa_canary.strict import strictly

ABOUT = frozenset({"family", "group", "baseline"})
"""Settings of a model that say what it is, not how it is asked: its training family, the group it is judged in, and the
configured model that it is a variant of."""


TEMPLATE = "chat_template"
"""The setting of engines that write prompts themselves: a template in place of the model's own."""

Maker = Callable[..., Engine]
M = TypeVar("M", bound=Maker)

ENGINES: Registry[tuple[Maker, type[BaseModel]]] = Registry(
    "engine", "vqa_canary.engines", "vqa_canary.engines"
)


def engine(name: str, options: type[BaseModel]) -> Callable[[M], M]:
    """Register a maker `(model_name, options, prompts, sampling, seed) -> Engine`."""

    def register(maker: M) -> M:
        ENGINES.add(name, (maker, options), maker)
        return maker

    return register


def model_options(name: str, model: Mapping[str, Any], root: Path) -> tuple[Maker, BaseModel]:
    """The engine's maker and the validated options of the configured model `name`.

    A `path` that is a folder or file below `root` is taken from there, and the text of a `chat_template` that is a
    file, so that options hold what shapes answers, not where it lies. What is `ABOUT` the model, not about asking
    it, is left to the evaluation, and `credentials`, the name of a secret, to whoever keeps it.

    Raises
    ------
    BadInput : unknown engine, unknown or unfit option, a secret among the parameters
    """
    refuse_secrets(name, model)
    settings = {key: value for key, value in model.items() if key not in {*ABOUT, "credentials"}}
    try:
        engine_name = settings.pop("engine", "transformers")
        maker, options = ENGINES[engine_name]
    except UnknownName as error:
        raise BadInput(f"parameters: models.{name}.engine: {error}") from error
    if settings.get("path") and os.path.exists(root / str(settings["path"])):  # which bears any name
        settings["path"] = str(root / settings["path"])
    if TEMPLATE in settings and issubclass(options, Asking):
        settings[TEMPLATE] = _template(name, engine_name, settings[TEMPLATE], options, root)
    try:
        return maker, strictly(options, settings)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
        said = first.get("ctx", {}).get("error", first["msg"])
        # What concerns several settings has no place of its own.
        field = ".".join(str(part) for part in first["loc"]) or getattr(said, "setting", "path")
        message = str(said)
        if first["type"] == "extra_forbidden" and field in {*Asking.model_fields, TEMPLATE}:
            message = f"the engine {engine_name!r} {_why_not_otherwise(options)}; leave this out"
        elif first["type"] == "extra_forbidden":
            message = f"there is no such option.{did_you_mean(field, options.model_fields)}"
        raise BadInput(f"parameters: models.{name}.{field}: {message}") from error


def _template(name: str, engine_name: str, given: object, options: type[BaseModel], root: Path) -> object:
    try:
        found = given_template(given, root)
    except ValueError as error:
        raise BadInput(f"parameters: models.{name}.{TEMPLATE}: {error}") from error
    if TEMPLATE not in options.model_fields:
        raise BadInput(
            f"parameters: models.{name}.{TEMPLATE}: the engine {engine_name!r} writes no prompt with a template of "
            "yours. Where a server writes it, give the template to the server (vLLM, SGLang and llama.cpp have an "
            "option for it at their start), or set what its own template knows under `chat_template_kwargs`"
        )
    return found


def may_be_sent(model: Mapping[str, Any]) -> bool:
    """Whether the engine of a configured model is `Movable`, as far as its class tells."""
    maker, _ = ENGINES[model.get("engine", "transformers")]
    return hasattr(maker, "needs")


def _why_not_otherwise(options: type[BaseModel]) -> str:
    """Why an engine with these settings, which are no `Asking`, cannot ask in another way, as the end of a sentence."""
    if _asks_nothing(options):
        return "asks nothing, since its answers were given before, so it cannot ask in another way"
    return "asks in one way alone, since its settings do not extend `Asking`"


def _asks_nothing(options: type[BaseModel]) -> bool:
    """Whether these are the settings of an engine whose answers were given before."""
    makers = [ENGINES[name][0] for name in ENGINES if ENGINES[name][1] is options]
    return any(hasattr(maker, "cannot_be_asked") for maker in makers)


def refuse_other_ways(name: str, options: BaseModel, prompts: Prompts) -> None:
    """Refuse ways of asking, set for the whole study, for a model whose engine asks in one way alone.

    How others are asked does not concern a model whose answers were given before.

    Raises
    ------
    BadInput
    """
    given = sorted(LATER & prompts.model_dump().keys())
    if given and not isinstance(options, Asking) and not _asks_nothing(type(options)):
        raise BadInput(
            f"parameters: prompts.{given[0]}: models.{name} is of an engine that "
            f"{_why_not_otherwise(type(options))}. Give {given[0]} to each model that can be asked otherwise: "
            f"models.<name>.{given[0]}, or leave it out"
        )


def refuse_secrets(name: str, model: Mapping[str, Any]) -> None:
    """Nothing of a configured model may be what only a secret is called, or only a secret looks like.

    Raises
    ------
    BadInput : names the setting, not its value
    """
    for setting in exposed({key: model[key] for key in model if key != "credentials"}):
        what = "parameters are logged, so a secret has no place there"
        if setting.endswith("url"):
            what = "an address holds no user, password or key here, since parameters are logged"
        raise BadInput(
            f"parameters: models.{name}.{setting}: {what}. Write it to conf/local/credentials.yml, "
            "as `my-endpoint: {api_key: ...}`, where `headers` and `extra_body` may hold "
            "what else the server wants, and name the entry: `credentials: my-endpoint`."
        )
    if any(exposed({"entry": str(model.get("credentials", ""))})):
        raise BadInput(
            f"parameters: models.{name}.credentials: give the name of an entry of conf/local/credentials.yml, not the "
            "key itself: parameters are logged."
        )


def make_engine(
    name: str,
    model: Mapping[str, Any],
    prompts: Prompts,
    sampling: Sampling,
    seed: int,
    root: Path,
    credentials: Credentials | None = None,
) -> Engine:
    """The engine of the configured model `name`; `credentials` reach engines that have use for them.

    Raises
    ------
    BadInput : unknown engine, unknown or unfit option
    """
    maker, options = model_options(name, model, root)
    refuse_other_ways(name, options, prompts)
    refuse_other_orders(name, maker, sampling)
    if credentials and "secret_body" in type(options).model_fields:
        given = {"api_key": credentials.api_key, "headers": credentials.headers}
        options = options.model_copy(update=given | {"secret_body": credentials.extra_body})
    try:
        return maker(name, options, prompts, sampling, seed)
    except BREAKS as error:
        if not is_fault(error):
            raise
        member = f"model {name}: its engine {model.get('engine', 'transformers')!r}"
        remedy = "Mend the engine, whose maker takes (name, options, prompts, sampling, seed)."
        raise plugin_fault(member, place_of(maker), error, "when it is made", remedy) from error
