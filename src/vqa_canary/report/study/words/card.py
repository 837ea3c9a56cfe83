"""The card of a claim: one sentence in plain words, one number, and what would decide what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vqa_canary.counting import counted
from vqa_canary.numerals import limits, percent
from vqa_canary.report.numbers import span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import BLINDNESS, FORESIGHT, TRACKING
from vqa_canary.report.study.words.blindness import NEGATIVE_CONTROL
from vqa_canary.report.study.words.finding import (
    OPEN,
    Claim,
    headline,
    headlines,
    range_of,
    reasons,
    to_decide,
)
from vqa_canary.rows import CONTROL

HIDDEN = "when the right option is hidden behind “None of the above” (NOTA)"
BY = "{by}"
"""Stands for `by` and the method."""
SENTENCES: Mapping[str, Mapping[str, str]] = {
    TRACKING: {
        "supported": f"Yes: the more often a model is right, the better its uncertainty {BY} tells its wrong answers "
        "from its right ones.",
        "not-supported": f"No: over these models, uncertainty {BY} does not tell wrong from right answers better where "
        "accuracy is higher.",
        "inconclusive": f"Open: these models cannot show whether uncertainty {BY} tells wrong from right answers "
        "better where accuracy is higher.",
    },
    BLINDNESS: {
        "supported": f"Yes: {HIDDEN}, most of these models lose accuracy, and uncertainty {BY} rises by less than a "
        "fifth of its spread.",
        "not-supported": f"No: {HIDDEN}, uncertainty {BY} rises in more than a third of these models, or accuracy "
        "holds.",
        "inconclusive": f"Open: {HIDDEN}, it is not clear whether uncertainty {BY} stays as low as it was in most of "
        "these models.",
    },
    FORESIGHT: {
        "supported": f"Yes: in most models, right answers that will collapse once the right option is hidden are more "
        f"uncertain {BY} beforehand than those that will hold.",
        "not-supported": f"No: in more than a third of the models, right answers that will collapse once the right "
        f"option is hidden are hardly more uncertain {BY} beforehand than those that will hold.",
        "inconclusive": f"Open: it is not clear whether, in most models, right answers that will collapse once the "
        f"right option is hidden are more uncertain {BY} beforehand than those that will hold.",
    },
}
"""By claim and tone of the verdict. An answer collapses that is right, and wrong once the right option is hidden."""
MIXED = "It depends on the method: {verdict}."
BY_GROUP = "It depends on the group of models: {verdict}."


class Card(NamedTuple):
    """What the first screen says of one claim."""

    tone: str
    verdict: str
    """One sentence."""
    number: str
    """Empty where there is none."""
    unit: str
    interval: str
    meaning: str
    """What the number is."""
    decides: str
    """What would decide it where it is open, or why it is; else empty."""


def card(view: View, name: str) -> Card | None:
    """The card of a claim; None where nothing was asked."""
    groups = _asked(view, name)
    if not groups:
        return None
    tone, said = _verdict(groups, name)
    first = headlines(next(iter(groups.values())))
    number, interval = _number(first, name)
    unit = "standard deviations" if number and name == BLINDNESS else ""
    meaning = _meaning(view, first, name) if number else ""
    return Card(tone, said, number, unit, interval, meaning, _decides(groups))


def _asked(view: View, name: str) -> Mapping[str, Sequence[Claim]]:
    """Its headlines by group of models; of claim 2 without the group of the check, which the claim is not about, unless
    there is no other."""
    condition = None if name == TRACKING else view.nota
    claims = view.claims(name, "headline", condition) if condition or name == TRACKING else []
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(str(claim["group"]), []).append(claim)
    return {group: own for group, own in groups.items() if group != NEGATIVE_CONTROL} or groups


def _verdict(groups: Mapping[str, Sequence[Claim]], name: str) -> tuple[str, str]:
    """Tone and sentence; where groups of models differ, the verdict of each."""
    told = {group: headline(claims) for group, claims in groups.items()}
    tone, words = next(iter(told.values()))
    if len(set(told.values())) > 1:
        each = "; ".join(f"{_of(group)}: {own}" for group, (_, own) in told.items())
        return "mixed", BY_GROUP.format(verdict=each)
    by = _by(headlines(next(iter(groups.values()))))
    return tone, SENTENCES[name].get(tone, MIXED).format(by=by, verdict=words)


def _of(group: str) -> str:
    return f"models of the group “{group}”" if group else "models without a group"


def _number(first: Sequence[Claim], name: str) -> tuple[str, str]:
    known = [claim for claim in first if claim["estimate"] is not None]
    if not known:
        return "", ""
    values = [claim["estimate"] for claim in known]
    low, high = known[0]["ci_low"], known[0]["ci_high"]
    alone = len(first) == 1 and low is not None and high is not None
    if name == FORESIGHT:
        text = percent(values[0]) if len(values) == 1 else limits(min(values), max(values))
        return text, f"95 % interval: {limits(low, high)}" if alone else ""
    sign = name == BLINDNESS
    level = "90 %" if sign else "95 %"
    interval = f"{level} interval: {span(low, high, sign)}" if alone else ""
    return range_of(values, sign), interval


def _meaning(view: View, first: Sequence[Claim], name: str) -> str:
    by, n = _by(first), max(claim["n_models"] for claim in first)
    if name == TRACKING:
        return (
            "Rank correlation of accuracy with AUROC (how often a wrong answer is more uncertain than a right one) "
            f"over {counted(n, 'model')}, uncertainty {by}: 1 if both put the models in the same order, 0 if they have "
            "nothing to do with each other."
        )
    least = max(claim["details"]["at_least"] for claim in first)
    if name == BLINDNESS:
        group = first[0]["group"]
        who = f" of the group “{group}”" if group else ""
        return (
            f"In at least {least} of {counted(n, 'model')}{who}, uncertainty {by} rises by no more than this when the "
            "right option is hidden: 0 is no change at all, below 0 they even get surer. Unit: the spread of "
            f"uncertainty over clean questions.{_matched(view, first)}"
        )
    return (
        f"In at least {least} of {counted(n, 'model')} of which some right answers collapse and some hold, "
        f"uncertainty {by} ranks one that will collapse above one that will hold at least so often (chance: 50 %)."
    )


def _matched(view: View, first: Sequence[Claim]) -> str:
    """The same number where NOTA stands for a wrong option: there, too, a choice is taken away and NOTA is shown."""
    about = {(claim["group"], claim["method"]) for claim in first}
    values = [
        claim["estimate"]
        for claim in view.claims(BLINDNESS, "headline", CONTROL)
        if (claim["group"], claim["method"]) in about and claim["estimate"] is not None
    ]
    if not values:
        return ""
    return (
        " To be read against what the same number is where NOTA takes the place of a wrong option and the right one is "
        f"still there: {range_of(values, True)}."
    )


def _by(first: Sequence[Claim]) -> str:
    """`by label_nll`, or that it is by several methods."""
    return f"by {first[0]['method']}" if len(first) == 1 else "by each method"


def _decides(groups: Mapping[str, Sequence[Claim]]) -> str:
    """What would decide the open verdicts, or why they are open; where that differs between groups, for each."""
    still_open = {
        group: [claim for claim in headlines(claims) if claim["verdict"] in OPEN]
        for group, claims in groups.items()
    }
    told = {group: to_decide(claims) or reasons(claims) for group, claims in still_open.items()}
    if len(set(told.values())) > 1:
        told = {group: f"{_of(group)}: {text}" for group, text in told.items() if text}
    return " ".join(text[:1].upper() + text[1:] for text in dict.fromkeys(told.values()))
