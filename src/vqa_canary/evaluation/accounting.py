"""Row accounting: every stage says where each of its rows went, and nothing may be left over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vqa_canary.counting import counted
from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
Key = tuple[str, str]
"""Dataset and id of an item."""

_JUDGED = ("auroc", "auprc", "aurc", "excess_aurc", "prr")
"""Metrics over the instances that have an uncertainty and an answer that is right or wrong."""
_CONFIDENT = ("ece", "brier", "overconfidence", "calibration_error_debiased")
"""Metrics over the instances that have a confidence and such an answer: all that have an uncertainty, or none, where a
method has no confidence."""
_STATED = tuple(f"stated_{name}" for name in _CONFIDENT)
"""The same for the confidence that a method states itself."""


@dataclass(frozen=True)
class AccountedTables:
    """The tables of one study, as data frames."""

    items: pd.DataFrame
    instances: pd.DataFrame
    quarantine: pd.DataFrame
    evidence: pd.DataFrame
    scores: pd.DataFrame
    metrics: pd.DataFrame


def account(
    tables: AccountedTables,
    models: Sequence[str],
    conditions: Sequence[str],
    methods: Sequence[str],
    parts: Mapping[str, Collection[Key]] = MappingProxyType({}),
) -> list[Row]:
    """One row for each equation: `stage`, `about`, `what` is counted, how many (`n`), and the `parts` of that.

    - records = usable items + refused records
    - usable items = items asked + items that the study does not select
    - items asked x conditions = instances + conditions that do not apply to an item + items that a condition's
      `at_most` or `of` leaves out
    - instances = answered + failed, for each model
    - (answered + failed) x methods = scores + scores without an uncertainty by reason, for each model
    - instances of all models = those that a method's AUROC counts + those it cannot count by reason, for each method

    Parameters
    ----------
    parts : of each condition that is shown on a part of the items, which those are

    Raises
    ------
    BadInput : an equation does not hold, so that rows were lost, doubled or invented on the way; the message says
        where and how many
    """
    rows = [
        *_data(tables, conditions, parts),
        *_evidence(tables, models),
        *_scores(tables, models, methods),
        *_metrics(tables, methods),
    ]
    for row in rows:
        total = sum(row["parts"].values())
        if total != row["n"]:
            place = ", ".join(filter(None, ("row accounting", row["stage"], row["about"])))
            told = " + ".join(f"{n} {name}" for name, n in row["parts"].items())
            raise BadInput(
                f"{place}: {row['n']} {row['what']} are not {told} = {total}. "
                "Rows were lost or doubled between two tables: make this stage and the ones after it anew."
            )
    return rows


def _row(stage: str, about: str, what: str, n: int, parts: Mapping[str, int]) -> Row:
    return {"stage": stage, "about": about, "what": what, "n": int(n), "parts": dict(parts)}


def asked_items(instances: pd.DataFrame, quarantine: pd.DataFrame) -> set[Key]:
    """Dataset and id of every item that was shown, or that some condition did not apply to."""
    of_conditions = quarantine["stage"] == "conditions"
    unfit = _unfit(quarantine.loc[of_conditions, "key"])
    shown = set(instances[["dataset", "item_id"]].itertuples(index=False, name=None))
    return shown | {(dataset, item) for dataset, item, _ in unfit}


def _data(
    tables: AccountedTables, conditions: Sequence[str], parts: Mapping[str, Collection[Key]]
) -> Iterator[Row]:
    """From records to items to instances."""
    items, instances, quarantine = tables.items, tables.instances, tables.quarantine
    key = ["dataset", "item_id"]
    usable = set(items[key].itertuples(index=False, name=None))
    of_conditions = quarantine["stage"] == "conditions"
    refused = quarantine.loc[~of_conditions, ["stage", "key"]]
    records = len(usable) + len(refused.drop_duplicates())
    yield _row("items", "", "records", records, {"usable": len(items), "refused": len(refused)})
    unfit = _unfit(quarantine.loc[of_conditions, "key"])
    asked = asked_items(instances, quarantine)
    strangers = asked - usable  # there should be none; if there are, the equation below does not hold
    yield _row(
        "selection",
        "",
        "usable items",
        len(usable) + len(strangers),
        {"asked": len(asked & usable), "not selected": len(usable - asked)},
    )
    left_out = {"left out by `at_most` or `of`": sum(len(asked - set(part)) for part in parts.values())}
    yield _row(
        "instances",
        "",
        f"items asked x {counted(len(conditions), 'condition')}",
        len(asked) * len(conditions),
        {"instances": len(instances), "not applicable": len(unfit)} | (left_out if parts else {}),
    )


def _unfit(keys: pd.Series) -> list[tuple[str, str, str]]:
    """Dataset, item and condition of the keys `dataset/item condition`."""
    unfit = []
    for key in keys:
        place, _, condition = str(key).rpartition(" ")
        dataset, _, item = place.partition("/")
        unfit.append((dataset, item, condition))
    return unfit


def _evidence(tables: AccountedTables, models: Sequence[str]) -> Iterator[Row]:
    """From instances to answers of each model."""
    known = tables.evidence["instance_id"].isin(tables.instances["instance_id"])
    for model in models:
        rows = tables.evidence[known & (tables.evidence["model"] == model)]
        status = rows["status"].value_counts()
        parts = {"answered": int(status.get("ok", 0)), "failed": int(status.get("failed", 0))}
        yield _row("evidence", model, "instances", len(tables.instances), parts)
    of_others = int((~known | ~tables.evidence["model"].isin(models)).sum())
    yield _row("evidence", "", "rows of no instance or model of this study", of_others, {"expected": 0})


def _scores(tables: AccountedTables, models: Sequence[str], methods: Sequence[str]) -> Iterator[Row]:
    """From answers to uncertainties of each model."""
    asked = tables.evidence["model"].value_counts()
    by_model = dict(iter(tables.scores.groupby("model")))
    for model in models:
        rows = by_model.get(model, tables.scores.iloc[:0])
        without = rows["uncertainty"].isna()
        parts = {"with an uncertainty": int((~without).sum()), **_reasons(rows.loc[without, "reason"])}
        what = f"rows of evidence x {counted(len(methods), 'method')}"
        yield _row("scores", model, what, int(asked.get(model, 0)) * len(methods), parts)


def _metrics(tables: AccountedTables, methods: Sequence[str]) -> Iterator[Row]:
    """From uncertainties to what the metrics of each method count."""
    scores = tables.scores
    n_instances, n_models = len(tables.instances), scores["model"].nunique()
    behind = _counted(tables.metrics)
    for method in methods:
        rows = scores[scores["method"] == method]
        no_value, no_label = rows["uncertainty"].isna(), rows["correct"].isna()
        parts = {
            "counted by AUROC": behind.get(method, 0),
            **_reasons(rows.loc[no_value, "reason"]),
            "without a right or wrong answer": int((~no_value & no_label).sum()),
        }
        yield _row(
            "metrics", method, f"instances x {counted(n_models, 'model')}", n_instances * n_models, parts
        )
    yield from _sizes(tables)


def _counted(metrics: pd.DataFrame) -> dict[str, int]:
    """Instances behind each method's AUROC, over all models, datasets and conditions."""
    rows = metrics[(metrics["metric"] == "auroc") & (metrics["subset"] == "all")]
    return {str(method): int(n) for method, n in rows.groupby("method")["n"].sum().items()}


def _sizes(tables: AccountedTables) -> Iterator[Row]:
    """Every metric over all items counts what it must, cell by cell; one row for each kind of metric."""
    scores, cell = tables.scores, ["model", "dataset", "condition", "method"]
    known, judged = scores["uncertainty"].notna(), scores["correct"].notna()
    kinds = {
        "instances with an uncertainty and a right or wrong answer": (_JUDGED, known & judged),
        "instances with a confidence and a right or wrong answer": (_CONFIDENT, known & judged),
        "instances with a stated confidence and a right or wrong answer": (
            _STATED,
            scores["confidence"].notna() & judged,
        ),
        "instances with an uncertainty": (("mean_uncertainty",), known),
    }
    for what, (names, counts) in kinds.items():
        wanted = counts.groupby([scores[name] for name in cell]).sum().rename("wanted").reset_index()
        rows = tables.metrics[tables.metrics["metric"].isin(names) & (tables.metrics["subset"] == "all")]
        held = rows.merge(wanted, on=cell, how="left")
        # A metric without a value may say that it counted nothing: why stands beside it, and is no number of rows.
        held = held[held["value"].notna() | (held["n"] > 0)]
        wrong = int((held["n"] != held["wanted"]).sum())
        yield _row("metrics", ", ".join(names), f"cells that do not count the {what}", wrong, {"expected": 0})


def _reasons(reasons: pd.Series) -> dict[str, int]:
    """How many rows there are of each reason; a row without one is told as such."""
    named = reasons.fillna("no reason given").value_counts().sort_index()
    return {f"null: {reason}": int(n) for reason, n in named.items()}
