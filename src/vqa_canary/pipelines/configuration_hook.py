"""The hook that reads the configuration before a run, and refuses what cannot be run with it."""

from __future__ import annotations

import os
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from vqa_canary.engines.registration import model_options
from vqa_canary.errors import BadInput
from vqa_canary.guarded_output import guard_output
from vqa_canary.masking import remember_secrets
from vqa_canary.pipelines.configuration import (
    configured,
    configured_value,
    current_loader,
    keep_loader,
    namespaces,
)
from vqa_canary.pipelines.credentials import credentials_of, read_credentials
from vqa_canary.pipelines.known_names import check_names
from vqa_canary.pipelines.monitoring.ready import check_agreement, check_watch
from vqa_canary.pipelines.storing import check_baseline, check_reachable, check_worker, open_store
from vqa_canary.project import project_root

FOLDERS_OF_A_SHELL = frozenset({"PWD", "OLDPWD"})
"""Variables that look like passwords by their names, and hold folders that every message may need to name."""


class ConfigurationHook:
    """Keeps the loader for the pipelines, and refuses unknown names before anything runs."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Hide the secrets of the shell and of the configuration, then check all names of the parameters."""
        loader = context.config_loader
        keep_loader(loader)
        guard_output()
        credentials = read_credentials()
        parameters = loader["parameters"]
        shell = {name: value for name, value in os.environ.items() if name not in FOLDERS_OF_A_SHELL}
        for known in (shell, parameters, loader.runtime_params or {}):
            remember_secrets(known)
        check_names(parameters)
        open_store(parameters, credentials)

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: Any) -> None:
        """No model is asked, and no MLflow run opened, before it is known that every model can be asked.

        Models that this run does not ask must have sound settings, too, for MLflow is told of them; only their files
        may be gone.
        """
        parameters = current_loader()["parameters"]
        check_worker(pipeline, parameters, catalog)
        check_reachable(parameters)
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
        if "audited_record" in pipeline.inputs():
            check_watch(parameters, catalog.exists("audited_record"))
            check_agreement(catalog.load("audited_record"), parameters, catalog.load("watch_log"))
        if "baseline_scores" in pipeline.inputs():
            check_baseline(str(configured_value("baseline") or ""), parameters)
