"""The MLflow record of a study: one parent run a `kedro run`, one child run a model and method.

The only importer of mlflow, and only while a run is tracked.
"""

from vqa_canary.tracking.hook import TrackingHook

__all__ = ["TrackingHook"]
