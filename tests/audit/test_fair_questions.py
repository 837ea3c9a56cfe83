"""Questions that are not fair with "None of the above" need not be asked with it: no finding rests on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from tests.audit.test_audit_record import NOTA, record

from vqa_canary.audit.given import AuditTables
from vqa_canary.evaluation.grid import grids
from vqa_canary.evaluation.table import metrics_table

CONTROL = "nota_control"
COUNTS = {"questions", "models"}
"""What the record says of how much was asked: it is less, as it should be."""


def tables_of(scores: pd.DataFrame, instances: pd.DataFrame, items: pd.DataFrame) -> AuditTables:
    evidence = pd.DataFrame(
        {"model": "m", "instance_id": instances["instance_id"], "status": "ok", "error": None}
    )
    for name in ("option_logprobs", "bounded", "gaps", "calls", "prompt_tokens", "completion_tokens"):
        evidence[name] = None
    made = grids(scores, instances, items)
    return AuditTables(made, items, instances, evidence, metrics_table(made, 7, ()))


def test_an_audit_finds_the_same_without_them(
    make_study: Callable[..., Any], answers: Callable[..., Any]
) -> None:
    """Each finding, but for the counts of what was asked; and the rows of metrics that are about fair questions."""
    rng = np.random.default_rng(8)
    data, hidden = answers(rng, 120, 0.9, 0.8), answers(np.random.default_rng(8), 120, 0.5, 0.3)
    right = (~data.wrong).astype(float)
    clean = {"correct": right, "u": data.uncertainty, "v": rng.random(len(right))}
    under = {"correct": (~hidden.wrong).astype(float), "u": hidden.uncertainty, "v": rng.random(len(right))}
    study = make_study(
        {("m", "clean"): clean, ("m", NOTA): under, ("m", CONTROL): under},
        data.images,
        nota_valid=rng.random(len(right)) < 0.5,
    )
    fair = set(study.items.loc[study.items["nota_valid"], "item_id"])
    kept = [
        rows[(rows["condition"] == "clean") | rows["item_id"].isin(fair)].reset_index(drop=True)
        for rows in (study.scores, study.instances)
    ]
    assert len(kept[1]) < len(study.instances)
    whole, part = (
        tables_of(study.scores, study.instances, study.items),
        tables_of(kept[0], kept[1], study.items),
    )
    for method in ("u", None):
        found = [record(tables, method).model_dump(exclude=COUNTS) for tables in (whole, part)]
        assert found[0]["headline"][0]["collapse_rate"]["value"] > 0
        assert found[0] == found[1]
    read = [
        tables.metrics[(tables.metrics["condition"] == "clean") | (tables.metrics["subset"] == "nota_valid")]
        for tables in (whole, part)
    ]
    assert len(read[0])
    pd.testing.assert_frame_equal(read[0].reset_index(drop=True), read[1].reset_index(drop=True))
