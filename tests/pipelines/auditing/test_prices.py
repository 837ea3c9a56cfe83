"""Tokens turned into money."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.report.audits import found

from vqa_canary.audit.models import models_of
from vqa_canary.audit.record.asked import AskedModel
from vqa_canary.audit.record.document import Audit
from vqa_canary.pipelines.auditing.provenance import priced
from vqa_canary.report.audit import asked_sheets

PRICES = {"price_per_million": {"input": 2, "output": 10, "currency": "USD"}}


def model_row(prompt_tokens: list[int | None]) -> AskedModel:
    """The audit's row of a model that was asked once about each of some instances, the last one in vain."""
    n = len(prompt_tokens)
    evidence = pd.DataFrame({"model": "m", "instance_id": range(n), "status": ["ok"] * (n - 1) + ["failed"]})
    evidence["prompt_tokens"] = pd.array(prompt_tokens, "Int64")
    evidence["completion_tokens"] = pd.array([one and 100_000 for one in prompt_tokens], "Int64")
    evidence["calls"] = pd.array([1] * (n - 1) + [0], "Int64")
    evidence["error"] = [None] * (n - 1) + ["not asked: the budget of 3 calls (max_calls) is spent"]
    evidence["option_logprobs"] = evidence["bounded"] = evidence["gaps"] = None
    items = pd.DataFrame({"dataset": "d", "item_id": range(n), "image_id": range(n)})
    instances = items[["dataset", "item_id"]].assign(instance_id=range(n))
    [row] = models_of(evidence, items, instances, {})
    return row


@pytest.mark.parametrize(
    ("tokens", "uncounted", "cost"),
    [
        ([1_000_000, 500_000, None], 0, "5.00 USD"),
        ([1_000_000, None, None], 1, "at least 3.00 USD"),
        ([None, None, None], 2, ""),
    ],
)
def test_what_was_not_counted_makes_a_sum_the_least_it_can_be(
    tokens: list[int | None], uncounted: int, cost: str
) -> None:
    """An instance that was never asked costs nothing, so it makes no sum uncertain."""
    row = model_row(tokens)
    assert row.uncounted == uncounted
    audit = found()
    audit["models"] = [priced(row, PRICES).model_dump(mode="json")]
    sheet = asked_sheets.answering(Audit.model_validate(audit))
    shown = dict(zip([column.key for column in sheet.columns], sheet.rows[0], strict=True))
    assert shown.get("cost", "") == cost
    assert priced(row, {}) == row
