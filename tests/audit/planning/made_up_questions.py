"""Tables of questions that nobody has answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from vqa_canary.audit.planning.plan import PlannedModel, make_plan
from vqa_canary.audit.planning.record import Guesses, Plan
from vqa_canary.audit.record.policies import AuditTarget

CONDITIONS = ("clean", "nota_replace", "nota_control")


def questions(n_images: int, per_image: int = 1, dataset: str = "questions") -> pd.DataFrame:
    """Items; of an image's questions every second one is fair when its right option is hidden, the first one always."""
    n = n_images * per_image
    return pd.DataFrame(
        {
            "dataset": dataset,
            "item_id": [f"i{at}" for at in range(n)],
            "image_id": [f"g{at // per_image}" for at in range(n)],
            "nota_valid": [at % per_image % 2 == 0 for at in range(n)],
            "modality": ["CT" if at % 10 else None for at in range(n)],
            "more_images": None,
        }
    )


def shown(items: pd.DataFrame, conditions: Sequence[str] = CONDITIONS) -> pd.DataFrame:
    return pd.concat([items[["dataset", "item_id"]].assign(condition=name) for name in conditions])


def planned(
    items: pd.DataFrame,
    instances: pd.DataFrame | None = None,
    *,
    method: str | None = None,
    costs: bool = True,
    n_methods: int = 8,
    alpha: float = 0.05,
    looks: int = 1,
    seed: int = 7,
    **guesses: Any,
) -> Plan:
    supposed: dict[str, Any] = {
        "errors": (0.0, 0.01, 0.02), "accuracy": 0.7, "likeness": 0.3, "changed": 0.2, "power": 0.8,
    }  # fmt: skip
    return make_plan(
        items,
        shown(items) if instances is None else instances,
        [PlannedModel("m", costs, n_methods)],
        AuditTarget(alpha=alpha, delta=0.05, conformal=0.9, share=0.5, method=method, hold_for=()),
        Guesses(**supposed | guesses),
        looks,
        seed=seed,
        nota_conditions=["nota_replace"],
        subgroups=["modality"],
    )
