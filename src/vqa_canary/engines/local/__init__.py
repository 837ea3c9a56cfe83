"""Models that run in this process: transformers image-text-to-text models."""
