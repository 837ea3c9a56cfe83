"""Rows of a CSV, TSV, JSONL, JSON or Parquet file, one at a time and bounded, with their places."""

from vqa_canary.tabular.opening import SUFFIXES, open_table
from vqa_canary.tabular.table import MAX_CELL, MAX_LARGE, FileTable, Row, TableError, Unreadable

__all__ = ["MAX_CELL", "MAX_LARGE", "SUFFIXES", "FileTable", "Row", "TableError", "Unreadable", "open_table"]
