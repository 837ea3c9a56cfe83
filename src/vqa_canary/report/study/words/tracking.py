"""Claim 1 in words: whether a method's AUROC rises with accuracy over models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from vqa_canary.counting import counted
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import TRACKING, WITHIN, column_of, points_of
from vqa_canary.report.study.tables.tracking import beyond_arithmetic
from vqa_canary.report.study.words.finding import (
    Claim,
    Finding,
    headline,
    headlines,
    joined,
    of_headline,
    of_others,
    range_of,
    why_open,
)
from vqa_canary.report.study.words.sight import accuracy_words
from vqa_canary.rows import CLEAN


def tracking(view: View) -> list[Finding]:
    """The verdicts of claim 1: over the models of this data set, over all data sets where there are several, and inside
    models over the subgroups that the study names."""
    own = view.claims(TRACKING, "headline")
    findings = [_tracked(view, "", own)] if own else []
    over_all = [claim for claim in view.study.claims if claim["claim"] == TRACKING and not claim["dataset"]]
    findings += [_tracked(view, "All data sets together", over_all)] if over_all else []
    within = view.claims(WITHIN, "headline")
    return findings + ([_within(within)] if within else [])


def _tracked(view: View, about: str, claims: Sequence[Claim]) -> Finding:
    accuracies = accuracy_words(view, view.study.models)
    most = max(claim["n_models"] for claim in claims)
    if not most:
        why = "" if about else f": {no_auroc([view])}"
        return Finding(
            about, *headline(claims), joined(f"No model qualifies for this claim{why}.", why_open(claims))
        )
    text = f"{counted(most, 'model')}"
    if accuracies and not about:
        text += f" with {accuracies}"
    text += f": the rank correlation of AUROC with accuracy is {of_headline(claims) or 'undefined'}."
    return Finding(
        about,
        *headline(claims),
        joined(text, why_open(headlines(claims)), of_others(claims), _arithmetic(claims)),
    )


def _within(claims: Sequence[Claim]) -> Finding:
    """Inside models: over modalities, say."""
    first = headlines(claims)[0]
    what = column_of(first)
    about = f"Within models, over {what}"
    text = f"The rank correlation, averaged over models, is {of_headline(claims) or 'undefined'}."
    if left_out := first["details"].get("n_left_out"):
        text += (
            f" {left_out} of {len(points_of(first))} cells (model x {what}) are left out, for want of wrong or of "
            "right answers."
        )
    return Finding(about, *headline(claims), joined(text, why_open(headlines(claims)), of_others(claims)))


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
        f"{range_of([rho for rho, _ in known])}: more than chance at 5 %, with allowance for the number of methods, "
        f"for {low} of {len(known)} (no verdict rests on it)."
    )
