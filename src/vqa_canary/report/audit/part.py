"""What every part of `audit.json` is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping of the document; a number is finite or null."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
