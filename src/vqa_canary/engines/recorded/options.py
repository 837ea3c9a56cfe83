"""Settings of a model of which only what it answered is known."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from vqa_canary.rows import content_id
from vqa_canary.tabular import SUFFIXES


class RecordedModel(BaseModel):
    """Settings of a model whose answers were recorded: `params:models.<name>` of the engine `recorded`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    """The file with the answers: CSV, TSV, JSONL, JSON or Parquet."""
    confidence_scale: Literal[1, 100] = 1
    """The number that stands for certain in the column `confidence`."""
    answer_is: Literal["auto", "letter", "text", "index"] = "auto"
    """How answers name an option; `auto` stops at what may be read in two ways."""
    index_from: Literal[0, 1] | None = None
    """The index that the file gives the first option, where its answers are indices."""

    @model_validator(mode="after")
    def _there(self) -> RecordedModel:
        if not os.path.isfile(self.path):
            raise ValueError(f"{self.path!r} is no file; give the recorded evidence or answers")
        if Path(self.path).suffix.lower() not in SUFFIXES:
            raise ValueError(f"{self.path!r}: the suffix is none of {', '.join(SUFFIXES)}")
        if self.answer_is == "index" and self.index_from is None:
            raise ValueError("`answer_is: index` needs `index_from: 0` or `index_from: 1`")
        return self

    @property
    def fingerprint(self) -> str:
        """Digest of the file's bytes and of how they are read."""
        with Path(self.path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return content_id(digest, self.confidence_scale, self.answer_is, self.index_from)
