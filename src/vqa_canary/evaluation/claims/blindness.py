"""Rows of claim 2: for each of its two lines a cell for each model and method, a headline for each group and method."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.counting import counted
from vqa_canary.estimate import ALPHA, Undefined, number_or_none
from vqa_canary.evaluation.claims.blindness_lines import BLIND, LINES, Line
from vqa_canary.evaluation.claims.claim import Claim
from vqa_canary.evaluation.claims.decisive_size import images_to_decide
from vqa_canary.evaluation.claims.group_verdict import MIN_MODELS, GroupVerdict, group_verdicts, two_thirds
from vqa_canary.evaluation.claims.nota_blindness import DESERVED, Blindness, PairedItems, blindness
from vqa_canary.evaluation.grid import Grid, clean_accuracy
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.calibration import overconfidence
from vqa_canary.statistics.standardised_shift import shift

if TYPE_CHECKING:
    from collections.abc import Mapping

REMOVED = "answer_removed"
"""The condition that drops the right option: nothing is right, so uncertainty should rise."""

Found = Blindness | Undefined
"""What was found of a model and method, or why the claim cannot be asked of them."""
Cells = dict[tuple[str, str], Found]
"""What was found for each model and method."""


def blindness_claims(
    grid: Grid, condition: str, groups: Mapping[str, str], primary: str | None = None
) -> list[Claim]:
    """Headlines and cells of one condition, on items that are `nota_valid`, for both lines of the claim.

    Parameters
    ----------
    groups : group by model; each gets headlines of its own, and models without one form a group together
    primary : the method whose p-values over models are not adjusted for the others
    """
    results: Cells = {
        (model, method): _ask(grid, condition, model, method)
        for model in grid.models
        for method in grid.methods
    }
    claims = []
    for line in LINES:
        for group in sorted({groups.get(model, "") for model in grid.models}):
            members = [model for model in grid.models if groups.get(model, "") == group]
            claims += _headlines(grid, condition, line, group, members, results, primary)
        claims += [
            _cell(grid, condition, line, groups.get(key[0], ""), *key, result)
            for key, result in results.items()
        ]
    return [replace(claim, primary=claim.method == primary) for claim in claims]


def pair(grid: Grid, condition: str, model: str, method: str) -> PairedItems:
    """The items of a model and method that are scored both clean and under the condition.

    Raises
    ------
    Undefined : there are none
    """
    fair = grid.fair(condition)
    clean, shown = grid.cell(CLEAN, model, method, fair), grid.cell(condition, model, method, fair)
    arrays = clean.uncertainty, shown.uncertainty, clean.correct, shown.correct
    kept = ~np.isnan(arrays).any(axis=0)
    if not kept.any():
        missing = "no item is nota_valid and scored both clean and under the condition"
        raise Undefined(shown.no_value or clean.no_value or missing)
    before, after, right_before, right_after = (values[kept] for values in arrays)
    chance = float(clean.chance[kept].mean())
    return PairedItems(before, after, right_before, right_after, clean.images[kept], chance)


def _ask(grid: Grid, condition: str, model: str, method: str) -> Found:
    try:
        return blindness(pair(grid, condition, model, method))
    except Undefined as error:
        return error


def _cell(
    grid: Grid, condition: str, line: Line, group: str, model: str, method: str, result: Found
) -> Claim:
    claim = Claim(
        claim=line.claim,
        level="cell",
        dataset=grid.dataset,
        condition=condition,
        group=group,
        model=model,
        method=method,
        statement=f"Under {condition}, {model} loses accuracy while its {method} {line.says}.",
        statistic="shift of uncertainty in standard deviations of clean uncertainty; 90 % interval",
        rule=line.cell_rule,
        n_models=1,
    )
    if isinstance(result, Undefined):
        return replace(claim, reason=str(result))
    verdict, reason = line.verdict(result)
    details = {"vacuous": result.vacuous, "p_not_supported": result.p_against}
    if line is BLIND:  # numbers that both lines share are told once
        details |= _cell_details(grid, condition, model, method, result)
    return replace(
        claim,
        estimate=result.shift.value,
        ci_low=result.shift.lower(ALPHA),
        ci_high=result.shift.upper(ALPHA),
        p_value=line.p_value(result),
        verdict=verdict,
        reason=reason,
        n_items=result.shift.n,
        details=details,
    )


def _cell_details(grid: Grid, condition: str, model: str, method: str, result: Blindness) -> dict[str, Any]:
    rise = result.rise.estimate()
    return {
        "clean_accuracy": clean_accuracy(grid, model, method),
        "accuracy_drop": result.drop.value,
        "drop_low": number_or_none(result.drop.lower(ALPHA)),
        "drop_high": number_or_none(result.drop.upper(ALPHA)),
        "auroc_nota_against_clean": rise.value,
        "auroc_low": rise.ci_low,
        "auroc_high": rise.ci_high,
        "deserved_shift": result.deserved,
        "response_ratio": number_or_none(result.response),
        **_when_removed(grid, model, method),
        **{f"overconfidence_{name}": _over(grid, name, model, method) for name in (CLEAN, condition)},
    }


def _when_removed(grid: Grid, model: str, method: str) -> dict[str, Any]:
    """Shift of uncertainty when the answer is dropped and nothing is right, with 90 % limits like those of the cell."""
    names = [f"{REMOVED}_shift{end}" for end in ("", "_low", "_high")]
    if REMOVED not in grid.conditions:
        return dict.fromkeys(names)
    fair = grid.fair(REMOVED)
    clean, shown = (grid.cell(name, model, method, fair).uncertainty for name in (CLEAN, REMOVED))
    kept = ~(np.isnan(clean) | np.isnan(shown))
    try:
        moved = shift(clean[kept], shown[kept], grid.images[fair][kept])
    except Undefined:
        return dict.fromkeys(names)
    return dict(zip(names, (moved.value, moved.lower(ALPHA), moved.upper(ALPHA)), strict=True))


def _over(grid: Grid, condition: str, model: str, method: str) -> float | None:
    sure = grid.cell(condition, model, method, grid.nota_valid).confident()
    return overconfidence(sure.confidence, sure.correct, sure.images).value


def _headlines(
    grid: Grid,
    condition: str,
    line: Line,
    group: str,
    models: list[str],
    results: Cells,
    primary: str | None,
) -> list[Claim]:
    eligible = {
        method: [cell for model in models if isinstance(cell := results[model, method], Blindness)]
        for method in grid.methods
    }
    p_values = {
        name: [(line.p_value(cell), cell.p_against) for cell in cells] for name, cells in eligible.items()
    }
    verdicts = group_verdicts(p_values, primary)
    sizes = images_to_decide(p_values, primary, grid.n_fair_images(condition))
    return [
        _headline(grid, condition, line, group, name, cells, verdicts[name], sizes[name])
        for name, cells in eligible.items()
    ]


def _headline(
    grid: Grid,
    condition: str,
    line: Line,
    group: str,
    method: str,
    cells: list[Blindness],
    judged: GroupVerdict,
    to_decide: dict[str, Any] | None,
) -> Claim:
    value, low, high = line.reached(cells) if len(cells) >= MIN_MODELS else (None, None, None)
    own = [line.verdict(cell)[0] for cell in cells]
    vacuous = sum(cell.vacuous for cell, verdict in zip(cells, own, strict=True) if verdict == "supported")
    reason = judged.reason
    if judged.verdict == "supported" and vacuous:
        reason = (
            f"proves little in {vacuous} of {counted(len(cells), 'model')}: their errors deserve a shift below "
            f"{DESERVED} standard deviations"
        )
    return Claim(
        claim=line.claim,
        level="headline",
        dataset=grid.dataset,
        condition=condition,
        group=group,
        method=method,
        statement=f"Under {condition}, most models{f' of {group}' if group else ''} lose accuracy while "
        f"{method} {line.says}.",
        statistic=line.statistic,
        rule=line.group_rule,
        estimate=value,
        ci_low=low,
        ci_high=high,
        p_value=number_or_none(judged.p_value),
        verdict=judged.verdict,
        n_models=len(cells),
        n_items=max((cell.shift.n for cell in cells), default=0),
        reason=reason,
        details={
            "at_least": two_thirds(len(cells)),
            **{f"n_{name.replace(' ', '_')}": own.count(name) for name in ("supported", "not supported")},
            "n_falls": sum(cell.falls for cell in cells),
            "n_vacuous": vacuous,
            "p_not_supported": number_or_none(judged.p_against),
            "to_decide": to_decide,
            "median_drop": float(np.median([cell.drop.value for cell in cells])) if cells else None,
        },
    )
