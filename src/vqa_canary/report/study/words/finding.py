"""A verdict of a claim with its figures, and the phrases of which it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vqa_canary.like_reasons import alike
from vqa_canary.report.numbers import prose, span

OPEN = (None, "inconclusive")
"""Verdicts that leave a claim undecided; None: it could not be asked."""
ORDER = (
    "supported",
    "supported (falls)",
    "not supported",
    "not supported (falls)",
    "inconclusive",
    "not asked",
)
"""Of the verdicts in a sentence."""

Claim = Mapping[str, Any]


class Finding(NamedTuple):
    """One verdict with its figures."""

    about: str
    tone: str
    """`supported`, `not-supported`, `inconclusive`, `mixed`, or `none` (also a control's), for the colour alone."""
    verdict: str
    text: str


def verdicts(claims: Sequence[Claim], what: str = "method") -> tuple[str, str]:
    """Tone and words: `supported for 6 of 8 methods, inconclusive for 2`."""
    counts = Counter(str(claim["verdict"] or "not asked") for claim in claims)
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


def headlines(claims: Sequence[Claim]) -> Sequence[Claim]:
    """The claims whose verdict is the headline: those of the primary method, or all where the study has none."""
    return [claim for claim in claims if claim["primary"]] or claims


def headline(claims: Sequence[Claim]) -> tuple[str, str]:
    """Tone and words: `supported, by label_nll`; without a primary method that of `verdicts`."""
    first = headlines(claims)
    if len(first) == 1 and first[0]["primary"]:
        tone, _ = verdicts(first)
        return tone, f"{first[0]['verdict'] or 'not asked'}, by {first[0]['method']}"
    return verdicts(claims)


def of_others(claims: Sequence[Claim]) -> str:
    """What the methods besides the primary one say: a sentence, or nothing where there is no primary method."""
    first = headlines(claims)
    others = [claim for claim in claims if claim not in first]
    if not others:
        return ""
    if len(others) == 1:
        return f"The other method: {others[0]['verdict'] or 'not asked'}."
    _, words = verdicts(others)
    return f"The other methods, with allowance for their number: {words}."


def of_headline(claims: Sequence[Claim]) -> str:
    """The number of the primary method with its limits, in brackets the method: `.74 (.30 to .92) by label_nll`; the
    range over methods where there is no primary one, and nothing where nothing is defined."""
    first = headlines(claims)
    known = [claim for claim in first if claim["estimate"] is not None]
    if not known:
        return ""
    if len(first) > 1 or not first[0]["primary"]:
        values = [claim["estimate"] for claim in known]
        return f"{range_of(values)}{by_method_of(values)}"
    (claim,) = known
    low, high = claim["ci_low"], claim["ci_high"]
    limits = "" if low is None or high is None else f" ({span(low, high)})"
    return f"{prose(claim['estimate'])}{limits} by {claim['method']}"


def why_open(claims: Sequence[Claim]) -> str:
    """Why verdicts are inconclusive or could not be asked: how large a study would decide them, or the reasons."""
    still_open = [claim for claim in claims if claim["verdict"] in OPEN]
    if not still_open:
        return ""
    some = f" ({len(still_open)} of {len(claims)})" if len(still_open) < len(claims) else ""
    told = joined(to_decide(still_open), reasons(still_open))
    return f"Inconclusive{some}: {told}" if told else ""


def to_decide(claims: Sequence[Claim]) -> str:
    """How large a study would decide open verdicts, as a sentence; nothing where that is not known."""
    sizes: list[Claim] = [size for claim in claims if (size := claim["details"].get("to_decide"))]
    if not sizes:
        return ""
    what, now = sizes[0]["what"], max(size["now"] for size in sizes)
    enough = [size["needed"] for size in sizes if size["needed"]]
    if not enough and any(size["side"] == "either" for size in sizes):
        return (
            f"more {what} would end the doubt, but may do so either way: the estimate lies between what counts for the "
            "claim and what counts against it."
        )
    if not enough:
        return (
            f"up to a hundred times as many {what} like these would not decide it: the models disagree among "
            "themselves, or lie too near the line."
        )
    about = (
        f"{min(enough):,}"
        if min(enough) == max(enough)
        else f"{min(enough):,} to {max(enough):,}, by method,"
    )
    sides = {size["side"] for size in sizes if size["needed"]}
    aim = {("supported",): "show it", ("not supported",): "rule it out"}.get(tuple(sides), "decide it")
    return (
        f"{now:,} {what} are too few to decide; about {about} would {aim} in four of five studies, if they are like "
        "these."
    )


def reasons(claims: Sequence[Claim]) -> str:
    """The reasons of those of which no size is known, or the commonest of many."""
    given = [
        str(claim["reason"]) for claim in claims if claim["reason"] and not claim["details"].get("to_decide")
    ]
    kinds = alike(given)
    reasons = Counter(kinds[reason] for reason in given)
    names = [name for name, _ in reasons.most_common()]
    if not names:
        return ""
    return ("; ".join(names) if len(names) <= 2 else f"{names[0]}, and other reasons") + "."


def range_of(values: Sequence[float], sign: bool = False) -> str:
    """The smallest and the largest value, as `.61 to .74`."""
    return span(min(values), max(values), sign)


def by_method_of(values: Sequence[float]) -> str:
    """Says that values differ by method, where they do as they are printed; else nothing."""
    return " by method" if "to" in range_of(values) else ""


def defined(values: Any) -> list[float]:
    """The values that are defined."""
    return [value for value in values if value is not None]


def joined(*sentences: str) -> str:
    """One text of the sentences, without the empty ones."""
    return " ".join(sentence for sentence in sentences if sentence)
