"""Project settings; https://docs.kedro.org/en/stable/configure/configuration_basics/"""

import os
import warnings

from vqa_canary.pipelines.configuration import ConfigurationHook
from vqa_canary.tracking import TrackingHook

# Nothing here phones home; each is read when the package in question is first imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
warnings.filterwarnings("ignore", message=".*register_new_resolver.*", category=DeprecationWarning)

HOOKS = (ConfigurationHook(), TrackingHook())
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-viz",)
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
