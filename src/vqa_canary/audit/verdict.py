"""When may this model be trusted? One answer in plain words."""

from __future__ import annotations

from vqa_canary.audit.policy_words import handed_over, happens, one_in
from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.terms import EXCEEDS, FOUND
from vqa_canary.estimate import Estimate


def answer(headline: Headline) -> str:
    """The sentence that an audit begins with, from the rest of its headline."""
    missing = headline.missing
    told = missing.sentence if missing.many or missing.tied else ""
    return " ".join(filter(None, [told, _errors(headline), _hidden(headline)]))


def _errors(headline: Headline) -> str:
    policy = headline.policy
    if policy is None:
        return f"No escalation policy: {headline.recommended_because}."
    if policy.verdict != FOUND:
        return _with_doubt(policy.sentence, headline)
    return _with_doubt(f"{policy.sentence} {_checked(policy)}.", headline)


def _checked(policy: Policy) -> str:
    """What the held-out images say of it."""
    risk, coverage = policy.held_out.risk, policy.held_out.coverage.value
    if policy.held_out.holds == EXCEEDS:
        return f"On the held-out images it did not hold: {_answered_wrong(policy)}"
    if risk.value is None or coverage is None:
        return f"It could not be checked: {risk.reason}"
    return f"Checked on held-out images, {handed_over(coverage)}; {_answered_wrong(policy)}"


def _answered_wrong(policy: Policy) -> str:
    """`about 1 in 27 of the answered is wrong (3.7 %, 95 %: 1.0 % to 9.1 %)`."""
    risk = policy.held_out.risk
    told = f"{one_in(risk.value or 0.0)} of the {risk.n:,} answered {happens(policy.event)}"
    return f"{told}: {_with_interval(risk)}"


def _with_doubt(text: str, headline: Headline) -> str:
    """A policy may rest on a method of which nothing is known; then that is said."""
    if headline.recommended or headline.named:
        return text
    return f"{text} No method is recommended: {headline.recommended_because}."


def _hidden(headline: Headline) -> str:
    """What hiding the right option does, beside what replacing a wrong one does."""
    beside, rate = headline.beside_control, headline.collapse_rate
    if beside is None:
        return ""
    if rate.value is None:
        return f"No collapse is reported: {rate.reason}."
    told = (
        f"When the right option is hidden ({headline.nota_condition}), {_with_interval(rate)} of the answers that "
        "were right collapse; "
    )
    if beside.rate.value is None:
        return f"{told}how many change when a wrong one is replaced is not known: {beside.rate.reason}."
    return f"{told}when a wrong one is replaced ({beside.condition}), {_with_interval(beside.rate)}."


def _with_interval(share: Estimate) -> str:
    """`75.6 % (95 %: 70.1 % to 80.5 %)`, the interval where there is one."""
    told = _percent(share.value or 0.0)
    if share.ci_low is None or share.ci_high is None:
        return told
    return f"{told} (95 %: {_percent(share.ci_low)} to {_percent(share.ci_high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
