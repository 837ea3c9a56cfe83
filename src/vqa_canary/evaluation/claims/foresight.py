"""Claim 3: among answers right when clean, clean uncertainty ranks those that collapse above the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.counting import counted
from vqa_canary.estimate import ALPHA, LEVEL, MIN_IMAGES, Undefined, number_or_none, undefined
from vqa_canary.evaluation.claims import beyond as beyond_claims
from vqa_canary.evaluation.claims.beyond_others import AtRisk, others_right
from vqa_canary.evaluation.claims.claim import Claim, Verdict
from vqa_canary.evaluation.claims.decisive_size import images_to_decide
from vqa_canary.evaluation.claims.group_verdict import MIN_MODELS, GroupVerdict, group_verdicts, two_thirds
from vqa_canary.evaluation.claims.primary import OVER_METHODS
from vqa_canary.evaluation.collapse import collapsed
from vqa_canary.evaluation.grid import Grid, clean_accuracy
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.auroc import Ranking, rank
from vqa_canary.statistics.clusters import count
from vqa_canary.statistics.jackknife import by_level
from vqa_canary.statistics.multiplicity import holm, reached_by
from vqa_canary.statistics.risk_coverage import caught

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEAK = 0.60
"""Fragility AUROC below which collapses count as not foreseen."""

CELL_RULE = (
    "supported: fragility AUROC above 0.5 at 5 %, adjusted for the number of models times methods (Holm); not "
    "supported: its one-sided 95 % upper limit is below 0.60; inconclusive: else, or fewer than 5 images with a "
    "collapse or with a hold"
)
GROUP_RULE = (
    "over models with enough collapses, at least 3: supported: above 0.5 in at least two thirds of them (tested by "
    f"partial conjunction: p at most 0.05, {OVER_METHODS}); not supported: below 0.60 in more than a third; else "
    "inconclusive"
)

Found = Ranking | Undefined
"""The fragility AUROC of a model and method, or why there is none."""
Cells = dict[tuple[str, str], Found]
"""What was found for each model and method."""


def foresight_claims(grid: Grid, condition: str, primary: str | None = None) -> list[Claim]:
    """Headlines and cells of one condition, on items that are `nota_valid`.

    Parameters
    ----------
    primary : the method whose p-values over models are not adjusted for the others; cells are adjusted over all
    """
    rankings: Cells = {}
    beyond: beyond_claims.Cells = {}
    details: dict[tuple[str, str], dict[str, Any]] = {}
    for key in ((model, method) for model in grid.models for method in grid.methods):
        items = at_risk(grid, condition, *key)
        details[key] = {
            "clean_accuracy": clean_accuracy(grid, *key),
            "n_collapses": int(items.collapse.sum()),
            **_escalated(items),
        }
        try:
            rankings[key] = rank(items.uncertainty, items.collapse, items.images)
        except Undefined:
            rankings[key] = Undefined(_explain(grid, *key, items.collapse, items.images))
        ranking = rankings[key]
        beyond[key] = ranking if isinstance(ranking, Undefined) else beyond_claims.ask_beyond(items)
    p_values = holm(
        [ranking.p_above(0.5) if isinstance(ranking, Ranking) else np.nan for ranking in rankings.values()]
    )
    further = beyond_claims.cell_details(beyond)
    cells = [
        _cell(grid, condition, *key, rankings[key], float(p), details[key] | further[key])
        for key, p in zip(rankings, p_values, strict=True)
    ]
    claims = _headlines(grid, condition, rankings, beyond, primary) + cells
    return [replace(claim, primary=claim.method == primary) for claim in claims]


def at_risk(grid: Grid, condition: str, model: str, method: str) -> AtRisk:
    """The `nota_valid` items answered right when clean, scored both clean and under the condition."""
    clean, shown = grid.cell(CLEAN, model, method), grid.cell(condition, model, method)
    risk, collapse = collapsed(clean.correct, shown.correct)
    kept = risk & grid.fair(condition) & ~np.isnan(clean.uncertainty)
    at = grid.at(CLEAN, model, method)
    others = others_right(grid.correct[at[0], :, at[2]])[at[1]]
    return AtRisk(
        uncertainty=clean.uncertainty[kept],
        collapse=collapse[kept],
        others=others[kept],
        n_options=1 / clean.chance[kept],
        question_type=grid.items["question_type"].to_numpy(str)[kept],
        question_words=grid.question_words[kept],
        images=grid.images[kept],
    )


def _escalated(items: AtRisk) -> dict[str, Any]:
    """Share of the collapses among the fifth of answers that are most uncertain, which a person would check."""
    try:
        share = caught(by_level(items.uncertainty, items.collapse, items.images))
    except Undefined as error:
        share = undefined(str(error))
    return {
        "caught_by_escalating_20": share.value,
        "caught_low": share.ci_low,
        "caught_high": share.ci_high,
    }


def _explain(
    grid: Grid, model: str, method: str, collapse: NDArray[np.bool_], images: NDArray[np.int64]
) -> str:
    """Why there is no fragility AUROC, in words of collapses and holds instead of wrong and right answers."""
    if not len(images):
        missing = "no item is nota_valid and answered right when clean"
        return grid.reasons.get((CLEAN, model, method), missing)
    return (
        f"too few collapses: {counted(count(images[collapse]), 'image')} with a collapse and "
        f"{count(images[~collapse])} with a hold; {MIN_IMAGES} of each are needed"
    )


def _cell(
    grid: Grid,
    condition: str,
    model: str,
    method: str,
    ranking: Found,
    p_value: float,
    details: dict[str, Any],
) -> Claim:
    claim = Claim(
        claim="fragility_is_foreseeable",
        level="cell",
        dataset=grid.dataset,
        condition=condition,
        model=model,
        method=method,
        statement=f"Clean {method} of {model} ranks answers that collapse under {condition} above those "
        "that hold.",
        statistic="fragility AUROC; 95 % interval",
        rule=CELL_RULE,
        n_models=1,
        verdict="inconclusive",
        details=details,
    )
    if isinstance(ranking, Undefined):
        return replace(claim, reason=str(ranking))
    estimate = ranking.estimate()
    verdict, reason = _judge(ranking, p_value)
    return replace(
        claim,
        estimate=estimate.value,
        ci_low=estimate.ci_low,
        ci_high=estimate.ci_high,
        p_value=number_or_none(p_value),
        verdict=verdict,
        n_items=estimate.n,
        reason=reason,
    )


def _judge(ranking: Ranking, p_value: float) -> tuple[Verdict, str | None]:
    if np.isnan(p_value):
        return "inconclusive", "clean uncertainty does not vary"
    if p_value <= ALPHA:
        return "supported", None
    if (upper := ranking.upper(ALPHA)) < WEAK:
        return "not supported", None
    return "inconclusive", (
        f"neither shown (adjusted p {p_value:.3f}) nor ruled out (one-sided upper limit {upper:.3f}, not below "
        f"{WEAK:.2f})"
    )


def _headlines(
    grid: Grid, condition: str, rankings: Cells, beyond: beyond_claims.Cells, primary: str | None
) -> list[Claim]:
    tested = {
        method: [
            ranking
            for model in grid.models
            if isinstance(ranking := rankings[model, method], Ranking) and ranking.varies
        ]
        for method in grid.methods
    }
    p_values = {
        name: [(cell.p_above(0.5), cell.p_below(WEAK)) for cell in cells] for name, cells in tested.items()
    }
    verdicts = group_verdicts(p_values, primary)
    further = beyond_claims.headline_details(beyond, grid.methods, primary)
    sizes = images_to_decide(p_values, primary, grid.n_fair_images(condition))
    return [
        _headline(grid, condition, name, cells, verdicts[name], further[name] | {"to_decide": sizes[name]})
        for name, cells in tested.items()
    ]


def _headline(
    grid: Grid,
    condition: str,
    method: str,
    cells: list[Ranking],
    judged: GroupVerdict,
    further: dict[str, Any],
) -> Claim:
    value, low, high = _reached(cells) if len(cells) >= MIN_MODELS else (None, None, None)
    return Claim(
        claim="fragility_is_foreseeable",
        level="headline",
        dataset=grid.dataset,
        condition=condition,
        method=method,
        statement=f"In most models, clean {method} ranks answers that collapse under {condition} above "
        "those that hold.",
        statistic="fragility AUROC that two thirds of the models reach; 95 % interval",
        rule=GROUP_RULE,
        estimate=value,
        ci_low=low,
        ci_high=high,
        p_value=number_or_none(judged.p_value),
        verdict=judged.verdict,
        n_models=len(cells),
        n_items=max((cell.n for cell in cells), default=0),
        reason=judged.reason,
        details={"at_least": two_thirds(len(cells)), "p_not_supported": number_or_none(judged.p_against)}
        | further,
    )


def _reached(cells: list[Ranking]) -> tuple[float, float, float]:
    """The fragility AUROC that two thirds of the models reach, with its 95 % limits: the u-th largest of them."""
    values, lower, upper = zip(*((cell.value, cell.lower, cell.upper) for cell in cells), strict=True)
    return reached_by(values, lower, upper, two_thirds(len(cells)), (1 - LEVEL) / 2)
