"""Claim 2 in words: accuracy and uncertainty where the right option is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from vqa_canary.counting import counted
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import BLINDNESS, STILLNESS
from vqa_canary.report.study.words.finding import (
    OPEN,
    Claim,
    Finding,
    by_method_of,
    defined,
    headline,
    headlines,
    joined,
    of_headline,
    of_others,
    range_of,
    verdicts,
    why_open,
)
from vqa_canary.rows import CONTROL

NEGATIVE_CONTROL = "saw NOTA"
"""Group of models trained on questions with a hidden answer: the claim must fail for them."""


def blindness(view: View) -> list[Finding]:
    """The verdicts of claim 2, both lines of it: of each group of models, and of the control; and what happens without
    the answer."""
    findings = []
    nota = view.nota
    blind, still = (view.claims(name, "headline", nota) if nota else [] for name in (BLINDNESS, STILLNESS))
    for group in dict.fromkeys(claim["group"] for claim in blind):
        own, beside = ([claim for claim in claims if claim["group"] == group] for claims in (blind, still))
        about = f"{group[:1].upper() + group[1:] or 'All models'}, {nota}"
        is_control = group == NEGATIVE_CONTROL
        if is_control:
            about = f"{about} (trained with it, as a check: the claim should fail)"
        findings += [
            _line(f"{about}, blind", own, is_control, _moved(view, str(nota), group, own)),
            _line(f"{about}, hardly moves", beside, is_control, _stays(beside)),
        ]
    return findings + _of_control(view) + _removed(view)


def _line(about: str, claims: Sequence[Claim], is_control: bool, text: str) -> Finding:
    """One of the two lines; a control's verdict has no colour, for it is not hoped for."""
    tone, words = headline(claims)
    return Finding(about, "none" if is_control else tone, words, text)


def _stays(claims: Sequence[Claim]) -> str:
    """The second line: how far uncertainty moves in either direction."""
    reached = of_headline(claims)
    text = (
        f"Two thirds of the models stay within {reached} standard deviations (90 % interval)."
        if reached
        else ""
    )
    return joined(text, why_open(headlines(claims)), of_others(claims))


def _of_control(view: View) -> list[Finding]:
    """The condition that offers NOTA and hides nothing: accuracy must not fall there."""
    lines = [headlines(view.claims(name, "headline", CONTROL)) for name in (BLINDNESS, STILLNESS)]
    if not lines[0]:
        return []
    several = len({claim["group"] for claim in lines[0]}) > 1
    by_group = "group" if lines[0][0]["primary"] else "group and method"
    what = by_group if several else "method"
    words = [verdicts(claims, what)[1].replace("group and methods", "groups and methods") for claims in lines]
    told = f"blind {words[0]}; hardly moves {words[1]}" if words[0] != words[1] else words[0]
    text = _moved(view, CONTROL, None, lines[0])
    return [Finding(f"{CONTROL} (the answer stays, and accuracy should)", "none", told, text)]


def _moved(view: View, condition: str, group: str | None, claims: Sequence[Claim]) -> str:
    """Accuracy and uncertainty under a condition, for the models of a group (None: of all)."""
    models = [m for m in view.study.models if group is None or view.study.groups.get(m, "") == group]
    drops = [view.accuracy_drop(model, condition) for model in models]
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
    about = f"{text}. {_shifted(view, condition, group)}."
    first = headlines(claims)
    return joined(
        about, _reached(claims), _alone(first), why_open(first), _proves_little(first), of_others(claims)
    )


def _reached(claims: Sequence[Claim]) -> str:
    """What two thirds of the models of one group keep to; nothing of several groups together."""
    reached = of_headline(claims) if len({claim["group"] for claim in claims}) == 1 else ""
    return (
        f"In two thirds of the models it rises by no more than {reached} standard deviations (90 % interval)."
        if reached
        else ""
    )


def _shifted(view: View, condition: str, group: str | None) -> str:
    by_method: dict[str, list[float]] = {}
    models = set()
    for cell in view.claims(BLINDNESS, "cell", condition):
        if cell["estimate"] is not None and group in (None, cell["group"]):
            by_method.setdefault(cell["method"], []).append(cell["estimate"])
            models.add(cell["model"])
    if not by_method:
        return "No model could be asked about its uncertainty"
    medians = [median(values) for values in by_method.values()]
    return (
        f"Median change of uncertainty: {range_of(medians, sign=True)} standard deviations{by_method_of(medians)} "
        f"(up to {counted(len(models), 'model')})"
    )


def _alone(claims: Sequence[Claim]) -> str:
    """In how many models uncertainty does not rise, each by itself, where the group's verdict is open."""
    still_open = [claim for claim in claims if claim["verdict"] in OPEN]
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


def _proves_little(claims: Sequence[Claim]) -> str:
    """Where passing proves little, because an honest uncertainty would have passed, too."""
    passed = [
        claim for claim in claims if claim["verdict"] == "supported" and claim["details"].get("n_vacuous")
    ]
    if not passed:
        return ""
    if len(claims) == 1:
        n = passed[0]["details"]["n_vacuous"]
        who = f"{n} of {counted(passed[0]['n_models'], 'model')}"
    else:
        who = f"some models by {len(passed)} of {len(claims)} methods"
    return f"It proves little for {who}: so few answers go wrong that an honest uncertainty would hardly rise either."


def _removed(view: View) -> list[Finding]:
    condition = "answer_removed"
    medians = []
    for method in view.study.methods:
        shifts = defined(view.get(m, condition, "uncertainty_shift", method).value for m in view.study.models)
        medians += [median(shifts)] if shifts else []
    if not medians:
        return []
    text = (
        f"No option is right, so uncertainty should rise: it moves by {range_of(medians, sign=True)} standard "
        f"deviations{by_method_of(medians)} (medians over models)."
    )
    return [Finding(condition, "none", "no verdict", text)]
