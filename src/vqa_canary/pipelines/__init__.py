"""Kedro pipelines: thin nodes that unpack, call one library function, and return."""
