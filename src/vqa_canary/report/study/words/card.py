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
    by_method_of,
    headline,
    headlines,
    range_of,
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
    """What would decide it, where it is open; else empty."""


def card(view: View, name: str) -> Card | None:
    """The card of a claim; None where nothing was asked."""
    claims = _asked(view, name)
    if not claims:
        return None
    tone, words = headline(claims)
    first = headlines(claims)
    said = SENTENCES[name].get(tone, MIXED).format(by=_by(first), verdict=words)
    number, interval = _number(first, name)
    unit = "standard deviations" if number and name == BLINDNESS else ""
    return Card(
        tone, said, number, unit, interval, _meaning(view, first, name) if number else "", _decides(first)
    )


def _asked(view: View, name: str) -> Sequence[Claim]:
    """Its headlines; of claim 2 those of the models that the claim is about, which is not the group of the check."""
    if name == TRACKING:
        return view.claims(name, "headline")
    claims = view.claims(name, "headline", view.nota) if view.nota else []
    if name == BLINDNESS:
        groups = [claim["group"] for claim in claims if claim["group"] != NEGATIVE_CONTROL]
        claims = [claim for claim in claims if claim["group"] == groups[0]] if groups else claims
    return claims


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
            f"Rank correlation of accuracy with AUROC over {counted(n, 'model')}, uncertainty {by}: 1 if both put the "
            "models in the same order, 0 if they have nothing to do with each other."
        )
    least = max(claim["details"]["at_least"] for claim in first)
    if name == BLINDNESS:
        group = first[0]["group"]
        who = f" that {group}" if group else ""
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
    if len(first) == 1:
        return f"by {first[0]['method']}"
    values = [one["estimate"] for one in first if one["estimate"] is not None]
    return (by_method_of(values).strip() if values else "") or "by any method"


def _decides(first: Sequence[Claim]) -> str:
    told = to_decide([claim for claim in first if claim["verdict"] in OPEN])
    return told[:1].upper() + told[1:]
