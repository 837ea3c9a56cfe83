"""The paper's findings and this study's numbers beside them, one row a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate, bare
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import (
    BLINDNESS,
    FORESIGHT,
    STILLNESS,
    WITHIN,
    column_of,
    points_of,
)
from vqa_canary.rows import CLEAN

BEST = "label_nll"
"""The method that discriminates best, as the paper is reported."""
BEST_CALIBRATED = ("pro", "radial_dispersion")
"""The methods that calibrate best, as the paper is reported: PRO and RDS."""

COLUMNS = (
    Column("dataset", "data set", "text"),
    Column("finding", "the paper found", "text"),
    Column("number", "number of this study", "text"),
    Column("value", "value"),
    Column("found", "this study found", "text"),
    Column("differs", "what differs", "text"),
)

Row = tuple[Cell, ...]


def paper(views: Sequence[View]) -> Sheet:
    """Each finding that the paper reports, with the numbers of this study that speak of it, and what differs."""
    makers = (_discrimination, _calibration, _modalities, _hidden, _anticipation)
    rows = tuple((view.dataset, *row) for view in views for make in makers for row in make(view))
    caption = "What the paper found, as reported by a digest of its first version, and what this study found"
    return Sheet("paper_and_study", caption, COLUMNS, rows).without_constant("dataset")


def _discrimination(view: View) -> Iterator[Row]:
    finding = "Label NLL discriminates best"
    differs = "Methods are held apart only where this study can tell them apart, with images as the unit."
    number = f"AUROC of {BEST}, clean, mean over models"
    if BEST not in view.study.methods:
        yield finding, number, _absent(BEST), "", differs
        return
    means = {
        method: fmean(known) for method in view.study.methods if (known := _values(view, "auroc", method))
    }
    if BEST not in means:
        yield finding, number, bare(None, "no model has one"), "", differs
        return
    place = sorted(means, key=lambda name: (-means[name], name)).index(BEST) + 1
    level = _values(view, "auroc_not_distinguishable_from_best", BEST)
    said = f"Place {place} of {len(means)}; not distinguishable from the best in {sum(level):.0f} of "
    said += f"{counted(len(level), 'model')}."
    yield finding, number, bare(means[BEST]), said, differs
    others = [name for name in means if name != BEST]
    if others:
        other = max(others, key=lambda name: (means[name], name))
        gap = _difference(view, BEST, other)
        said = "" if gap.value is None else _sign_of(gap, BEST, other)
        yield finding, f"AUROC of {BEST} minus that of {other}, the best other method", gap, said, differs


def _calibration(view: View) -> Iterator[Row]:
    finding = "PRO and RDS calibrate best"
    differs = (
        "How uncertainty becomes a confidence, and the bins of the ECE: the settings stand below the page."
    )
    medians = {
        method: median(known) for method in view.study.methods if (known := _values(view, "ece", method))
    }
    for method in BEST_CALIBRATED:
        number = f"ECE of {method}, clean, median over models"
        if method not in view.study.methods:
            yield finding, number, _absent(method), "", differs
        elif method not in medians:
            yield (
                finding,
                number,
                bare(None, f"{method} gives no confidence here, so it has no ECE"),
                "",
                differs,
            )
        else:
            known = _values(view, "ece", method)
            lowest = min(medians, key=lambda name: (medians[name], name))
            place = sorted(medians, key=lambda name: (medians[name], name)).index(method) + 1
            said = f"{span(min(known), max(known))} over {counted(len(known), 'model')}; place {place} of "
            said += f"{len(medians)}, the lowest is {prose(medians[lowest])} of {lowest}."
            yield finding, number, bare(medians[method]), said, differs


def _modalities(view: View) -> Iterator[Row]:
    finding = "Uncertainty fails on modalities of low accuracy"
    differs = "Here each model has a correlation of its own, and modalities are exchanged by chance to test their mean."
    claim = _of_primary(view, WITHIN, CLEAN)
    if claim is None:
        reason = "not asked: evaluation.tracking_over names no column"
        yield finding, "rank correlation of AUROC with accuracy", bare(None, reason), "", differs
        return
    what = column_of(claim)
    number = f"rank correlation of AUROC ({claim['method']}) with accuracy over {what}, mean over models"
    yield finding, number, _number(claim), _verdict(claim), differs
    ends = [_ends(claim, model) for model in view.study.models]
    known = [pair for pair in ends if pair is not None]
    if known:
        low, high = (median(values) for values in zip(*known, strict=True))
        said = f"Where accuracy is highest: {prose(high)}."
        number = f"AUROC ({claim['method']}) in a model's {what} of lowest accuracy, median over models"
        yield finding, number, bare(low), said, differs


def _hidden(view: View) -> Iterator[Row]:
    finding = "Under NOTA accuracy falls sharply and uncertainty hardly moves"
    differs = "Blind (does not rise) stands beside hardly moves; models are judged in groups, and two thirds decide."
    for group in dict.fromkeys(view.study.groups.get(model, "") for model in view.study.models):
        blind, still = (_of_primary(view, name, view.nota, group) for name in (BLINDNESS, STILLNESS))
        if blind is None or still is None:
            reason = "not asked: no condition of this study hides the answer"
            yield finding, "accuracy lost", bare(None, reason), "", differs
            return
        about = f"{group}, {view.nota}" if group else str(view.nota)
        models = [model for model in view.study.models if view.study.groups.get(model, "") == group]
        drops = [
            value
            for model in models
            for method in ("", blind["method"])
            if (value := view.get(model, str(view.nota), "accuracy_drop", method).value) is not None
        ]
        said = f"{span(min(drops), max(drops))} over {counted(len(models), 'model')}." if drops else ""
        drop = bare(median(drops)) if drops else bare(None, "no model has an accuracy both clean and hidden")
        yield finding, f"accuracy lost, median over models ({about})", drop, said, differs
        for claim, end in ((blind, "do not exceed"), (still, "stay within")):
            number = (
                f"shift of {claim['method']} that two thirds of the models {end}, in standard deviations, "
            )
            number += f"90 % ({about})"
            line = "blind" if claim is blind else "hardly moves"
            yield finding, number, _number(claim), f"{line}: {_verdict(claim)}", differs


def _anticipation(view: View) -> Iterator[Row]:
    finding = "Clean uncertainty anticipates which answers will fail"
    differs = "Judged among answers that were right when clean, and for two thirds of the models."
    claim = _of_primary(view, FORESIGHT, view.nota)
    if claim is None:
        reason = "not asked: no condition of this study hides the answer"
        yield finding, "fragility AUROC", bare(None, reason), "", differs
        return
    number = f"fragility AUROC of {claim['method']} that two thirds of the models reach ({view.nota})"
    yield finding, number, _number(claim), _verdict(claim), differs


def _values(view: View, metric: str, method: str) -> list[float]:
    """The metric of each model that has it, clean."""
    numbers = (view.get(model, CLEAN, metric, method).value for model in view.study.models)
    return [number for number in numbers if number is not None]


def _difference(view: View, method: str, other: str) -> Estimate:
    """AUROC of one method less that of another, averaged over models, with its simultaneous interval."""
    for row in view.study.comparison:
        if (
            row["dataset"] == view.dataset
            and not row["model"]
            and {row["method"], row["other"]} == {method, other}
        ):
            number = Estimate.of({"value": row["difference"], "reason": None, **row})
            if row["method"] == method or number.value is None:
                return number
            low, high = (None if end is None else -end for end in (number.ci_high, number.ci_low))
            return Estimate(-number.value, low, high, number.n, number.n_clusters)
    return bare(None, "the two were not compared over all models")


def _sign_of(gap: Estimate, method: str, other: str) -> str:
    if gap.ci_low is None or gap.ci_high is None:
        return ""
    if gap.ci_low <= 0 <= gap.ci_high:
        return "The two are not distinguishable."
    return f"{method if gap.ci_low > 0 else other} discriminates better."


def _of_primary(view: View, name: str, condition: str | None, group: str = "") -> Mapping[str, Any] | None:
    """The headline of the primary method; without one, of the method that pictures show."""
    claims = view.claims(name, "headline", condition) if condition else []
    return next((one for one in claims if one["method"] == view.plainest and one["group"] == group), None)


def _ends(claim: Mapping[str, Any], model: str) -> tuple[float, float] | None:
    """AUROC of a model in its subgroup of the lowest and in that of the highest accuracy; None with fewer than two."""
    points = sorted(
        (one["accuracy"], one["subgroup"], one["auroc"])
        for one in points_of(claim)
        if one["model"] == model and one["auroc"] is not None
    )
    return (points[0][-1], points[-1][-1]) if len(points) > 1 else None


def _number(claim: Mapping[str, Any]) -> Estimate:
    return Estimate(
        claim["estimate"],
        claim["ci_low"],
        claim["ci_high"],
        claim["n_items"],
        0,
        claim["reason"] or "not given",
    )


def _verdict(claim: Mapping[str, Any]) -> str:
    return f"{claim['verdict'] or 'not asked'}{'; ' + claim['reason'] if claim['reason'] else ''}."


def _absent(method: str) -> Estimate:
    return bare(None, f"{method} is not among this study's methods")
