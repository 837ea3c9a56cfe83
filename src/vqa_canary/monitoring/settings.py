"""`params:monitor`: which policy is watched, and what a batch is."""

from __future__ import annotations

import datetime

from pydantic import BaseModel, ConfigDict, Field

from vqa_canary.strict import LARGEST


class MonitorSettings(BaseModel):
    """`params:monitor`: which policy is watched, and what a batch is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: datetime.date | None = None
    """The date of the batch, such as 2026-10-31; batches come in the order of their dates."""
    labels: str | None = None
    """A file with labels that came after the questions were asked: columns `id` and `answer`; from the project on."""
    vouched_by: str | None = None
    """Who says that recorded answers are those of the audited model, by name or role: a file's fingerprint tells
    nothing of the model."""
    model: str | None = None
    """The audited model whose policy is watched, where the audit is about several."""
    dataset: str | None = None
    """The audited data set whose policy is watched, where the audit is about several."""
    warn_every: int = Field(1_000, ge=2, le=LARGEST)
    """Images that lie between two false early warnings on average, or more."""
