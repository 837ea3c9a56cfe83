"""The verdicts of the three claims, a line each, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.report.study.words.finding import Claim, headline, of_headline
from vqa_canary.report.study.words.first_screen import TITLES


def verdict_lines(claims: Sequence[Claim]) -> list[str]:
    """One line for each claim and data set, such as `Collapse is foreseeable: supported, by label_nll (0.59 ...)`.

    Of several conditions that hide the answer the first one is told, as on the page; of several groups of models each.
    """
    lines = []
    for name, title in TITLES.items():
        own = [claim for claim in claims if claim["claim"] == name and claim["level"] == "headline"]
        for dataset in dict.fromkeys(str(claim["dataset"]) for claim in own):
            of_data = [claim for claim in own if claim["dataset"] == dataset]
            first = [claim for claim in of_data if claim["condition"] == of_data[0]["condition"]]
            groups = dict.fromkeys(str(claim["group"]) for claim in first)
            told = [_told(group, [claim for claim in first if claim["group"] == group]) for group in groups]
            place = ", ".join(filter(None, (dataset or "all data sets", _hidden(first[0]))))
            lines.append(f"{title} ({place}): {'; '.join(told)}.")
    return lines


def _told(group: str, claims: Sequence[Claim]) -> str:
    _, words = headline(claims)
    number = of_headline(claims)
    value = f": {number.rpartition(' by ')[0] or number}" if number else ""
    return f"{f'models of the group “{group}”: ' if group else ''}{words}{value}"


def _hidden(claim: Claim) -> str:
    return "" if claim["condition"] == "clean" else str(claim["condition"])
