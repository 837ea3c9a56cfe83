"""The configuration that shapes pipelines: which models there are.

Kedro registers pipelines without a configuration, so a hook (see `configuration_hook`) keeps the context's loader here;
commands that make no context (`kedro registry`, `kedro viz`) read the files for `KEDRO_ENV`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from kedro.config import AbstractConfigLoader
from kedro.framework.project import settings
from kedro.utils import find_kedro_project

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.configuration_files import CheckedConfigLoader

_loader: AbstractConfigLoader | None = None


def keep_loader(loader: AbstractConfigLoader) -> None:
    """Read the configuration with this loader from now on."""
    global _loader
    _loader = loader


def current_loader() -> AbstractConfigLoader:
    """The context's loader, or one for `KEDRO_ENV` where no context was made."""
    if _loader is not None:
        return _loader
    root = find_kedro_project(Path.cwd()) or Path.cwd()
    return CheckedConfigLoader(
        conf_source=str(root / settings.CONF_SOURCE),
        env=os.environ.get("KEDRO_ENV"),
        **settings.CONFIG_LOADER_ARGS,
    )


def configured(section: str) -> dict[str, Any]:
    """One mapping of the parameters, such as `models`.

    Raises
    ------
    BadInput : the section is missing or is not a mapping
    """
    entries = current_loader()["parameters"].get(section)
    if not isinstance(entries, dict):
        raise BadInput(
            f"parameters: {section} must be a mapping from a name to its settings, not {entries!r}"
        )
    return entries


def configured_value(name: str) -> Any:
    """One plain value of the parameters; None where it is not set."""
    return current_loader()["parameters"].get(name)


def default_pipelines() -> list[str]:
    """The pipelines that `kedro run` runs where none is named."""
    names: list[str] = current_loader()["parameters"]["default_pipelines"]
    return names


def is_audit() -> bool:
    """Whether `kedro run` alone makes an audit."""
    return "auditing" in (configured_value("default_pipelines") or ())


def is_reviewed() -> bool:
    """Whether the audit follows what reviewers have written about its questions."""
    return bool(configured_value("review"))


def repeated_by() -> tuple[str | None, dict[str, Any]]:
    """Environment and runtime parameters that make this run again.

    Left out is what changes no result: which failed instances were asked again, how long the run waited for its turn,
    how many images it wrote for a person to look at, and who shared the work.
    """
    loader = current_loader()
    env = None if loader.env == settings.CONFIG_LOADER_ARGS["default_run_env"] else loader.env
    return env, {
        name: value
        for name, value in (loader.runtime_params or {}).items()
        if name not in ("retry_failed", "wait_for_lock", "worker", "shown_images", "workers", "ray")
    }


def namespaces(names: list[str]) -> dict[str, str]:
    """Each name's pipeline namespace: the name, with `-` for every mark that means something to Kedro or in file names.

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
