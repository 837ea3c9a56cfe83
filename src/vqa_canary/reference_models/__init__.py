"""Tiny reference VLMs, trained from nothing: instruments for the benchmark, not clinicians."""
