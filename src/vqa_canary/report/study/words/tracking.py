"""Claim 1 in words: whether a method's AUROC rises with accuracy over models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from vqa_canary.counting import counted
from vqa_canary.report.numbers import end_values, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import TRACKING, beyond_arithmetic
from vqa_canary.report.study.words.finding import (
    Claim,
    Finding,
    by_method_of,
    defined,
    joined,
    range_of,
    verdicts,
    why_open,
)
from vqa_canary.rows import CLEAN


def tracking(view: View) -> list[Finding]:
    """The verdicts of claim 1: of this data set, and over all of them where there are several."""
    own = view.claims(TRACKING, "headline")
    findings = [_tracked(view, "", own)] if own else []
    over_all = [claim for claim in view.study.claims if claim["claim"] == TRACKING and not claim["dataset"]]
    return findings + ([_tracked(view, "All data sets together", over_all)] if over_all else [])


def _tracked(view: View, about: str, claims: Sequence[Claim]) -> Finding:
    rhos = defined(claim["estimate"] for claim in claims)
    shown = [view.shown_accuracy(m, CLEAN, view.plainest) for m in view.study.models]
    accuracies = [value for accuracy in shown for value in end_values(accuracy)]
    most = max(claim["n_models"] for claim in claims)
    if not most:
        why = "" if about else f": {no_auroc([view])}"
        return Finding(
            about, *verdicts(claims), joined(f"No model qualifies for this claim{why}.", why_open(claims))
        )
    text = f"{counted(most, 'model')}"
    if accuracies and not about:
        text += f" with accuracy {span(min(accuracies), max(accuracies))}"
    if rhos:
        text += f": the rank correlation of AUROC with accuracy is {range_of(rhos)}{by_method_of(rhos)}."
    else:
        text += ": the rank correlation of AUROC with accuracy is undefined."
    return Finding(about, *verdicts(claims), joined(text, why_open(claims), _arithmetic(claims)))


def no_auroc(views: Sequence[View]) -> str:
    """Why no model of these data sets has an AUROC: the commonest reason of models and methods."""
    reasons = Counter(
        number.reason
        for view in views
        for model in view.study.models
        for method in view.study.methods
        if (number := view.get(model, CLEAN, "auroc", method)).value is None and number.reason
    )
    if not reasons:
        return "no AUROC of uncertainty is defined"
    [(reason, _)], others = reasons.most_common(1), len(reasons) - 1
    return (
        f"no AUROC of uncertainty is defined, mostly because of “{reason}”"
        if others
        else (f"no AUROC of uncertainty is defined ({reason})")
    )


def _arithmetic(claims: Sequence[Claim]) -> str:
    """Nothing below four models, where a correlation has no interval either."""
    asked = [claim for claim in claims if claim["ci_low"] is not None]
    pairs = [(rho.value, p.value) for rho, p in map(beyond_arithmetic, asked)]
    known = [(rho, p) for rho, p in pairs if rho is not None and p is not None]
    if not known:
        return ""
    low = sum(p <= 0.05 for _, p in known)
    return (
        "Beyond what calibration alone implies, it is "
        f"{range_of([rho for rho, _ in known])} (adjusted p ≤ .05 for {low} of {len(known)}; no verdict)."
    )
