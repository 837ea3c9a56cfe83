"""What an audit can show, told from its questions before anything is asked."""

from vqa_canary.pipelines.planning.pipeline import create_pipeline

__all__ = ["create_pipeline"]
