"""`params:planning`: what a plan supposes of answers that nobody has seen."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, lt=1)]


class Planning(BaseModel):
    """`params:planning`: what a plan supposes, and whether to go on where no policy can be found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    power: float = Field(0.8, gt=0, lt=1)
    """The probability with which a policy, or a difference between two audits, is to be found."""
    guessed_errors: tuple[Share, ...] | None = Field(None, min_length=1)
    """True shares of errors among the answers with the least uncertainty, each of which is reckoned with. Without them:
    none, a fifth and two fifths of `audit.largest_error`, which are 0, 1 and 2 % at 5 %."""
    guessed_accuracy: float = Field(0.7, gt=0, lt=1)
    """The share of right answers."""
    guessed_likeness: float = Field(0.3, ge=0, le=1)
    """How alike answers about one image are: 0, not at all, to 1, all right or all wrong."""
    guessed_changes: float = Field(0.2, gt=0, le=1)
    """The share of questions that only one of two audits answers rightly, when they are compared."""
    without_policy: bool = False
    """Whether a model whose calls cost is asked even where no policy can be found though all its answers were right."""
