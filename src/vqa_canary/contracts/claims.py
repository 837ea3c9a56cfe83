"""What `claims.json` promises: each claim with its estimate, its verdict and the rule behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from kedro.validation import CheckFailure
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Claim(BaseModel):
    """One row of claims; further fields are free."""

    model_config = ConfigDict(extra="allow", frozen=True)

    claim: Text
    statement: Text
    statistic: Text
    estimate: FiniteFloat | None
    ci_low: FiniteFloat | None
    ci_high: FiniteFloat | None
    p_value: Annotated[float, Field(ge=0, le=1)] | None
    verdict: Annotated[str, Field(pattern=r"^(supported|not supported|inconclusive)( \(.+\))?$")]
    """One of three words, with a remark in brackets where the rule has one."""
    n_models: Annotated[int, Field(ge=0)]
    n_items: Annotated[int, Field(ge=0)]
    rule: Text

    @model_validator(mode="after")
    def _estimate_inside_interval(self) -> Self:
        ends = [end for end in (self.ci_low, self.estimate, self.ci_high) if end is not None]
        if ends != sorted(ends):
            raise ValueError(f"ci_low <= estimate <= ci_high does not hold: {ends}")
        return self


_claims = TypeAdapter(list[Claim])


def claim_failures(data: object) -> list[CheckFailure]:
    """What is wrong with `data`, which is a list of claims or a mapping from a claim's name to the rest."""
    records: Any = data
    if isinstance(data, Mapping):
        records = [{"claim": name, **row} if isinstance(row, Mapping) else row for name, row in data.items()]
    try:
        claims = _claims.validate_python(records)
    except ValidationError as error:
        return [_told(case, records) for case in error.errors(include_url=False)]
    if not claims:
        return [CheckFailure("there is no claim", check="not_empty")]
    return []


def _told(case: Any, records: Any) -> CheckFailure:
    at, *field = case["loc"] or ("claims",)
    name = records[at].get("claim") if isinstance(at, int) and isinstance(records[at], Mapping) else None
    column = ".".join(map(str, field)) or None
    return CheckFailure(
        f"{column or 'claim'}: {case['msg']}",
        check=case["type"],
        column=column,
        failure_examples=[f"claim {at} ({name}): {column or 'value'}={case['input']!r}"],
    )
