"""Project settings; https://docs.kedro.org/en/stable/configure/configuration_basics/"""

import vqa_canary.early_interruption  # noqa: F401

# isort: split
import os
import warnings

from vqa_canary.closing import ClosingHook
from vqa_canary.finished import FinishedHook
from vqa_canary.guarded_output import guard_output
from vqa_canary.locking import LockHook, RefusedRunHook
from vqa_canary.pipelines.auditing.locking_first import ProtocolHook
from vqa_canary.pipelines.binding import BindingHook
from vqa_canary.pipelines.configuration_files import CheckedConfigLoader
from vqa_canary.pipelines.configuration_hook import ConfigurationHook
from vqa_canary.pipelines.inference.together import TogetherHook
from vqa_canary.pipelines.planning.stopping import HopelessAuditHook
from vqa_canary.pipelines.runners import RunnerHook
from vqa_canary.pipelines.verification.ending import VerificationHook
from vqa_canary.terminal import DisplayHook, quiet_terminal
from vqa_canary.tracking import TrackingHook
from vqa_canary.viz import viz_hooks

# Nothing here phones home; each is read when the package in question is first imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# MLflow prints the address of its server, a password in it included; our own last line says where to look.
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
guard_output()
quiet_terminal()
# Kedro's own call, and the option that this project documents; neither is for its users to mend.
warnings.filterwarnings("ignore", message="(?s).*register_new_resolver")
warnings.filterwarnings("ignore", message="Option '--pipeline' is deprecated")

# The last one speaks first, of the ordinary ones. Before a run: settings are checked, the lock is taken, what the run
# reads is held against the settings, a finished study ends the command, MLflow is told. After it: the closing lines,
# MLflow, the record of a finished study, the lock is freed, and what a verification found is said last. Before a node:
# the protocol of an audit is locked before a model is asked.
HOOKS = (
    TogetherHook(),
    ProtocolHook(),
    HopelessAuditHook(),
    RunnerHook(),
    TrackingHook(),
    FinishedHook(),
    LockHook(),
    RefusedRunHook(),
    VerificationHook(),
    ConfigurationHook(),
    ClosingHook(),
    BindingHook(),
    DisplayHook(),
    *viz_hooks(),
)
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-viz",)
CONFIG_LOADER_CLASS = CheckedConfigLoader
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
