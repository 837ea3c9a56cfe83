"""What the tables of the three claims are made of: names of claims, and columns that several tables have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vqa_canary.estimate import Estimate, bare
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import Study

Claim = Mapping[str, Any]
Part = tuple[Column, Callable[[Claim], Cell]]
"""A column of a table, and what stands in it for a claim."""

TRACKING, BLINDNESS, FORESIGHT = "ue_tracks_accuracy", "nota_blindness", "fragility_is_foreseeable"
WITHIN, STILLNESS = "ue_tracks_accuracy_within_models", "nota_hardly_moves"
"""Second lines: claim 1 inside models, and claim 2 in the paper's words."""


def detail(claim: Claim, key: str, *limits: str) -> Estimate:
    """A number of `details`, with its limits where they are named; undefined where it is absent."""
    details = claim["details"]
    low, high = (details.get(name) for name in limits or (None, None))
    return Estimate(details.get(key), low, high, 0, 0)


def points_of(claim: Claim) -> Sequence[Mapping[str, Any]]:
    """The points that a claim rests on; none where nothing could be asked."""
    points: Sequence[Mapping[str, Any]] = claim["details"].get("points", ())
    return points


def column_of(claim: Claim) -> str:
    """What the subgroups of claim 1 inside models are values of, as text for a reader."""
    return str(claim["details"].get("column", "subgroup")).replace("_", " ")


def claims_of(study: Study, name: str, level: str) -> list[Claim]:
    """The study's claims of one name, its headlines or its cells."""
    return [claim for claim in study.claims if claim["claim"] == name and claim["level"] == level]


def sheet_of(name: str, title: str, claims: Sequence[Claim], parts: Sequence[Part]) -> Sheet:
    """One row a claim; without the columns that say nothing here."""
    caption = f"{title}: {claims[0]['statistic']}" if claims else title
    rows = tuple(tuple(part(claim) for _, part in parts) for claim in claims)
    sheet = Sheet(name, caption, tuple(column for column, _ in parts), rows)
    several = len({claim["dataset"] for claim in claims}) > 1
    return sheet.without_empty("reason", "group", "role") if several else _without_dataset(sheet)


def _without_dataset(sheet: Sheet) -> Sheet:
    blank = Sheet(
        sheet.name,
        sheet.caption,
        sheet.columns,
        tuple(
            tuple(
                "" if column.key == "dataset" else cell
                for column, cell in zip(sheet.columns, row, strict=True)
            )
            for row in sheet.rows
        ),
    )
    return blank.without_empty("dataset", "reason", "group", "role")


def text_part(key: str, title: str, part: Callable[[Claim], str], filtered: bool = False) -> Part:
    """A column of text."""
    return Column(key, title, "text", filtered), part


def estimate_part(key: str, title: str) -> Part:
    """A column of the claim's own number, with its limits."""
    return Column(key, title), lambda claim: Estimate(
        claim["estimate"], claim["ci_low"], claim["ci_high"], 0, 0, claim["reason"] or "not given"
    )


def count_part(key: str, title: str) -> Part:
    """A column of a count among the claim's details."""
    return Column(key, title, "count"), lambda claim: claim["details"].get(key)


DATASET = text_part("dataset", "data set", lambda claim: claim["dataset"])
CONDITION = text_part("condition", "condition", lambda claim: claim["condition"], filtered=True)
GROUP = text_part("group", "group", lambda claim: claim["group"], filtered=True)
MODEL = text_part("model", "model", lambda claim: claim["model"], filtered=True)
METHOD = text_part("method", "method", lambda claim: claim["method"], filtered=True)
ROLE = text_part("role", "role", lambda claim: "primary method" if claim["primary"] else "")
VERDICT = text_part("verdict", "verdict", lambda claim: claim["verdict"] or "not asked", filtered=True)
REASON = text_part("reason", "why", lambda claim: claim["reason"] or "")
P: Part = (Column("p", "p, adjusted", "p"), lambda claim: bare(claim["p_value"]))
N_MODELS: Part = (Column("n_models", "models asked", "count"), lambda claim: claim["n_models"])
