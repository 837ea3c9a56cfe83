"""From scores to metrics, verdicts and a page."""

from vqa_canary.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
