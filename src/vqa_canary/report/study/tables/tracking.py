"""Claim 1 as tables: over models, and inside models over subgroups of the questions."""

from __future__ import annotations

from vqa_canary.estimate import Estimate, bare
from vqa_canary.report.sheet import Column, Sheet
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.tables.claims import (
    DATASET,
    METHOD,
    N_MODELS,
    REASON,
    ROLE,
    TRACKING,
    VERDICT,
    WITHIN,
    Claim,
    P,
    claims_of,
    count_part,
    estimate_part,
    points_of,
    sheet_of,
    text_part,
)


def beyond_arithmetic(claim: Claim) -> tuple[Estimate, Estimate]:
    """Claim 1 on AUROC minus that of a calibrated model: rank correlation and p."""
    beyond = claim["details"].get("beyond_arithmetic") or {}
    reason = beyond.get("reason")
    return bare(beyond.get("rho"), reason), bare(beyond.get("p_value"), reason)


def tracking(study: Study) -> Sheet:
    """Claim 1: one row a method, over models; one set for each data set, and over all of several."""
    parts = [
        text_part("dataset", "data set", lambda claim: claim["dataset"] or "all"),
        METHOD,
        ROLE,
        N_MODELS,
        estimate_part("rho", "rank correlation"),
        (Column("same_models", "new images, same models"), lambda claim: _same_models(claim)),
        P,
        VERDICT,
        (Column("beyond_rho", "beyond arithmetic"), lambda claim: beyond_arithmetic(claim)[0]),
        (
            Column("beyond_p", "p, beyond arithmetic, adjusted", "p"),
            lambda claim: beyond_arithmetic(claim)[1],
        ),
        REASON,
    ]
    return sheet_of("claim1_tracking", "Claim 1 over models", claims_of(study, TRACKING, "headline"), parts)


def tracking_points(study: Study) -> Sheet:
    """The points of claim 1: accuracy and AUROC of each model, and what calibration alone implies."""
    columns = (
        Column("dataset", "data set", "text"),
        Column("model", "model", "text", filtered=True),
        Column("method", "method", "text", filtered=True),
        Column("accuracy", "accuracy"),
        Column("auroc", "AUROC"),
        Column("auroc_if_calibrated", "AUROC if perfectly calibrated"),
    )
    rows = tuple(
        (
            point["dataset"],
            point["model"],
            claim["method"],
            *(bare(point.get(key)) for key in ("accuracy", "auroc", "auroc_if_calibrated")),
        )
        for claim in claims_of(study, TRACKING, "headline")
        if claim["dataset"]
        for point in points_of(claim)
    )
    return Sheet("claim1_points", "AUROC and accuracy of each model, clean", columns, rows)


def within(study: Study) -> Sheet:
    """Claim 1 inside models: one row a method, over the values of a column such as modality."""
    parts = [
        DATASET,
        METHOD,
        ROLE,
        N_MODELS,
        count_part("n_subgroups", "subgroups with an AUROC in most models"),
        count_part("n_left_out", "cells left out"),
        estimate_part("rho", "rank correlation, mean over models"),
        P,
        VERDICT,
        REASON,
    ]
    return sheet_of("claim1_within", "Claim 1 within models", claims_of(study, WITHIN, "headline"), parts)


def within_points(study: Study) -> Sheet:
    """The points of claim 1 inside models: accuracy and AUROC of each model in each subgroup, or why there is none."""
    columns = (
        Column("dataset", "data set", "text"),
        Column("model", "model", "text", filtered=True),
        Column("method", "method", "text", filtered=True),
        Column("subgroup", "subgroup", "text", filtered=True),
        Column("n", "questions", "count"),
        Column("accuracy", "accuracy"),
        Column("auroc", "AUROC"),
    )
    rows = tuple(
        (
            claim["dataset"],
            point["model"],
            claim["method"],
            point["subgroup"],
            point["n"],
            bare(point["accuracy"], "no answer was judged"),
            bare(point["auroc"], point["reason"]),
        )
        for claim in claims_of(study, WITHIN, "headline")
        for point in points_of(claim)
    )
    return Sheet("claim1_within_points", "AUROC and accuracy within each model, clean", columns, rows)


def _same_models(claim: Claim) -> Estimate:
    low, high = (claim["details"].get(f"same_models_{end}") for end in ("low", "high"))
    return Estimate(claim["estimate"], low, high, 0, 0, claim["reason"])
