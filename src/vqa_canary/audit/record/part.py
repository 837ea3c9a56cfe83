"""What every part of an audit's record has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from vqa_canary.estimate import Estimate


class Part(BaseModel):
    """A mapping of the record. A number in it is finite or null, and keys that it does not know are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _estimate_is_whole(cls, given: Any, info: ValidationInfo) -> Any:
        """Refuse an estimate of which a key is missing: code may leave out what is None, but a file says everything."""
        if isinstance(given, Mapping) and info.field_name is not None:
            kind = cls.model_fields[info.field_name].annotation
            if isinstance(kind, type) and issubclass(kind, Estimate):
                lost = [field.name for field in fields(kind) if field.name not in given]
                if lost:
                    raise PydanticCustomError(
                        "incomplete", "{lost}: Field required", {"lost": ", ".join(lost)}
                    )
        return given
