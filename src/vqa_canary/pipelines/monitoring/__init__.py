"""The pipeline `monitoring`."""

from vqa_canary.pipelines.monitoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
