"""What `claims.json` promises: each claim with its estimate, its verdict and the rule behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

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

from vqa_canary.contracts.failures import SHOWN_ROWS

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class ClaimRow(BaseModel):
    """A row of claims. Further fields are allowed and not checked."""

    model_config = ConfigDict(extra="allow", frozen=True)

    claim: Text
    level: Literal["headline", "cell"]
    dataset: str
    condition: str
    group: str
    model: str
    method: str
    primary: bool
    statement: Text
    statistic: Text
    rule: Text
    estimate: FiniteFloat | None
    ci_low: FiniteFloat | None
    ci_high: FiniteFloat | None
    p_value: Annotated[float, Field(ge=0, le=1)] | None
    verdict: (
        Literal["supported", "supported (falls)", "not supported", "not supported (falls)", "inconclusive"]
        | None
    )
    reason: Text | None
    n_models: Annotated[int, Field(ge=0)]
    n_items: Annotated[int, Field(ge=0)]

    @property
    def key(self) -> tuple[str, ...]:
        """The fields that identify a claim: no other may have the same."""
        return (self.claim, self.dataset, self.condition, self.group, self.model, self.method)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        ends = [end for end in (self.ci_low, self.estimate, self.ci_high) if end is not None]
        if ends != sorted(ends):
            raise ValueError(f"ci_low <= estimate <= ci_high does not hold: {ends}")
        if self.verdict is None and self.reason is None:
            raise ValueError("neither a verdict nor a reason")
        return self


_claims = TypeAdapter(list[ClaimRow])


def claim_failures(data: object) -> list[CheckFailure]:
    """What is wrong with `data`, which is a list of claims."""
    try:
        claims = _claims.validate_python(data)
    except ValidationError as error:
        return [_told(case, data) for case in error.errors(include_url=False)]
    if not claims:
        return [CheckFailure("there is no claim", check="not_empty")]
    repeated = [key for key, count in Counter(claim.key for claim in claims).items() if count > 1]
    if repeated:
        rows = ["/".join(key) for key in repeated[:SHOWN_ROWS]]
        return [CheckFailure("a claim stands twice:", check="unique_key", failure_examples=rows)]
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
