"""The card on questions that are asked in another way: how often the answer changes."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import Headline
from vqa_canary.estimate import Estimate
from vqa_canary.numerals import stated
from vqa_canary.report.audit.card import Card, Line
from vqa_canary.report.shares import share

FEW_CHANGES = 0.05
"""Share of answers that may change when a question is asked in another way."""
AGAIN, ANY = "asked_again", "any"
WAYS = {
    AGAIN: "The same question again",
    "reworded": "Other words around it",
    "rephrased": "The data set's paraphrase",
    "shuffled": "Options in another order",
    "blurred": "Image out of focus",
    "low_contrast": "Image with little contrast",
    ANY: "In any of these ways",
}
"""Conditions that leave the right answer as it is, in words."""


def other_ways(audit: Audit, headline: Headline) -> list[Card]:
    """How often the answer changes when a question is asked in another way."""
    key = headline.dataset, headline.model
    rows = [one for one in audit.robustness if (one.dataset, one.model) == key]
    if not rows:
        return []
    lines = [Line(WAYS.get(one.condition, one.condition), *share(one.changed)) for one in rows]
    every = next((one for one in rows if one.condition == ANY), None)
    if every is not None and every.changed_answered.value is not None:
        lines.append(Line("In any, of what the policy answers", *share(every.changed_answered)))
    shares = [one.changed for one in rows if one.condition != AGAIN]
    return [Card("When asked in another way", *changes(shares), tuple(lines))]


def changes(shares: Sequence[Estimate]) -> tuple[str, str, str]:
    """Tone, verdict and text of a card on answers that change, where the intervals let it be said."""
    known = [one for one in shares if one.value is not None]
    text = "Share of questions with another answer; the right one stays the same."
    if not known:
        return "open", "no other way was answered", text
    if any(one.ci_low is not None and one.ci_low > FEW_CHANGES for one in known):
        return "none", "answers change", text
    if all(one.ci_high is not None and one.ci_high <= FEW_CHANGES for one in known):
        return "plain", f"at most {stated(FEW_CHANGES)} of answers change in each way", text
    return "open", f"cannot tell whether more than {stated(FEW_CHANGES)} of answers change", text
