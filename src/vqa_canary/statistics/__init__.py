"""Estimates, intervals and tests: arrays in, numbers out. Knows no table, no file, no condition and no claim.

Throughout, items (questions) that share an image depend on each other, so every standard error is computed over
images ("clusters"). Each public function has an example, which `tests/statistics/test_examples.py` runs.
"""
