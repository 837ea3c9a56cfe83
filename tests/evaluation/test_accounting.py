"""Every row of every stage is accounted for, and one that is lost, doubled or invented is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from vqa_canary.errors import BadInput
from vqa_canary.evaluation.accounting import AccountedTables, account
from vqa_canary.evaluation.confidences import Way, with_confidence
from vqa_canary.evaluation.grid import grids
from vqa_canary.evaluation.table import metrics_table


@pytest.fixture(scope="session")
def study(shared_project: Path) -> AccountedTables:
    """AccountedTables of a small study that was run."""

    def read(name: str) -> pd.DataFrame:
        [path] = (shared_project / "data").glob(f"*/phantom/{name}")
        table: pd.DataFrame = pq.read_table(path).to_pandas()
        return table

    names = ("items", "instances", "quarantine", "evidence/*/*", "scores", "metrics")
    return AccountedTables(*(read(f"{name}.parquet") for name in names))


Parts = dict[str, list[tuple[str, str]]]


def fair_parts(tables: AccountedTables) -> Parts:
    """The items of the conditions that the study asks of fair questions alone."""
    fair = tables.items[tables.items["nota_valid"]]
    keys = list(zip(fair["dataset"], fair["item_id"], strict=True))
    assert 0 < len(keys) < len(tables.items)
    return dict.fromkeys(("nota_replace", "nota_last", "nota_control"), keys)


def rows_of(tables: AccountedTables) -> list[dict[str, Any]]:
    models, methods = (sorted(tables.scores[name].unique()) for name in ("model", "method"))
    conditions = sorted(tables.instances["condition"].unique())
    return account(tables, models, conditions, methods, fair_parts(tables))


def test_the_parts_of_every_stage_add_up(study: AccountedTables) -> None:
    rows = rows_of(study)
    assert {row["stage"] for row in rows} == {
        "items",
        "selection",
        "instances",
        "evidence",
        "scores",
        "metrics",
    }
    assert all(sum(row["parts"].values()) == row["n"] for row in rows)
    [instances] = [row for row in rows if row["stage"] == "instances"]
    assert instances["parts"]["instances"] == len(study.instances)
    assert instances["parts"]["not applicable"] == len(study.quarantine) > 0
    [told] = [row for row in rows if row["about"] == "label_nll"]
    judged = study.scores[(study.scores["method"] == "label_nll") & study.scores["correct"].notna()]
    assert told["parts"]["counted by AUROC"] == len(judged)
    assert told["n"] == len(study.instances)


def lose(name: str) -> Callable[[AccountedTables], AccountedTables]:
    return lambda tables: replace(tables, **{name: getattr(tables, name).iloc[1:]})


def double(name: str) -> Callable[[AccountedTables], AccountedTables]:
    return lambda tables: replace(
        tables, **{name: pd.concat([getattr(tables, name), getattr(tables, name).iloc[:1]])}
    )


def of_stranger(tables: AccountedTables) -> AccountedTables:
    stranger = tables.evidence.iloc[:1].assign(instance_id="0" * 16)
    return replace(tables, evidence=pd.concat([tables.evidence, stranger]))


def of_another_model(tables: AccountedTables) -> AccountedTables:
    return replace(tables, evidence=pd.concat([tables.evidence, tables.evidence.assign(model="other")]))


def miscounted(metric: str) -> Callable[[AccountedTables], AccountedTables]:
    def change(tables: AccountedTables) -> AccountedTables:
        rows = (tables.metrics["metric"] == metric) & (tables.metrics["subset"] == "all")
        at = tables.metrics.index[rows & tables.metrics["value"].notna()][0]
        metrics = tables.metrics.copy()
        metrics.loc[at, "n"] -= 1
        return replace(tables, metrics=metrics)

    return change


FAULTS: dict[str, tuple[Callable[[AccountedTables], AccountedTables], str]] = {
    "an item lost": (lose("items"), "selection"),
    "an item doubled": (double("items"), "items"),
    "an instance lost": (lose("instances"), "instances"),
    "an instance doubled": (double("instances"), "instances"),
    "a refusal lost": (lose("quarantine"), "instances"),
    "a row of evidence lost": (lose("evidence"), "evidence"),
    "a row of evidence doubled": (double("evidence"), "evidence"),
    "evidence of no instance": (of_stranger, "evidence, rows|evidence"),
    "evidence of another model": (of_another_model, "evidence"),
    "a score lost": (lose("scores"), "scores"),
    "a score doubled": (double("scores"), "scores"),
    "auroc": (miscounted("auroc"), "metrics"),
    "aurc": (miscounted("aurc"), "metrics, auroc, auprc"),
    "stated brier": (miscounted("stated_brier"), "metrics, stated_ece, stated_brier"),
    "mean uncertainty": (miscounted("mean_uncertainty"), "metrics, mean_uncertainty"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_that_is_lost_doubled_or_invented_stops_the_run(study: AccountedTables, fault: str) -> None:
    spoil, stage = FAULTS[fault]
    with pytest.raises(BadInput, match=f"^row accounting, {stage}"):
        rows_of(spoil(study))


def test_a_null_without_a_reason_is_told_as_such(study: AccountedTables) -> None:
    scores = study.scores.copy()
    at = scores.index[(scores["method"] == "p_true") & scores["correct"].notna()][0]
    scores.loc[at, ["uncertainty", "confidence"]] = None
    with pytest.raises(BadInput, match=r"row accounting, metrics, p_true: .*null: no reason given"):
        rows_of(replace(study, scores=scores))


@pytest.mark.parametrize("way", ["none", "minmax"])
def test_fitted_or_not_a_confidence_is_counted_where_there_is_an_uncertainty(
    study: AccountedTables, way: Way
) -> None:
    found = grids(study.scores, study.instances, study.items)
    table = metrics_table([with_confidence(grid, way, 7) for grid in found], 7, ())
    assert rows_of(replace(study, metrics=table))
    with pytest.raises(BadInput, match=r"^row accounting, metrics, ece, brier"):
        rows_of(miscounted("brier")(replace(study, metrics=table)))


def test_what_at_most_leaves_out_is_a_part_of_the_equation(study: AccountedTables) -> None:
    models, methods = (sorted(study.scores[name].unique()) for name in ("model", "method"))
    conditions = sorted(study.instances["condition"].unique())
    shown = study.instances[study.instances["condition"] == "no_image"]
    every = [(str(one.dataset), str(one.item_id)) for one in shown.itertuples()]
    lost = shown["instance_id"].iloc[:3]
    tables = {
        name: (table := getattr(study, name))[~table["instance_id"].isin(lost)]
        for name in ("instances", "evidence", "scores")
    }
    left = replace(study, **tables)
    with pytest.raises(BadInput, match="row accounting, instances"):
        account(left, models, conditions, methods, fair_parts(study))
    with pytest.raises(BadInput, match="row accounting, instances"):
        account(left, models, conditions, methods, fair_parts(study) | {"no_image": every[2:]})
    with pytest.raises(BadInput, match="row accounting, metrics"):  # which were counted with the three
        account(left, models, conditions, methods, fair_parts(study) | {"no_image": every[3:]})
