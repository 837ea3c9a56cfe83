"""Kedro datasets whose files appear whole or not at all."""
