"""What a model's server must be told: the keys of `credentials.yml`, or of the environment.

From the moment a key is read here, the masking hides it in every message, log and table.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.project import settings
from pydantic import ValidationError

from vqa_canary.engines.credentials import Credentials
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.masking import remember_secret, remember_secrets
from vqa_canary.pipelines.configuration import current_loader
from vqa_canary.pipelines.configuration_files import CheckedConfigLoader

API_KEY = "VQA_CANARY_API_KEY"
"""Environment variable with the key of every model that names no credentials."""


def read_credentials() -> dict[str, Any]:
    """The entries of `credentials.yml` by name, each of them hidden from now on wherever it might come back.

    Those of `conf/local`, which Kedro leaves out where another environment is chosen, are read first; those of the
    chosen environment replace entries of the same name.
    """
    loader = current_loader()

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


def credentials_of(name: str, model: Mapping[str, Any]) -> Credentials:
    """What the server of the configured model `name` must be told: the entry of `credentials.yml` that its setting
    `credentials` names, else the key that the environment variable `VQA_CANARY_API_KEY` holds, if any.

    Raises
    ------
    BadInput : there is no such entry, or it holds nothing of use; the message quotes no value
    """
    entry = None if model.get("credentials") is None else str(model["credentials"])
    known = {} if entry is None else read_credentials()
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
