"""Datasets: one function a dataset, from raw files to items and refusals. Imports Pillow and
pydantic; never a model."""
