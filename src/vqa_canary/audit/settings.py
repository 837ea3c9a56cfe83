"""`params:audit`: what a model must keep to, and how it is shown that it does."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_serializer, model_validator


class PlannedLook(BaseModel):
    """An entry of `params:audit.planned_looks`: what is other than in the settings beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    largest_error: float = Field(0.05, gt=0, lt=1)
    method: str | None = None
    calibration_share: float = Field(0.5, gt=0, lt=1)
    hold_for: tuple[str, ...] = ()

    @property
    def changes(self) -> dict[str, Any]:
        """The settings that it names, and no other."""
        return self.model_dump(mode="json", exclude_unset=True)


class AuditSettings(BaseModel):
    """`params:audit`: what a model must keep to before its answers are given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    largest_error: float = Field(0.05, gt=0, lt=1)
    """The largest share of errors, or of collapses, among the answered questions that is tolerated."""
    confidence: float = Field(0.95, gt=0.5, lt=1)
    """The probability, at least, with which an escalation policy keeps its errors below `largest_error`."""
    method: str | None = None
    """The UE method of the policy, named before the answers are seen. Without one the recommended method is taken, and
    the policy must allow for the choice, which takes more images."""
    hold_for: tuple[str, ...] = ()
    """Columns among `evaluation.subgroups`: one threshold is sought at which `largest_error` is kept for each of their
    values, besides the policy over all questions. Every value needs as many images as a policy of its own."""
    robustness: tuple[str, ...] = (
        "asked_again",
        "reworded",
        "rephrased",
        "shuffled",
        "blurred",
        "low_contrast",
    )
    """Conditions that leave the right answer as it is; of those that the study asks, the audit tells how often the
    answer changes."""
    conformal_coverage: float = Field(0.9, gt=0, lt=1)
    """The probability that a conformal set holds the right option."""
    calibration_share: float = Field(0.5, gt=0, lt=1)
    """The share of the images on which policies and conformal sets are found; they are checked on the others."""
    planned_looks: tuple[PlannedLook, ...] = ()
    """Further looks at the same answers, named before there are any. Every test then allows for all of them."""
    answers_unseen: bool = False
    """Of answers that were recorded before the audit: whoever sets this states that target, method and split were
    chosen without a look at them."""

    @model_validator(mode="after")
    def _each_look_once(self) -> AuditSettings:
        looks = [look.changes for look in self.planned_looks]
        if {} in looks:
            raise ValueError("a planned look says nothing that is other than in the audit itself")
        if any(look in looks[:at] for at, look in enumerate(looks)):
            raise ValueError("two planned looks are the same: leave one out")
        return self

    @field_serializer("planned_looks")
    def _what_each_changes(self, looks: tuple[PlannedLook, ...]) -> list[dict[str, Any]]:
        return [look.changes for look in looks]
