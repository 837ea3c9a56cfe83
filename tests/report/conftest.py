"""A made-up study of four models with everything the page speaks of, evil texts among it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from vqa_canary.frames import frame
from vqa_canary.report.rendering import Report
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.page import make_report
from vqa_canary.rows import NOTA, Instance, Item, Refusal

EVIL = """</script><img src=x onerror="alert(1)">&'<!--"""
MODELS = {"m-600": "never saw NOTA", "m-1100": "never saw NOTA", "n-600": "saw NOTA", EVIL: "saw NOTA"}
METHODS = ("margin", "max_probability")
CONDITIONS = ("clean", "nota_replace", "nota_control", "answer_removed")
N = 60


def _items() -> tuple[list[Item], list[Instance]]:
    items, instances = [], []
    for k in range(N):
        question = EVIL if k == 0 else f"Question number {k}?"
        options = (EVIL if k == 0 else "left", "right", "both")
        kind, modality = ("side", "count")[k % 2], (None, "CT", "MRI")[k % 3]
        picture = (f"image{k // 3}", f"{k // 3}.png", f"{k // 3:064d}")
        items.append(
            Item("d", f"item{k:02d}", "test", *picture, question, options, k % 3, kind, "open", k % 5 > 0, f"s{k}",
                 modality, "head", None)
        )  # fmt: skip
        hidden = tuple(NOTA if at == k % 3 else text for at, text in enumerate(options))
        for name in CONDITIONS:
            seen = hidden if name == "nota_replace" else options
            answer = None if name == "answer_removed" else k % 3
            instances.append(
                Instance(f"{name}{k:02d}", "d", f"item{k:02d}", name, question, seen, *picture, answer)
            )
    return items, instances


def _scores(instances: list[Instance]) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows: list[dict[str, Any]] = []
    for at, (model, group) in enumerate(MODELS.items()):
        for one in instances:
            blind = one.condition == "nota_replace" and group == "never saw NOTA"
            right = bool(rng.random() < (0.3 if blind else 0.5 + 0.1 * at))
            known = one.answer_index is not None
            for method in METHODS:
                u = float(rng.random() * (0.5 if right else 0.7))
                rows.append(
                    {
                        "model": model, "instance_id": one.instance_id, "method": method, "dataset": "d",
                        "item_id": one.item_id, "condition": one.condition, "uncertainty": u,
                        "confidence": 1 - u if method == "max_probability" else None,
                        "choice": (one.answer_index or 0) if right else -1 % 3,
                        "correct": right if known else None, "reason": None,
                    }
                )  # fmt: skip
    return frame(rows, "scores")


def claim(name: str, level: str, **rest: Any) -> dict[str, Any]:
    """A row of `claims`."""
    known = {
        "claim": name, "level": level, "dataset": "d", "condition": "nota_replace", "group": "", "model": "",
        "method": "margin", "primary": False, "statement": f"{name} holds", "statistic": "a number",
        "estimate": 0.61, "ci_low": 0.5,
        "ci_high": 0.7, "p_value": 0.01, "verdict": "supported", "n_models": 4, "n_items": 40, "rule": "by rule",
        "reason": None, "details": {},
    }  # fmt: skip
    return known | rest


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as the pipeline hands them on: None for NaN."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


@pytest.fixture(scope="session")
def study() -> Study:
    """The tables as the pipeline would make them."""
    from vqa_canary.evaluation.claims.table import claims_table
    from vqa_canary.evaluation.comparison import comparison_table
    from vqa_canary.evaluation.confidences import with_confidence
    from vqa_canary.evaluation.curves import curves_table
    from vqa_canary.evaluation.grid import grids
    from vqa_canary.evaluation.table import metrics_table

    items, instances = _items()
    shown, asked, scores = frame(instances, "instances"), frame(items, "items"), _scores(instances)
    nota = ("nota_replace",)
    found = [with_confidence(grid, "isotonic", 1) for grid in grids(scores, shown, asked)]
    refusals = [Refusal("sources", f"d/{n}", f"record {n}: '{EVIL}' has no answer") for n in range(3)]
    return Study(
        name="s",
        items=asked,
        instances=shown,
        scores=scores,
        quarantine=frame(refusals, "quarantine"),
        metrics=metrics_table(found, 1, ("question_type", "modality")),
        curves=curves_table(found, nota, groups=MODELS),
        claims=claims_table(found, {}, MODELS, 1, nota, None, "margin", "modality"),
        comparison=records(comparison_table(found, 1)),
        labels=[
            {
                "dataset": "d", "model": "m-600", "n_methods": 2, "kendall_tau": 0.25,
                "largest_change": -0.125, "method": "margin",
            }
        ],
        label="choice",
        calibration="isotonic",
        settings={"seed": "7", "evil": EVIL},
        groups=MODELS,
        nota_conditions=nota,
        primary="margin",
        margins={"drop": 0.1, "shift": 0.2, "weak": 0.6},
        show_questions=True,
    )  # fmt: skip


@pytest.fixture(scope="session")
def report(study: Study) -> Report:
    """Made once: to be looked at. `test_printing` looks at the figures for print, which are half of the work."""
    from tests.conftest import leave_unprinted

    with pytest.MonkeyPatch.context() as patch:
        leave_unprinted(patch)
        return make_report(study)
