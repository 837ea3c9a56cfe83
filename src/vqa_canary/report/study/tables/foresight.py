"""Claim 3 as tables: over models, and model by model."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.report.sheet import Column, Sheet
from vqa_canary.report.study.contents import Study, View
from vqa_canary.report.study.tables.claims import (
    CONDITION,
    DATASET,
    FORESIGHT,
    METHOD,
    MODEL,
    N_MODELS,
    REASON,
    ROLE,
    VERDICT,
    P,
    claims_of,
    count_part,
    detail,
    estimate_part,
    sheet_of,
)
from vqa_canary.rows import CLEAN


def foresight(study: Study) -> Sheet:
    """Claim 3: one row a condition and method, over models."""
    parts = [
        DATASET,
        CONDITION,
        METHOD,
        ROLE,
        N_MODELS,
        estimate_part("fragility_auroc", "fragility AUROC that two thirds of the models reach"),
        P,
        VERDICT,
        REASON,
    ]
    return sheet_of("claim3_foresight", "Claim 3 over models", claims_of(study, FORESIGHT, "headline"), parts)


def foresight_cells(study: Study, views: Sequence[View]) -> Sheet:
    """Claim 3, model by model, with the accuracy that each AUROC comes with."""
    of = {view.dataset: view for view in views}
    parts = [
        DATASET,
        CONDITION,
        MODEL,
        METHOD,
        (
            Column("accuracy", "accuracy, clean"),
            lambda claim: of[claim["dataset"]].shown_accuracy(
                claim["model"], CLEAN, claim["method"], "nota_valid"
            ),
        ),
        count_part("n_collapses", "collapses"),
        estimate_part("fragility_auroc", "fragility AUROC"),
        P,
        VERDICT,
        (
            Column("caught", "collapses among the 20 % most uncertain"),
            lambda claim: detail(claim, "caught_by_escalating_20", "caught_low", "caught_high"),
        ),
        (
            Column("beyond_auroc", "within equal accuracy of the other models"),
            lambda c: detail(c, "beyond_strata_auroc"),
        ),
        (Column("beyond_gain", "gain beyond the other models' accuracy"), lambda c: detail(c, "beyond_gain")),
        (
            Column("beyond_p", "p, beyond the other models' accuracy, adjusted", "p"),
            lambda claim: detail(claim, "beyond_p"),
        ),
        REASON,
    ]
    sheet = sheet_of("claim3_cells", "Claim 3, model by model", claims_of(study, FORESIGHT, "cell"), parts)
    return sheet.without_empty("beyond_auroc", "beyond_gain", "beyond_p", "reason")
