"""When may this model be trusted? One answer in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FOUND = "policy found"


def answer(headline: Mapping[str, Any]) -> str:
    """The sentence that an audit begins with, from the rest of its headline."""
    return " ".join([_errors(headline), _hidden(headline)]).strip()


def _errors(headline: Mapping[str, Any]) -> str:
    policy = headline["policy"]
    if policy is None:
        return f"No escalation policy: {headline['recommended_because']}."
    if policy["verdict"] != FOUND:
        return _with_doubt(str(policy["sentence"]), headline)
    checked = policy["held_out"]["risk"]
    if policy["held_out"]["holds"] == "exceeds":
        told = "on the held-out images it did not hold"
    elif checked["value"] is None:
        told = f"it could not be checked: {checked['reason']}"
    else:
        told = f"on held-out images {_percent(checked['value'])} of its answers were wrong"
        if checked["ci_high"] is not None:
            told += f" (95 %: {_percent(checked['ci_low'])} to {_percent(checked['ci_high'])})"
    share = _percent(policy["held_out"]["coverage"]["value"] or 0.0)
    found = f"{policy['sentence']} It then answers {share} of held-out questions; {told}."
    return _with_doubt(found, headline)


def _with_doubt(text: str, headline: Mapping[str, Any]) -> str:
    """A policy may rest on a method of which nothing is known; then that is said."""
    if headline["recommended"] or headline["named"]:
        return text
    return f"{text} No method is recommended: {headline['recommended_because']}."


def _hidden(headline: Mapping[str, Any]) -> str:
    rate = headline["collapse_rate"]["value"]
    if rate is None:
        return ""
    return (
        f"When the right option is hidden ({headline['nota_condition']}), {_percent(rate)} of the answers that "
        "were right collapse."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
