"""What a verification finds: measures held to limits, and checks that pass or fail by them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from vqa_canary.estimate import Estimate

Rule = Literal["at most", "at least", "more than"]
Verdict = Literal["passed", "failed", "not applicable"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number and the limit that it is held to.

    Raises
    ------
    ValueError : the value is NaN or infinite, or it is null and `reason` does not say why
    """

    name: str
    value: float | None
    rule: Rule | None = None
    """How the value has to stand to `limit`; None where it is only reported, and no verdict rests on it."""
    limit: float | None = None
    """The limit; None where there is none."""
    ci_low: float | None = None
    """Lower end of the 95 % interval over images; None where the measure has no interval."""
    ci_high: float | None = None
    """Upper end of that interval."""
    reason: str | None = None
    """Why there is no value, or no interval."""

    def __post_init__(self) -> None:
        if self.value is None and not self.reason:
            raise ValueError(f"{self.name}: a null value needs a reason")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"{self.name}: {self.value} is no finite number")

    @property
    def holds(self) -> bool | None:
        """Whether the value keeps to its limit; None where there is no value or no limit."""
        if self.value is None or self.rule is None or self.limit is None:
            return None
        if self.rule == "at most":
            return self.value <= self.limit
        return self.value >= self.limit if self.rule == "at least" else self.value > self.limit

    def __str__(self) -> str:
        """`largest logprob difference 2e-06 (at most 0.001)`."""
        told = "null" if self.value is None else f"{self.value:.3g}"
        held = "" if self.rule is None else f" ({self.rule} {self.limit:g})"
        return f"{self.name.replace('_', ' ')} {told}{held}"


@dataclass(frozen=True, slots=True)
class Check:
    """One question about a model's answers, and what was found."""

    name: str
    about: str
    """The question, as a statement that is true where the check passes."""
    verdict: Verdict
    """Whether the check passed, failed, or could not be made."""
    reason: str | None
    """Why it failed, or why it could not be made; None where it passed."""
    n_instances: int
    """How many instances it looked at."""
    n_images: int
    """How many images these show."""
    measures: tuple[Measure, ...] = ()
    """The numbers behind the verdict."""


def judge(
    name: str, about: str, measures: Sequence[Measure], n_instances: int, n_images: int, otherwise: str
) -> Check:
    """The check that these measures make.

    It fails if one of them breaks its limit, and passes if none does and at least one was held to a limit.
    Where none was, it is not applicable, for the reason `otherwise`: nothing passes that was not tried.
    """
    broken = [str(one) for one in measures if one.holds is False]
    verdict: Verdict = "failed" if broken else "passed"
    if not any(one.holds is not None for one in measures):
        verdict = "not applicable"
    reason = "; ".join(broken) if broken else otherwise if verdict == "not applicable" else None
    return Check(name, about, verdict, reason, n_instances, n_images, tuple(measures))


def not_applicable(name: str, about: str, reason: str) -> Check:
    """The check was not made, for `reason`."""
    return Check(name, about, "not applicable", reason, 0, 0)


def verdict_on(checks: Iterable[Check]) -> Verdict:
    """`failed` if a check failed, else `passed` if one passed, else `not applicable`."""
    found = {one.verdict for one in checks}
    return "failed" if "failed" in found else "passed" if "passed" in found else "not applicable"


def estimated(name: str, estimate: Estimate, rule: Rule | None = None, limit: float | None = None) -> Measure:
    """A measure with the interval of `estimate`."""
    return Measure(name, estimate.value, rule, limit, estimate.ci_low, estimate.ci_high, estimate.reason)
