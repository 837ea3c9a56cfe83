"""The claims as tables: headlines over models, and model by model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vqa_canary.estimate import Estimate, bare
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import Study, View
from vqa_canary.rows import CLEAN

Claim = Mapping[str, Any]
Part = tuple[Column, Callable[[Claim], Cell]]

TRACKING, BLINDNESS, FORESIGHT = "ue_tracks_accuracy", "nota_blindness", "fragility_is_foreseeable"


def detail(claim: Claim, key: str, *limits: str) -> Estimate:
    """A number of `details`, with its limits where they are named; undefined where it is absent."""
    details = claim["details"]
    low, high = (details.get(name) for name in limits or (None, None))
    return Estimate(details.get(key), low, high, 0, 0)


def beyond_arithmetic(claim: Claim) -> tuple[Estimate, Estimate]:
    """Claim 1 on AUROC minus that of a calibrated model: rank correlation and p."""
    beyond = claim["details"].get("beyond_arithmetic") or {}
    reason = beyond.get("reason")
    return bare(beyond.get("rho"), reason), bare(beyond.get("p_value"), reason)


def tracking(study: Study) -> Sheet:
    """Claim 1: one row a method, over models; one set for each data set, and over all of several."""
    parts = [
        _text("dataset", "data set", lambda claim: claim["dataset"] or "all"),
        _METHOD,
        _N_MODELS,
        _estimate("rho", "rank correlation"),
        (Column("same_models", "new images, same models"), lambda claim: _same_models(claim)),
        _P,
        _VERDICT,
        (Column("beyond_rho", "beyond arithmetic"), lambda claim: beyond_arithmetic(claim)[0]),
        (
            Column("beyond_p", "p, beyond arithmetic, adjusted", "p"),
            lambda claim: beyond_arithmetic(claim)[1],
        ),
        _REASON,
    ]
    return _sheet("claim1_tracking", "Claim 1 over models", _of(study, TRACKING, "headline"), parts)


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
        for claim in _of(study, TRACKING, "headline")
        if claim["dataset"]
        for point in claim["details"].get("points", ())
    )
    return Sheet("claim1_points", "AUROC and accuracy of each model, clean", columns, rows)


def blindness(study: Study) -> Sheet:
    """Claim 2: one row a condition, group and method."""
    parts = [
        _DATASET,
        _CONDITION,
        _GROUP,
        _METHOD,
        _N_MODELS,
        (Column("median_drop", "accuracy drop, median"), lambda claim: detail(claim, "median_drop")),
        _estimate("shift", "two thirds of the models stay within, SD (90 %)"),
        _P,
        (Column("p_against", "p against, adjusted", "p"), lambda claim: detail(claim, "p_not_supported")),
        _VERDICT,
        _count("n_supported", "supported"),
        _count("n_falls", "supported, but uncertainty falls"),
        _count("n_not_supported", "not supported"),
        _count("n_vacuous", "vacuous"),
        _REASON,
    ]
    return _sheet("claim2_blindness", "Claim 2 over models", _of(study, BLINDNESS, "headline"), parts)


def blindness_cells(study: Study) -> Sheet:
    """Claim 2, model by model."""
    parts = [
        _DATASET,
        _CONDITION,
        _GROUP,
        _MODEL,
        _METHOD,
        (
            Column("drop", "accuracy drop (90 %)"),
            lambda claim: detail(claim, "accuracy_drop", "drop_low", "drop_high"),
        ),
        _estimate("shift", "shift of uncertainty, SD (90 %)"),
        (Column("deserved", "shift that the errors deserve, SD"), lambda c: detail(c, "deserved_shift")),
        (
            Column("answer_removed_shift", "shift where no answer is right, SD (90 %)"),
            lambda claim: detail(
                claim, "answer_removed_shift", "answer_removed_shift_low", "answer_removed_shift_high"
            ),
        ),
        (Column("p", "p", "p"), lambda claim: bare(claim["p_value"])),
        _VERDICT,
        _text("vacuous", "vacuous", lambda claim: _vacuous(claim)),
        _REASON,
    ]
    sheet = _sheet("claim2_cells", "Claim 2, model by model", _of(study, BLINDNESS, "cell"), parts)
    return sheet.without_empty("answer_removed_shift", "vacuous", "reason")


def foresight(study: Study) -> Sheet:
    """Claim 3: one row a condition and method, over models."""
    parts = [
        _DATASET,
        _CONDITION,
        _METHOD,
        _N_MODELS,
        _estimate("fragility_auroc", "fragility AUROC that two thirds of the models reach"),
        _P,
        _VERDICT,
        _REASON,
    ]
    return _sheet("claim3_foresight", "Claim 3 over models", _of(study, FORESIGHT, "headline"), parts)


def foresight_cells(study: Study, views: Sequence[View]) -> Sheet:
    """Claim 3, model by model, with the accuracy that each AUROC comes with."""
    of = {view.dataset: view for view in views}
    parts = [
        _DATASET,
        _CONDITION,
        _MODEL,
        _METHOD,
        (
            Column("accuracy", "accuracy, clean"),
            lambda claim: of[claim["dataset"]].shown_accuracy(
                claim["model"], CLEAN, claim["method"], "nota_valid"
            ),
        ),
        _count("n_collapses", "collapses"),
        _estimate("fragility_auroc", "fragility AUROC"),
        _P,
        _VERDICT,
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
        _REASON,
    ]
    sheet = _sheet("claim3_cells", "Claim 3, model by model", _of(study, FORESIGHT, "cell"), parts)
    return sheet.without_empty("beyond_auroc", "beyond_gain", "beyond_p", "reason")


def _of(study: Study, name: str, level: str) -> list[Claim]:
    return [claim for claim in study.claims if claim["claim"] == name and claim["level"] == level]


def _sheet(name: str, title: str, claims: Sequence[Claim], parts: Sequence[Part]) -> Sheet:
    caption = f"{title}: {claims[0]['statistic']}" if claims else title
    rows = tuple(tuple(part(claim) for _, part in parts) for claim in claims)
    sheet = Sheet(name, caption, tuple(column for column, _ in parts), rows)
    several = len({claim["dataset"] for claim in claims}) > 1
    return sheet.without_empty("reason", "group") if several else _without_dataset(sheet)


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
    return blank.without_empty("dataset", "reason", "group")


def _text(key: str, title: str, part: Callable[[Claim], str], filtered: bool = False) -> Part:
    return Column(key, title, "text", filtered), part


def _estimate(key: str, title: str) -> Part:
    return Column(key, title), lambda claim: Estimate(
        claim["estimate"], claim["ci_low"], claim["ci_high"], 0, 0, claim["reason"] or "not given"
    )


def _count(key: str, title: str) -> Part:
    return Column(key, title, "count"), lambda claim: claim["details"].get(key)


def _same_models(claim: Claim) -> Estimate:
    low, high = (claim["details"].get(f"same_models_{end}") for end in ("low", "high"))
    return Estimate(claim["estimate"], low, high, 0, 0, claim["reason"])


_DATASET = _text("dataset", "data set", lambda claim: claim["dataset"])
_CONDITION = _text("condition", "condition", lambda claim: claim["condition"], filtered=True)
_GROUP = _text("group", "group", lambda claim: claim["group"], filtered=True)
_MODEL = _text("model", "model", lambda claim: claim["model"], filtered=True)
_METHOD = _text("method", "method", lambda claim: claim["method"], filtered=True)
_VERDICT = _text("verdict", "verdict", lambda claim: claim["verdict"] or "not asked", filtered=True)
_REASON = _text("reason", "why", lambda claim: claim["reason"] or "")
_P: Part = (Column("p", "p, adjusted", "p"), lambda claim: bare(claim["p_value"]))
_N_MODELS: Part = (Column("n_models", "models asked", "count"), lambda claim: claim["n_models"])


def _vacuous(claim: Claim) -> str:
    return "vacuous" if claim["details"].get("vacuous") and claim["verdict"] == "supported" else ""
