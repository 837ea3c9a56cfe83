"""Project settings; https://docs.kedro.org/en/stable/configure/configuration_basics/"""

import os
import warnings

from vqa_canary.closing import ClosingHook
from vqa_canary.pipelines.configuration import ConfigurationHook
from vqa_canary.pipelines.verification.ending import VerificationHook
from vqa_canary.tracking import TrackingHook

# Nothing here phones home; each is read when the package in question is first imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# Kedro's own call, and the option that this project documents; neither is for its users to mend.
warnings.filterwarnings("ignore", message="(?s).*register_new_resolver")
warnings.filterwarnings("ignore", message="Option '--pipeline' is deprecated")

# The last one speaks first; what a verification found is said after all else.
HOOKS = (ConfigurationHook(), TrackingHook(), ClosingHook(), VerificationHook())
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-viz",)
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
