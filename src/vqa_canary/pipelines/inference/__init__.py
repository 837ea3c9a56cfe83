"""From instances to evidence: every configured model is asked."""

from vqa_canary.pipelines.inference.pipeline import create_pipeline

__all__ = ["create_pipeline"]
