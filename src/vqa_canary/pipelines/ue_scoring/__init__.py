"""From evidence to uncertainty: one score for each instance and method."""

from vqa_canary.pipelines.ue_scoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
