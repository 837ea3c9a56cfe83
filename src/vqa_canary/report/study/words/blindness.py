"""Claim 2 in words: accuracy and uncertainty where the right option is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from vqa_canary.counting import counted
from vqa_canary.report.numbers import is_measured, prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import BLINDNESS
from vqa_canary.report.study.words.finding import (
    OPEN,
    Claim,
    Finding,
    by_method_of,
    defined,
    joined,
    range_of,
    verdicts,
    why_open,
)
from vqa_canary.rows import CONTROL

NEGATIVE_CONTROL = "saw NOTA"
"""Group of models trained on questions with a hidden answer: the claim must fail for them."""


def blindness(view: View) -> list[Finding]:
    """The verdicts of claim 2: of each group of models, and of the control; and what happens without the answer."""
    findings = []
    nota = view.nota
    headlines = view.claims(BLINDNESS, "headline", nota) if nota else []
    for group in dict.fromkeys(claim["group"] for claim in headlines):
        own = [claim for claim in headlines if claim["group"] == group]
        tone, words = verdicts(own)
        about = group[:1].upper() + group[1:] or "All models"
        about = f"{about}, {nota}"
        if group == NEGATIVE_CONTROL:
            about, tone = f"{about} (negative control)", "none"
        findings.append(Finding(about, tone, words, _moved(view, str(nota), group, own)))
    control = view.claims(BLINDNESS, "headline", CONTROL)
    if control:
        several = len({claim["group"] for claim in control}) > 1
        _, words = verdicts(control, "group and method" if several else "method")
        words = words.replace("group and methods", "groups and methods")
        text = _moved(view, CONTROL, None, control)
        findings.append(Finding(f"{CONTROL} (the answer stays, and accuracy should)", "none", words, text))
    return findings + _removed(view)


def _moved(view: View, condition: str, group: str | None, headlines: Sequence[Claim]) -> str:
    """Accuracy and uncertainty under a condition, for the models of a group (None: of all)."""
    models = [m for m in view.study.models if group is None or view.study.groups.get(m, "") == group]
    drops = []
    for model in models:
        drop = view.get(model, condition, "accuracy_drop")
        drops.append(
            drop if is_measured(drop) else view.get(model, condition, "accuracy_drop", view.plainest)
        )
    values = defined(drop.value for drop in drops)
    if not values:
        return "No accuracy is defined here."
    ends = min(values), max(values)
    around = f" over {counted(len(values), 'model')}"
    if len(values) == 1 and drops[0].ci_low is not None and drops[0].ci_high is not None:
        ends, around = (drops[0].ci_low, drops[0].ci_high), ", 95 % interval"
    if ends[0] >= 0:
        text = f"Accuracy falls by {prose(median(values))} ({span(*ends)}{around})"
    else:
        changed = prose(-median(values), sign=True)
        text = f"Accuracy changes by {changed} ({span(-ends[1], -ends[0], sign=True)}{around})"
    about = text + _shifted(view, condition, group) + "."
    return joined(about, _alone(headlines), why_open(headlines), _vacuous(headlines))


def _shifted(view: View, condition: str, group: str | None) -> str:
    by_method: dict[str, list[float]] = {}
    models = set()
    for cell in view.claims(BLINDNESS, "cell", condition):
        if cell["estimate"] is not None and group in (None, cell["group"]):
            by_method.setdefault(cell["method"], []).append(cell["estimate"])
            models.add(cell["model"])
    if not by_method:
        return "; no model could be asked about its uncertainty"
    medians = [median(values) for values in by_method.values()]
    return (
        f", uncertainty moves by {range_of(medians, sign=True)} SD{by_method_of(medians)} (medians of "
        f"those that could be asked, at most {len(models)})"
    )


def _alone(headlines: Sequence[Claim]) -> str:
    """In how many models the claim holds by itself, where the group's verdict is open."""
    still_open = [claim for claim in headlines if claim["verdict"] in OPEN]
    counts = [
        claim["details"].get("n_supported", 0) + claim["details"].get("n_falls", 0) for claim in still_open
    ]
    if not any(counts):
        return ""
    few, many = min(counts), max(counts)
    most = max(claim["n_models"] for claim in still_open)
    said = f"{few} to {many}" if few < many else str(few)
    by = " by method" if few < many else ""
    return f"Model by model it holds in {said} of at most {counted(most, 'model')}{by}."


def _vacuous(headlines: Sequence[Claim]) -> str:
    n = sum(bool(claim["details"].get("n_vacuous")) for claim in headlines)
    return f"Partly vacuous for {n} of {len(headlines)}." if n else ""


def _removed(view: View) -> list[Finding]:
    condition = "answer_removed"
    medians = []
    for method in view.study.methods:
        shifts = defined(view.get(m, condition, "uncertainty_shift", method).value for m in view.study.models)
        medians += [median(shifts)] if shifts else []
    if not medians:
        return []
    text = (
        f"No option is right, so uncertainty should rise: it moves by {range_of(medians, sign=True)} SD"
        f"{by_method_of(medians)} (medians over models)."
    )
    return [Finding(condition, "none", "no verdict", text)]
