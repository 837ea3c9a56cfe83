"""From raw files to items, and from items to what each condition shows."""

from vqa_canary.pipelines.data_engineering.pipeline import create_pipeline

__all__ = ["create_pipeline"]
