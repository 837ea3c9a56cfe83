"""The report: one self-contained page, made from the tables and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from vqa_canary.report.figures import Point, Slope, intervals, scatter, slopes
from vqa_canary.report.numbers import NOT_MEASURED, Number, Numbers, headline

if TYPE_CHECKING:
    import pandas as pd

CLEAN, NOTA, CONTROL = "clean", "nota_replace", "nota_control"
LEADERBOARD = (
    ("AUROC", CLEAN, "auroc"),
    ("AUPRC", CLEAN, "auprc"),
    ("excess AURC", CLEAN, "excess_aurc"),
    ("PRR", CLEAN, "prr"),
    ("Brier", CLEAN, "brier"),
    ("ECE", CLEAN, "ece"),
    ("ECE of a calibrated model", CLEAN, "ece_noise_floor"),
    ("overconfidence", CLEAN, "overconfidence"),
    ("AUROC, NOTA", NOTA, "auroc"),
    ("overconfidence, NOTA", NOTA, "overconfidence"),
    ("fragility AUROC", NOTA, "fragility_auroc"),
)
"""Columns: title, condition, metric."""

OF_CONFIDENCE = ("brier", "ece", "ece_noise_floor", "overconfidence")
"""Metrics of methods that give a probability of being right."""
NO_PROBABILITY = NOT_MEASURED._replace(reason="no probability")

CLAIMS = {
    "ue_tracks_accuracy": "Over models, a method's AUROC rises with accuracy.",
    "nota_blindness": "When the right option is hidden, accuracy collapses while uncertainty hardly moves.",
    "fragility_is_foreseeable": "Among answers right when clean, clean uncertainty ranks those that will "
    "collapse above those that hold.",
}


@dataclass(frozen=True)
class Study:
    """Everything the page speaks of."""

    name: str
    items: pd.DataFrame
    instances: pd.DataFrame
    quarantine: pd.DataFrame
    metrics: pd.DataFrame
    claims: Sequence[Mapping[str, Any]]
    labels: Sequence[Mapping[str, Any]]
    """How much `label: native` moves each model's ranking of methods."""
    label: str
    """Whose answer `correct` is about: `choice` or `native`."""
    settings: Mapping[str, Any]
    """How to repeat it: label to text."""

    @property
    def models(self) -> list[str]:
        return sorted(self.metrics["model"].unique())

    @property
    def methods(self) -> list[str]:
        return sorted(set(self.metrics["method"]) - {""})

    @property
    def conditions(self) -> list[str]:
        return sorted(self.instances["condition"].unique(), key=lambda name: (name != CLEAN, name))


def render_page(study: Study) -> str:
    """The report as HTML; every text from the data is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("vqa_canary", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    numbers = Numbers(study.metrics)
    datasets = sorted(study.metrics["dataset"].unique())
    return environment.get_template("page.html").render(
        study=study,
        counts=[_counts(study, dataset) for dataset in sorted(study.items["dataset"].unique())],
        refusals=_refusals(study.quarantine),
        datasets=[_dataset(study, numbers, dataset) for dataset in datasets],
        claims=_claims(study.claims),
        undefined=_undefined(study.metrics),
        columns=[title for title, *_ in LEADERBOARD],
    )


def _counts(study: Study, dataset: str) -> dict[str, Any]:
    items = study.items[study.items["dataset"] == dataset]
    asked = study.instances[study.instances["dataset"] == dataset]
    shown = items[items["item_id"].isin(asked["item_id"])]
    refused = study.quarantine
    mine = refused["key"].str.startswith(f"{dataset}/") | (refused["stage"] == "conditions")
    return {
        "dataset": dataset,
        "items": len(items),
        "splits": items["split"].value_counts().sort_index().to_dict(),
        "images": shown["image_id"].nunique(),
        "asked": len(shown),
        "open": int((shown["answer_type"] == "open").sum()),
        "closed": int((shown["answer_type"] == "closed").sum()),
        "nota_valid": int(shown["nota_valid"].sum()),
        "options": shown["options"].map(len).value_counts().sort_index().to_dict(),
        "instances": asked["condition"].value_counts().sort_index().to_dict(),
        "refused": refused[mine]["stage"].value_counts().sort_index().to_dict(),
    }


def _refusals(quarantine: pd.DataFrame) -> list[dict[str, Any]]:
    """Reasons with how often each was given and one key as an example, commonest first."""
    kinds = quarantine.assign(kind=_kind(quarantine["reason"]))
    found = kinds.groupby(["stage", "kind"], sort=True).agg(
        n=("key", "size"), key=("key", "first"), reason=("reason", "first")
    )
    rows = found.reset_index().sort_values(["n", "stage", "kind"], ascending=[False, True, True])
    return _records(rows)


def _kind(reasons: pd.Series) -> pd.Series:
    """Reasons without what differs from row to row: what is quoted, and numbers."""
    return reasons.str.replace(r"('[^']*'|\"[^\"]*\"|\d+(\.\d+)?)", "…", regex=True)


def _dataset(study: Study, numbers: Numbers, dataset: str) -> dict[str, Any]:
    def get(model: str, condition: str, metric: str, method: str = "") -> Number:
        return numbers.get(model, dataset, condition, metric, method)

    return {
        "name": dataset,
        "accuracy": [
            (model, [get(model, condition, "accuracy") for condition in study.conditions])
            for model in study.models
        ],
        "answers": [
            (model, [get(model, CLEAN, metric) for metric in ("option_mass", "named_share", "failed_share")])
            for model in study.models
        ],
        "leaderboard": _leaderboard(study, get),
        "figures": _figures(study, dataset, get),
        "headline": {condition: headline(condition) for condition in study.conditions},
    }


def _leaderboard(study: Study, get: Any) -> list[dict[str, Any]]:
    rows = []
    for model in study.models:
        for method in study.methods:
            cells = [
                NO_PROBABILITY if number is NOT_MEASURED and metric in OF_CONFIDENCE else number
                for _, condition, metric in LEADERBOARD
                for number in [get(model, condition, metric, method)]
            ]
            best = get(model, CLEAN, "auroc_not_distinguishable_from_best", method).value == 1.0
            rows.append({"model": model, "method": method, "cells": cells, "best": best})
    return sorted(rows, key=lambda row: (row["model"], -(row["cells"][0].value or 0.0), row["method"]))


def _figures(study: Study, dataset: str, get: Any) -> dict[str, str]:
    tracking = [
        Point(model, method, accuracy.value, auroc.value, auroc.low, auroc.high)
        for model in study.models
        for method in study.methods
        if (accuracy := get(model, CLEAN, "accuracy")).value is not None
        and (auroc := get(model, CLEAN, "auroc", method)).value is not None
    ]
    figures = {
        "tracking": scatter(tracking, "accuracy, clean", "AUROC, clean", _calibrated(study, dataset))
        if tracking
        else ""
    }
    if NOTA not in study.conditions:
        return figures
    panels = [
        ("accuracy", _slopes(study.models, lambda model, c: [get(model, c, "accuracy")])),
        (
            "mean uncertainty, average over models",
            _slopes(study.methods, lambda k, c: [get(m, c, "mean_uncertainty", k) for m in study.models]),
        ),
    ]
    fragility = [
        Point(method, model, number.value, number.value, number.low, number.high)
        for model in study.models
        for method in study.methods
        if (number := get(model, NOTA, "fragility_auroc", method)).value is not None
    ]
    figures["blindness"] = slopes([panel for panel in panels if panel[1]], CLEAN, NOTA)
    figures["fragility"] = intervals(fragility, "fragility AUROC", null=0.5) if fragility else ""
    return figures


def _calibrated(study: Study, dataset: str) -> list[Point]:
    """What a perfectly calibrated model of each model's accuracy would show (claim 1's reference)."""
    found = {
        point["model"]: Point(
            point["model"], "if perfectly calibrated", point["accuracy"], point["auroc_if_calibrated"]
        )
        for claim in study.claims
        if claim["claim"] == "ue_tracks_accuracy"
        for point in claim["details"].get("points", ())
        if point["dataset"] == dataset and point["auroc_if_calibrated"] is not None
    }
    return list(found.values())


def _slopes(labels: Sequence[str], get: Callable[[str, str], list[Number]]) -> list[Slope]:
    """A line for each label: the mean of its numbers, where none is undefined, clean and under NOTA."""
    found = []
    for label in labels:
        before, after = ([number.value for number in get(label, condition)] for condition in (CLEAN, NOTA))
        if None not in before + after:
            known = [[value for value in values if value is not None] for values in (before, after)]
            found.append(Slope(label, fmean(known[0]), fmean(known[1])))
    return found


def _claims(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each claim with its headlines and its cells, in the order given."""
    names = dict.fromkeys(str(claim["claim"]) for claim in claims)
    return [
        {
            "name": name,
            "title": name.replace("_", " ").capitalize().replace("Ue ", "UE ").replace("Nota ", "NOTA "),
            "text": CLAIMS.get(name, ""),
            "verdicts": _verdicts([one for one in claims if one["claim"] == name]),
            "headlines": [one for one in claims if one["claim"] == name and one["level"] == "headline"],
            "cells": [one for one in claims if one["claim"] == name and one["level"] == "cell"],
        }
        for name in names
    ]


def _verdicts(claims: Sequence[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """How often each verdict was given, by level and condition: a control is no hidden answer."""
    found: dict[str, Counter[str]] = {}
    for one in claims:
        level = "Over models" if one["level"] == "headline" else "Model by model"
        title = f"{level}, {one['condition']}{' (control)' if one['condition'] == CONTROL else ''}"
        found.setdefault(title, Counter())[str(one["verdict"] or "not asked")] += 1
    return found


def _undefined(metrics: pd.DataFrame) -> list[dict[str, Any]]:
    """Reasons for undefined numbers, with how many there are and which metrics they concern."""
    without = metrics[metrics["value"].isna()]
    found = (
        without.assign(reason=_kind(without["reason"]))
        .groupby("reason", sort=True)
        .agg(n=("metric", "size"), metrics=("metric", lambda names: ", ".join(sorted(set(names)))))
    )
    return _records(found.reset_index().sort_values(["n", "reason"], ascending=[False, True]))


def _records(data: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in data.to_dict("records")]
