"""When may this model be trusted? One answer in plain words."""

from __future__ import annotations

from vqa_canary.audit.policy_words import handed_over, happens, one_in
from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.terms import EXCEEDS, FOUND
from vqa_canary.estimate import Estimate
from vqa_canary.numerals import limits, percent


def answer(headline: Headline) -> str:
    """The sentence that an audit begins with, from the rest of its headline."""
    missing = headline.missing
    told = missing.sentence if missing.many or missing.tied else ""
    return " ".join(filter(None, [told, _errors(headline), _worst(headline), _hidden(headline)]))


def _errors(headline: Headline) -> str:
    policy = headline.policy
    if policy is None:
        return f"No escalation policy: {headline.recommended_because}."
    if policy.verdict != FOUND:
        return _with_doubt(policy.sentence, headline)
    return _with_doubt(f"{_done(policy)} {_promised(policy)}", headline)


def _done(policy: Policy) -> str:
    """What the policy does, as the held-out images show it."""
    risk, coverage = policy.held_out.risk, policy.held_out.coverage.value
    if risk.value is None or coverage is None:
        done = handed_over(policy.calibration.coverage or 0.0)
        return (
            f"{done[:1].upper()}{done[1:]}; how many of these are wrong could not be checked: {risk.reason}."
        )
    failed = "on the held-out images the policy did not hold: " * (policy.held_out.holds == EXCEEDS)
    done = f"{failed}{handed_over(coverage)}"
    wrong = f"{one_in(risk.value)} of the answered {happens(policy.event)}"
    return f"{done[:1].upper()}{done[1:]}; {wrong} (held-out images: {_with_interval(risk, inside=True)})."


def _promised(policy: Policy) -> str:
    """What was asked of the policy and kept on the images that it was found on."""
    if policy.held_out.holds == EXCEEDS:
        return f"What it was found to keep: {policy.promise[:1].lower()}{policy.promise[1:]}"
    return policy.promise


def _worst(headline: Headline) -> str:
    """The subgroup that the policy serves worst, where it is told to break the target."""
    worst, policy = headline.worst_subgroup, headline.policy
    if worst is None or policy is None or worst.holds != EXCEEDS:
        return ""
    return (
        f"It does not hold in every subgroup; in the worst, {worst.column.replace('_', ' ')} “{worst.value}”, "
        f"{_with_interval(worst.error)} of the answers were wrong."
    )


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


def _with_interval(share: Estimate, inside: bool = False) -> str:
    """`75.6 % (95 %: 70.1 % to 80.5 %)`, the interval where there is one; without brackets inside of others."""
    told = percent(share.value)
    if share.ci_low is None or share.ci_high is None:
        return told
    span = f"95 %: {limits(share.ci_low, share.ci_high)}"
    return f"{told}, {span}" if inside else f"{told} ({span})"
