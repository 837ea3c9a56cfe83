"""What every part of `audit.json` is."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator

from vqa_canary.report.numbers import Number


class Part(BaseModel):
    """A mapping of the document; a number is finite or null."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class RawEstimate(Part):
    """A number with its interval, or with the reason why there is none; as the document holds it."""

    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    n_clusters: int
    reason: str | None


def _number(value: Any) -> Number:
    return Number(*RawEstimate.model_validate(value).model_dump().values())


Estimate = Annotated[Number, PlainValidator(_number)]
