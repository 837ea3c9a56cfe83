"""The pipeline `auditing`."""

from vqa_canary.pipelines.auditing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
