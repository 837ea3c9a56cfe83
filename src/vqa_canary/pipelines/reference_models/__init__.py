"""Training of the reference VLMs, from phantoms or from a dataset's train split."""

from vqa_canary.pipelines.reference_models.pipeline import create_pipeline

__all__ = ["create_pipeline"]
