"""Metrics, intervals, tests and the three claims, on arrays and pandas frames. Imports numpy,
scipy and pandas; images are the unit of every interval and test."""
