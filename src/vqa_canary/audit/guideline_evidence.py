"""Parts of an audit's page that can serve an item of a reporting guideline, and when the page has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.terms import ERROR

POLICY, FRAGILITY, SETS = "Escalation policy", "Fragility policy", "Conformal sets"
METHODS, FRAGILE, SUBGROUPS = "Methods", "Fragility list", "Subgroups"
MODEL, DATA, COMPARISON = "The model", "Data", "Comparison with the baseline"
ROBUST, LOCK = "Robustness", "Lock and attempts"
LIMITS, REPEAT, FIRST = "Limits", "Repeat it", "First screen"


class Evidence(NamedTuple):
    """A part of the page that a guideline can be served by."""

    where: str
    """Title of its section."""
    element: str
    """Id of the element on the page."""
    holds: Callable[[Audit], bool]
    """Whether the record has what the element shows; without it there is no such element."""
    absent: str = ""
    """Why it is not there, where that can be."""


def _always(_: Audit) -> bool:
    return True


EVIDENCE = {
    "first": Evidence(FIRST, "answer", _always),
    "collapse": Evidence(
        FIRST,
        "answer",
        lambda audit: any(one.collapse_rate.value is not None for one in audit.headline),
        "no collapse is reported",
    ),
    "policy": Evidence(
        POLICY,
        "table-policies_error",
        lambda audit: any(one.event == ERROR for one in audit.policies),
        "no policy was sought",
    ),
    "curve": Evidence(POLICY, "policy", lambda audit: _drawn(audit), "no curve can be drawn"),
    "fragility": Evidence(
        FRAGILITY,
        "table-policies_fragility",
        lambda audit: any(one.event != ERROR for one in audit.policies),
        "the right option was never hidden",
    ),
    "methods": Evidence(METHODS, "table-methods", lambda audit: bool(audit.methods), "no method was scored"),
    "fragile": Evidence(
        FRAGILE, "table-fragile", lambda audit: bool(audit.fragility), "no question has a place in the list"
    ),
    "robust": Evidence(
        ROBUST,
        "table-robustness",
        lambda audit: bool(audit.robustness),
        "no question was asked in another way",
    ),
    "subgroups": Evidence(
        SUBGROUPS,
        "table-subgroups",
        lambda audit: any(one.column for one in audit.subgroups),
        "no subgroup was named",
    ),
    "facts": Evidence(
        MODEL,
        "table-model_facts",
        lambda audit: any(one.facts for one in audit.models),
        "the model told nothing of itself",
    ),
    "calls": Evidence(MODEL, "table-answering", _always),
    "failures": Evidence(
        MODEL,
        "table-failures",
        lambda audit: any(one.failures for one in audit.models),
        "no instance failed",
    ),
    "gaps": Evidence(
        MODEL, "table-gaps", lambda audit: any(one.gaps for one in audit.models), "no evidence was missing"
    ),
    "read": Evidence(
        MODEL,
        "table-readability",
        lambda audit: any(one.condition for one in audit.readability),
        "what could be read was not counted",
    ),
    "asked": Evidence(DATA, "table-asked", _always),
    "refused": Evidence(
        DATA, "table-refused", lambda audit: bool(audit.questions.refused), "nothing was refused"
    ),
    "flow": Evidence(
        DATA, "table-accounting", lambda audit: bool(audit.accounting), "rows were not accounted for"
    ),
    "compared": Evidence(
        COMPARISON, "comparison", lambda audit: audit.comparison is not None, "no baseline was named"
    ),
    "lock": Evidence(LOCK, "table-attempts", _always),
    "limits": Evidence(LIMITS, "limits", _always),
    "repeat": Evidence(REPEAT, "repeat", _always),
}
"""Parts of the page by a name of their own."""


def _drawn(audit: Audit) -> bool:
    return any(one.event == ERROR and any(y is not None for y in one.risk) for one in audit.curves)
