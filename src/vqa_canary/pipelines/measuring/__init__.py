"""From scores to metrics, and to what every page has to say beside them."""

from vqa_canary.pipelines.measuring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
