"""The three claims in words, made from the tables: what was found, how sure, and by how many methods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

from vqa_canary.counting import counted
from vqa_canary.like_reasons import alike
from vqa_canary.report.numbers import end_values, is_measured, prose, span
from vqa_canary.report.study.contents import Study, View
from vqa_canary.report.study.tables.claims import BLINDNESS, FORESIGHT, TRACKING, beyond_arithmetic
from vqa_canary.tables import CLEAN, CONTROL, image_ids

TITLES = {
    TRACKING: "Uncertainty tracks accuracy",
    BLINDNESS: "Uncertainty is blind to a hidden answer",
    FORESIGHT: "Collapse is foreseeable",
}
MEANINGS = {
    TRACKING: "Over models, a method's AUROC rises with accuracy.",
    BLINDNESS: "When the right option is hidden, accuracy collapses while uncertainty hardly moves.",
    FORESIGHT: "Among answers right when clean, clean uncertainty ranks those that will collapse above "
    "those that hold.",
}
NEGATIVE_CONTROL = "saw NOTA"
"""Group of models trained on questions with a hidden answer: the claim must fail for them."""
OPEN = (None, "inconclusive")
ORDER = ("supported", "supported (falls)", "not supported", "inconclusive", "not asked")

Claim = Mapping[str, Any]


class Finding(NamedTuple):
    """One verdict with its figures."""

    about: str
    tone: str
    """`supported`, `not-supported`, `inconclusive`, `mixed`, or `none` (also a control's), for the colour alone."""
    verdict: str
    text: str


def findings(view: View) -> dict[str, list[Finding]]:
    """For each claim that was asked of this data set, its verdicts in words."""
    found = {TRACKING: _tracking(view), BLINDNESS: _blindness(view), FORESIGHT: _foresight(view)}
    return {name: each for name, each in found.items() if each}


def meaning(view: View, name: str) -> str:
    """What the claim says, with the margin of its rule."""
    margin = view.study.margins.get("shift")
    hardly = f" (within ±{prose(margin)} SD)" if name == BLINDNESS and margin else ""
    return MEANINGS[name].replace("hardly moves", f"hardly moves{hardly}")


def study_sentence(view: View) -> str:
    """What was done, in one sentence."""
    study = view.study
    asked = study.items[
        (study.items["dataset"] == view.dataset) & study.items["item_id"].isin(study.instances["item_id"])
    ]
    n_images = len({image for row in image_ids(asked) for image in row})
    return (
        f"{counted(len(study.models), 'model')}{_and_variants(study)} answered "
        f"{counted(asked['item_id'].nunique(), 'question')} about "
        f"{counted(n_images, 'image')} of {view.dataset}, shown in "
        f"{counted(len(study.conditions), 'way')}; {counted(len(study.methods), 'method')} said how uncertain "
        "each answer was."
    )


def _and_variants(study: Study) -> str:
    return f" and {counted(len(study.baselines), 'variant')} of them" if study.baselines else ""


def verdicts(claims: Sequence[Claim], what: str = "method") -> tuple[str, str]:
    """Tone and words: `supported for 6 of 8 methods, inconclusive for 2`."""
    counts = Counter(str(one["verdict"] or "not asked") for one in claims)
    names = [name for name in ORDER if counts[name]]
    if not names:
        return "none", "not asked"
    if len(names) == 1:
        tone = names[0].split(" (")[0].replace(" ", "-")
        of = f"all {len(claims)} {what}s" if len(claims) > 1 else f"the {what}"
        return ("none" if tone == "not-asked" else tone), f"{names[0]} for {of}"
    first, *others = names
    text = f"{first} for {counts[first]} of {len(claims)} {what}s"
    return "mixed", ", ".join([text, *(f"{name} for {counts[name]}" for name in others)])


def _tracking(view: View) -> list[Finding]:
    own = view.claims(TRACKING, "headline")
    found = [_tracked(view, "", own)] if own else []
    over_all = [one for one in view.study.claims if one["claim"] == TRACKING and not one["dataset"]]
    return found + ([_tracked(view, "All data sets together", over_all)] if over_all else [])


def _tracked(view: View, about: str, claims: Sequence[Claim]) -> Finding:
    rhos = _known(one["estimate"] for one in claims)
    shown = [view.shown_accuracy(m, CLEAN, view.plainest) for m in view.study.models]
    accuracies = [value for one in shown for value in end_values(one)]
    most = max(one["n_models"] for one in claims)
    if not most:
        why = "" if about else f": {no_auroc([view])}"
        return Finding(
            about, *verdicts(claims), _joined(f"No model qualifies for this claim{why}.", _why(claims))
        )
    text = f"{counted(most, 'model')}"
    if accuracies and not about:
        text += f" with accuracy {span(min(accuracies), max(accuracies))}"
    if rhos:
        text += f": the rank correlation of AUROC with accuracy is {_range(rhos)}{_by_method(rhos)}."
    else:
        text += ": the rank correlation of AUROC with accuracy is undefined."
    return Finding(about, *verdicts(claims), _joined(text, _why(claims), _arithmetic(claims)))


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
    asked = [one for one in claims if one["ci_low"] is not None]
    pairs = [(rho.value, p.value) for rho, p in map(beyond_arithmetic, asked)]
    known = [(rho, p) for rho, p in pairs if rho is not None and p is not None]
    if not known:
        return ""
    low = sum(p <= 0.05 for _, p in known)
    return (
        "Beyond what calibration alone implies, it is "
        f"{_range([rho for rho, _ in known])} (adjusted p ≤ .05 for {low} of {len(known)}; no verdict)."
    )


def _blindness(view: View) -> list[Finding]:
    found = []
    nota = view.nota
    headlines = view.claims(BLINDNESS, "headline", nota) if nota else []
    for group in dict.fromkeys(one["group"] for one in headlines):
        own = [one for one in headlines if one["group"] == group]
        tone, words = verdicts(own)
        about = group[:1].upper() + group[1:] or "All models"
        about = f"{about}, {nota}"
        if group == NEGATIVE_CONTROL:
            about, tone = f"{about} (negative control)", "none"
        found.append(Finding(about, tone, words, _moved(view, str(nota), group, own)))
    control = view.claims(BLINDNESS, "headline", CONTROL)
    if control:
        several = len({one["group"] for one in control}) > 1
        _, words = verdicts(control, "group and method" if several else "method")
        words = words.replace("group and methods", "groups and methods")
        text = _moved(view, CONTROL, None, control)
        found.append(Finding(f"{CONTROL} (the answer stays, and accuracy should)", "none", words, text))
    return found + _removed(view)


def _moved(view: View, condition: str, group: str | None, headlines: Sequence[Claim]) -> str:
    """Accuracy and uncertainty under a condition, for the models of a group (None: of all)."""
    models = [m for m in view.study.models if group is None or view.study.groups.get(m, "") == group]
    drops = []
    for model in models:
        drop = view.get(model, condition, "accuracy_drop")
        drops.append(
            drop if is_measured(drop) else view.get(model, condition, "accuracy_drop", view.plainest)
        )
    values = _known(drop.value for drop in drops)
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
    return _joined(about, _alone(headlines), _why(headlines), _vacuous(headlines))


def _shifted(view: View, condition: str, group: str | None) -> str:
    by_method: dict[str, list[float]] = {}
    models = set()
    for one in view.claims(BLINDNESS, "cell", condition):
        if one["estimate"] is not None and group in (None, one["group"]):
            by_method.setdefault(one["method"], []).append(one["estimate"])
            models.add(one["model"])
    if not by_method:
        return "; no model could be asked about its uncertainty"
    medians = [median(values) for values in by_method.values()]
    return (
        f", uncertainty moves by {_range(medians, sign=True)} SD{_by_method(medians)} (medians of "
        f"those that could be asked, at most {len(models)})"
    )


def _alone(headlines: Sequence[Claim]) -> str:
    """In how many models the claim holds by itself, where the group's verdict is open."""
    still_open = [one for one in headlines if one["verdict"] in OPEN]
    counts = [one["details"].get("n_supported", 0) + one["details"].get("n_falls", 0) for one in still_open]
    if not any(counts):
        return ""
    few, many = min(counts), max(counts)
    most = max(one["n_models"] for one in still_open)
    said = f"{few} to {many}" if few < many else str(few)
    by = " by method" if few < many else ""
    return f"Model by model it holds in {said} of at most {counted(most, 'model')}{by}."


def _vacuous(headlines: Sequence[Claim]) -> str:
    n = sum(bool(one["details"].get("n_vacuous")) for one in headlines)
    return f"Partly vacuous for {n} of {len(headlines)}." if n else ""


def _removed(view: View) -> list[Finding]:
    condition = "answer_removed"
    medians = []
    for method in view.study.methods:
        shifts = _known(view.get(m, condition, "uncertainty_shift", method).value for m in view.study.models)
        medians += [median(shifts)] if shifts else []
    if not medians:
        return []
    text = (
        f"No option is right, so uncertainty should rise: it moves by {_range(medians, sign=True)} SD"
        f"{_by_method(medians)} (medians over models)."
    )
    return [Finding(condition, "none", "no verdict", text)]


def _foresight(view: View) -> list[Finding]:
    found = (_foreseen(view, condition) for condition in view.study.nota_conditions)
    return [one for one in found if one is not None]


def _foreseen(view: View, condition: str) -> Finding | None:
    claims = view.claims(FORESIGHT, "headline", condition)
    if not claims:
        return None
    reached = _known(one["estimate"] for one in claims)
    models = {
        one["model"] for one in view.claims(FORESIGHT, "cell", condition) if one["estimate"] is not None
    }
    shown = [view.shown_accuracy(m, CLEAN, view.plainest, "nota_valid") for m in models]
    accuracies = [value for one in shown for value in end_values(one)]
    if not reached:
        text = "The fragility AUROC that two thirds of the models reach is undefined."
    else:
        text = f"Two thirds of the models reach a fragility AUROC of {_range(reached)}{_by_method(reached)}"
        text += f", at clean accuracy {span(min(accuracies), max(accuracies))}" if accuracies else ""
        text += "; .50 is chance."
    details = _caught(view, condition), _beyond(view, condition)
    return Finding(condition, *verdicts(claims), _joined(text, _why(claims), *details))


def _caught(view: View, condition: str) -> str:
    cells = view.claims(FORESIGHT, "cell", condition)
    shares = _known(one["details"].get("caught_by_escalating_20") for one in cells)
    if len(shares) < 2:
        return ""
    low, middle, high = quantiles(shares, n=4, method="inclusive")
    return (
        f"A look at the 20 % most uncertain answers finds {prose(middle)} of the collapses (median; middle "
        f"half of {len(shares)} pairs of model and method {span(low, high)}; chance .20)."
    )


def _beyond(view: View, condition: str) -> str:
    cells = view.claims(FORESIGHT, "cell", condition)
    known = _known(one["details"].get("beyond_p") for one in cells)
    if not known:
        return ""
    low = sum(p <= 0.05 for p in known)
    return f"Beyond the other models' accuracy: adjusted p ≤ .05 in {low} of {len(known)} pairs (no verdict)."


def _why(claims: Sequence[Claim]) -> str:
    """Why verdicts are inconclusive or could not be asked: the reasons, or the commonest of many."""
    still_open = [one for one in claims if one["verdict"] in OPEN]
    given = [str(one["reason"]) for one in still_open if one["reason"]]
    kinds = alike(given)
    reasons = Counter(kinds[reason] for reason in given)
    names = [name for name, _ in reasons.most_common()]
    if not names:
        return ""
    said = "; ".join(names) if len(names) <= 2 else f"{names[0]}, and other reasons"
    some = f" ({len(still_open)} of {len(claims)})" if len(still_open) < len(claims) else ""
    return f"Inconclusive{some}: {said}."


def _range(values: Sequence[float], sign: bool = False) -> str:
    return span(min(values), max(values), sign)


def _by_method(values: Sequence[float]) -> str:
    return " by method" if "to" in _range(values) else ""


def _known(values: Any) -> list[float]:
    return [value for value in values if value is not None]


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
