"""What a watch says, in sentences: of errors, where there are labels, and of drift."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from vqa_canary.counting import counted
from vqa_canary.monitoring.standing import ALARM, UNLABELLED, WARNED, Reached, Standing
from vqa_canary.numerals import limits, p_text, percent, stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vqa_canary.monitoring.record import Drift, Entry

NAMES = {
    "uncertainty": "the uncertainty",
    "coverage": "the share answered",
    "answers": "which option is named",
}
"""What is compared, in words."""
_MOST = 1e6
"""Odds beyond which no digit tells anything."""


def odds(log_e: float) -> str:
    """Evidence as what one unit staked has become: `0.31 to 1`, `24 to 1`."""
    if log_e > math.log(_MOST):
        return "more than a million to 1"
    value = math.exp(log_e)
    if value < 0.001:
        return "less than 0.001 to 1"
    return f"{value:.0f} to 1" if value >= 10 else f"{value:.2g} to 1"


def of_errors(standing: Standing, entries: Sequence[Entry]) -> str:
    """Whether the error among answered questions still keeps to the target, and whether the latest batch could tell."""
    told = _of_errors(standing, entries)
    if standing.verdict == UNLABELLED or standing.entry.labelled:
        return told
    return f"{told} The latest batch has no labels, and adds nothing to this."


def _of_errors(standing: Standing, entries: Sequence[Entry]) -> str:
    policy, found = standing.entry.policy, standing.evidence
    goal, needed = stated(policy.alpha), odds(-math.log(policy.delta))
    if standing.verdict == UNLABELLED:
        return "No labels yet: nothing can be said of errors. Give the same batch with labels once they are there."
    seen = (
        f"of the labelled answers on {counted(found.n, 'image')} {percent(standing.mean)} were wrong, each image "
        f"counted once (95 %: {limits(found.low, found.high)})"
    )
    if standing.verdict == ALARM and standing.alarm:
        return (
            f"Alarm: more than {goal} of answers are wrong. The evidence against “at most {goal}” reached {needed} at "
            f"{_where(standing.alarm, entries)}, and stands at {odds(found.log_e)}; {seen}. Where the target is kept, "
            f"such an alarm is ever raised with a probability of at most {stated(policy.delta)}. Let a person answer "
            "until the cause is known, and audit anew."
        )
    if standing.verdict == WARNED:
        return (
            f"Early warning: errors among the latest images are more than the target allows, at "
            f"{_where(standing.warned[-1], entries)}. It is no alarm yet: since release the evidence is "
            f"{odds(found.log_e)}, and an alarm takes {needed}; {seen}. Look at the wrong answers of this batch."
        )
    kept = f" The target of {goal} is kept, as far as these images go." if found.high <= policy.alpha else ""
    evidence = f"the evidence against “at most {goal}” is {odds(found.log_e)}, and an alarm takes {needed}"
    return f"No alarm: {seen}; {evidence}.{kept}"


def of_drift(rows: Sequence[Drift], standing: Standing) -> str:
    """Whether the batch differs from the audit, and what that does not say."""
    known = [row for row in rows if row.adjusted is not None]
    if not rows:
        return "Drift: only labels came, and nothing new was asked."
    if not known:
        return f"Drift: it cannot be told ({rows[0].reason})."
    if not standing.drift:
        return (
            "No drift was found in uncertainty, in the share answered or in which option is named; that is no proof "
            "that nothing changed."
        )
    told = "; ".join(
        f"{NAMES[row.quantity]}{_values(row)} (adjusted p {p_text(row.adjusted)})" for row in standing.drift
    )
    return f"Drift: not as in the audit: {told}. Drift is a change of questions or answers, and no error by itself."


def _values(row: Drift) -> str:
    if row.audit is None or row.batch is None:
        return f" ({percent(row.gap)} of answers are other ones)"
    if row.quantity == "coverage":
        return f" ({percent(row.batch)}, in the audit {percent(row.audit)})"
    return f" (median {row.batch:.3g}, in the audit {row.audit:.3g})"


def _where(place: Reached, entries: Sequence[Entry]) -> str:
    entry = entries[place.entry - 1]
    return f"image {place.image} (batch of {entry.day})"
