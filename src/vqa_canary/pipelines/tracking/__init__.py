"""Giving MLflow what it missed while it could not be reached."""

from vqa_canary.pipelines.tracking.pipeline import create_pipeline

__all__ = ["create_pipeline"]
