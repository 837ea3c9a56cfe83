"""The committee's page: what a committee decides on, from the same record and the same parts as the technical report.

Everything that is said here stands in `audit.json`; nothing is computed for this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vqa_canary.audit.policy_words import handed_over, one_in
from vqa_canary.audit.record.document import Audit, read
from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.terms import CANNOT_TELL, EXCEEDS
from vqa_canary.report.audit import committee_cards as cards
from vqa_canary.report.audit import words
from vqa_canary.report.audit.card import Card
from vqa_canary.report.audit.guarantees import UNSAID
from vqa_canary.report.audit.shown import command
from vqa_canary.report.audit.warnings import warnings
from vqa_canary.report.rendering import Section, rendered
from vqa_canary.report.warning import told

MOST_MODELS = 6
"""How many models and data sets two pages hold; the others are named, and stand in the technical report."""
DECISIONS = ("Use, with the rule above", "Use, under the conditions below", "Do not use", "Audit anew")
"""Boxes for a pen. The first two are not offered where no rule was found."""


SECTIONS = (
    Section("answer", "The answer", ""),
    Section("lock", "Lock", ""),
    Section("asked", "Who and what was asked", ""),
    Section("limits", "Limits", ""),
    Section("decision", "Decision", ""),
)
"""What the navigation leads to, on a screen."""


class Answer(NamedTuple):
    """What the audit says of one data set and model."""

    name: str
    tone: str
    """`found`, `open` or `none`: for the sign, which `verdict` says in words."""
    verdict: str
    sentence: str
    cards: tuple[Card, ...]


def make_committee_page(audit: Mapping[str, Any]) -> str:
    """One printed page for one model, at most two for several; every text of the audit is escaped.

    Parameters
    ----------
    audit : what `audit.json` holds

    Raises
    ------
    BadInput : it is of another version of the record; a key is missing, or holds what it cannot
    """
    record = read(audit)
    ordered = recommended_first(record)
    shown, left = ordered[:MOST_MODELS], ordered[MOST_MODELS:]
    several = len(ordered) > 1
    return rendered(
        "committee.html",
        "the answer",
        "audit.css",
        "committee.css",
        scripted=False,
        audit=record,
        sections=SECTIONS,
        answers=[_answer(record, one, several) for one in shown],
        left=[record.name(one.dataset, one.model) for one in left],
        several=several,
        choices=[
            f"{one.dataset}: {one.reason}" if record.several_datasets else one.reason
            for one in record.model_choices
        ],
        about=(cards.population(record), cards.lock(record), cards.limits(record)),
        grave=[line.title for line in told(warnings(record)).grave],
        mild=sum(not one.grave for one in warnings(record)),
        unsaid=UNSAID,
        not_covered="; ".join(one.partition(":")[0].rstrip(".") for one in record.not_covered),
        decisions=DECISIONS[0 if any(one.policy and one.policy.found for one in ordered) else 2 :],
        command=command(record),
    )


def recommended_first(audit: Audit) -> list[Headline]:
    """All data sets and models, those first that are recommended among several."""
    first = {(one.dataset, one.recommended) for one in audit.model_choices}
    return sorted(audit.headline, key=lambda one: (one.dataset, one.model) not in first)


def _answer(audit: Audit, headline: Headline, several: bool) -> Answer:
    return Answer(
        audit.name(headline.dataset, headline.model),
        words.headline_tone(audit, headline),
        verdict(audit, headline),
        sentence(headline),
        (cards.brief(audit, headline),)
        if several
        else (cards.guarantee(audit, headline), cards.controls(audit, headline)),
    )


def verdict(audit: Audit, headline: Headline) -> str:
    """Whether there is a rule, and whether it may be relied on, in a few words."""
    policy = headline.policy
    if policy is None:
        return "No rule was sought"
    if not policy.found:
        return policy.outcome[:1].upper() + policy.outcome[1:]
    if policy.held_out.holds == EXCEEDS:
        return "A rule was found, and the held-out images contradict it"
    if not audit.protocol.claimed:
        return f"A rule was found, but no confidence is claimed for it ({audit.protocol.standing})"
    if headline.worst_subgroup is not None and headline.worst_subgroup.holds == EXCEEDS:
        return "A rule was found, but it does not hold in every subgroup"
    if words.headline_tone(audit, headline) == "found":
        return "A rule was found, and the held-out images confirm it"
    holds = policy.held_out.holds or "not made"
    why = "are too few to confirm it" if holds == CANNOT_TELL else f"do not confirm it ({holds})"
    return f"A rule was found, but the held-out images {why}"


def sentence(headline: Headline) -> str:
    """What follows for a hundred questions, in one sentence."""
    policy = headline.policy
    if policy is None or not policy.found:
        return "No questions are known that it may answer alone: a person has to answer all of them."
    risk, coverage = policy.held_out.risk.value, policy.held_out.coverage.value
    done = handed_over((policy.calibration.coverage or 0.0) if coverage is None else coverage)
    done = done[:1].upper() + done[1:]
    if risk is None:
        return f"{done}; how many of its answers are wrong could not be checked."
    return f"{done}; of the answers it gives, {one_in(risk)} was wrong on images that it was not tuned on."
