"""Whether a model's numbers are what they are said to be: a sample is asked anew and held against them."""

from vqa_canary.pipelines.verification.pipeline import create_pipeline

__all__ = ["create_pipeline"]
