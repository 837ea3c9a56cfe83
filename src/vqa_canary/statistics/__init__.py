"""Estimates, intervals and tests: arrays in, numbers out. Knows no table, no file and no claim."""
