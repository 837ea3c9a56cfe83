"""Claim 3 in words: whether clean uncertainty ranks the answers that will collapse above those that hold."""

from __future__ import annotations

from statistics import quantiles

from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import FORESIGHT
from vqa_canary.report.study.words.finding import (
    Finding,
    defined,
    headline,
    headlines,
    joined,
    of_headline,
    of_others,
    why_open,
)
from vqa_canary.report.study.words.sight import accuracy_words


def foresight(view: View) -> list[Finding]:
    """The verdicts of claim 3: one for each condition that hides the answer."""
    foreseen = (_foreseen(view, condition) for condition in view.study.nota_conditions)
    return [finding for finding in foreseen if finding is not None]


def _foreseen(view: View, condition: str) -> Finding | None:
    claims = view.claims(FORESIGHT, "headline", condition)
    if not claims:
        return None
    models = {
        cell["model"] for cell in view.claims(FORESIGHT, "cell", condition) if cell["estimate"] is not None
    }
    accuracies = accuracy_words(view, sorted(models), "nota_valid")
    if reached := of_headline(claims):
        text = (
            "In at least two thirds of these models, clean uncertainty ranks a collapsing answer above a holding one "
            f"in this share of pairs, its fragility AUROC (chance: 0.50): {reached}"
        )
        text += f"; clean {accuracies}." if accuracies else "."
    else:
        text = "The fragility AUROC that two thirds of the models reach is undefined."
    details = of_others(claims), _caught(view, condition), _beyond(view, condition)
    return Finding(condition, *headline(claims), joined(text, why_open(headlines(claims)), *details))


def _caught(view: View, condition: str) -> str:
    cells = view.claims(FORESIGHT, "cell", condition)
    shares = defined(cell["details"].get("caught_by_escalating_20") for cell in cells)
    if len(shares) < 2:
        return ""
    low, middle, high = quantiles(shares, n=4, method="inclusive")
    return (
        f"A look at the 20 % most uncertain answers finds {prose(middle)} of the collapses (median; middle "
        f"half of {len(shares)} pairs of model and method {span(low, high)}; chance 0.20)."
    )


def _beyond(view: View, condition: str) -> str:
    cells = view.claims(FORESIGHT, "cell", condition)
    known = defined(cell["details"].get("beyond_p") for cell in cells)
    if not known:
        return ""
    low = sum(p <= 0.05 for p in known)
    return (
        "More than how often the other models are right already tells, at 5 % with allowance for the number of pairs: "
        f"in {low} of {len(known)} pairs (no verdict rests on it)."
    )
