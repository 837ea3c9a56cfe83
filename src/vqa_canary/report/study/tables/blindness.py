"""Claim 2 as tables: over models, and model by model, both lines of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vqa_canary.estimate import bare
from vqa_canary.report.sheet import Column, Sheet
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.tables.claims import (
    BLINDNESS,
    CONDITION,
    DATASET,
    GROUP,
    METHOD,
    MODEL,
    N_MODELS,
    REASON,
    ROLE,
    STILLNESS,
    VERDICT,
    Claim,
    P,
    claims_of,
    count_part,
    detail,
    estimate_part,
    sheet_of,
    text_part,
)


def blindness(study: Study) -> Sheet:
    """Claim 2: one row a condition, group and method, for both lines."""
    parts = [
        DATASET,
        CONDITION,
        GROUP,
        METHOD,
        ROLE,
        LINE,
        N_MODELS,
        (Column("median_drop", "accuracy drop, median"), lambda claim: detail(claim, "median_drop")),
        estimate_part("shift", "shift that two thirds of the models keep to, SD (90 %)"),
        P,
        (Column("p_against", "p against, adjusted", "p"), lambda claim: detail(claim, "p_not_supported")),
        VERDICT,
        count_part("n_supported", "supported"),
        count_part("n_falls", "uncertainty falls"),
        count_part("n_not_supported", "not supported"),
        count_part("n_vacuous", "supported, but proves little"),
        REASON,
    ]
    rows = claims_of(study, BLINDNESS, "headline") + claims_of(study, STILLNESS, "headline")
    together = sorted(rows, key=lambda claim: _place(claim, rows))
    sheet = sheet_of("claim2_blindness", "Claim 2 over models", together, parts)
    return replace(
        sheet,
        caption="Claim 2 over models: blind, the shift that two thirds of the models do not exceed; hardly moves, the "
        "shift, up or down, within which two thirds stay; in standard deviations (SD) of clean uncertainty; "
        "90 % interval",
    )


def blindness_cells(study: Study) -> Sheet:
    """Claim 2, model by model: one row for both lines."""
    still = {_key(claim): claim for claim in claims_of(study, STILLNESS, "cell")}
    parts = [
        DATASET,
        CONDITION,
        GROUP,
        MODEL,
        METHOD,
        (
            Column("drop", "accuracy drop (90 %)"),
            lambda claim: detail(claim, "accuracy_drop", "drop_low", "drop_high"),
        ),
        estimate_part("shift", "shift of uncertainty, SD (90 %)"),
        (Column("deserved", "shift that the errors deserve, SD"), lambda c: detail(c, "deserved_shift")),
        (
            Column("answer_removed_shift", "shift where no answer is right, SD (90 %)"),
            lambda claim: detail(
                claim, "answer_removed_shift", "answer_removed_shift_low", "answer_removed_shift_high"
            ),
        ),
        (Column("p", "p, blind", "p"), lambda claim: bare(claim["p_value"])),
        text_part("verdict", "verdict, blind", lambda claim: claim["verdict"] or "not asked", filtered=True),
        (Column("p_still", "p, hardly moves", "p"), lambda claim: bare(still[_key(claim)]["p_value"])),
        text_part(
            "verdict_still",
            "verdict, hardly moves",
            lambda claim: still[_key(claim)]["verdict"] or "not asked",
            filtered=True,
        ),
        text_part("vacuous", "what it proves", lambda claim: _proves(claim)),
        REASON,
    ]
    sheet = sheet_of("claim2_cells", "Claim 2, model by model", claims_of(study, BLINDNESS, "cell"), parts)
    return sheet.without_empty("answer_removed_shift", "vacuous", "reason")


def _key(claim: Claim) -> tuple[str, ...]:
    """What the rows of both lines of claim 2 have in common."""
    return tuple(claim[name] for name in ("dataset", "condition", "group", "model", "method"))


def _place(claim: Claim, rows: Sequence[Claim]) -> tuple[int, bool]:
    """In the order of the first line, each row of the second behind its own."""
    first = [_key(one) for one in rows if one["claim"] == BLINDNESS]
    return first.index(_key(claim)), claim["claim"] != BLINDNESS


def _proves(claim: Claim) -> str:
    return "little" if claim["details"].get("vacuous") and claim["verdict"] == "supported" else ""


LINE = text_part(
    "line", "line", lambda claim: "blind" if claim["claim"] == BLINDNESS else "hardly moves", filtered=True
)
