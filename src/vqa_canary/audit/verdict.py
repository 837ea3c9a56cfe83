"""When may this model be trusted? One answer in plain words."""

from __future__ import annotations

from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.terms import EXCEEDS, FOUND


def answer(headline: Headline) -> str:
    """The sentence that an audit begins with, from the rest of its headline."""
    return " ".join([_errors(headline), _hidden(headline)]).strip()


def _errors(headline: Headline) -> str:
    policy = headline.policy
    if policy is None:
        return f"No escalation policy: {headline.recommended_because}."
    if policy.verdict != FOUND:
        return _with_doubt(policy.sentence, headline)
    share = _percent(policy.held_out.coverage.value or 0.0)
    found = f"{policy.sentence} It then answers {share} of held-out questions; {_checked(policy)}."
    return _with_doubt(found, headline)


def _checked(policy: Policy) -> str:
    """What the held-out images say of it."""
    risk = policy.held_out.risk
    if policy.held_out.holds == EXCEEDS:
        return "on the held-out images it did not hold"
    if risk.value is None:
        return f"it could not be checked: {risk.reason}"
    told = f"on held-out images {_percent(risk.value)} of its answers were wrong"
    if risk.ci_low is not None and risk.ci_high is not None:
        told += f" (95 %: {_percent(risk.ci_low)} to {_percent(risk.ci_high)})"
    return told


def _with_doubt(text: str, headline: Headline) -> str:
    """A policy may rest on a method of which nothing is known; then that is said."""
    if headline.recommended or headline.named:
        return text
    return f"{text} No method is recommended: {headline.recommended_because}."


def _hidden(headline: Headline) -> str:
    rate = headline.collapse_rate.value
    if rate is None:
        return ""
    return (
        f"When the right option is hidden ({headline.nota_condition}), {_percent(rate)} of the answers that "
        "were right collapse."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
