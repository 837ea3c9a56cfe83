"""How a model answers, whatever it answers: with a letter, or with something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vqa_canary.evaluation.image_clusters import image_clusters
from vqa_canary.statistics.means import mean_estimate
from vqa_canary.statistics.proportions import proportion
from vqa_canary.tables import KEYS, SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vqa_canary.estimate import Estimate


def answering_table(evidence: pd.DataFrame, instances: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Rows of `metrics` about each model's manner of answering, over all items of a condition.

    Clusters are the items' own images, whatever image a condition shows.

    `option_mass` is the mean probability on valid option letters. `named_share` is the share of
    greedy answers whose text names an option, and `sampled_named_share` that of sampled ones.
    Failed instances are left out; `failed_share` counts them.
    """
    own = items[["dataset", "item_id"]].assign(cluster=image_clusters(items))
    shown = instances[["instance_id", "dataset", "item_id", "condition"]].merge(
        own, on=["dataset", "item_id"]
    )
    answered = evidence[evidence["status"] == "ok"].merge(shown, on="instance_id")
    rows = []
    for (model, dataset, condition), part in answered.groupby(["model", "dataset", "condition"], sort=True):
        about = {"model": model, "dataset": dataset, "condition": condition, "subset": "all", "method": ""}
        for name, estimate in _metrics(part):
            rows.append(about | {"metric": name} | estimate.columns())
    table = pd.DataFrame(rows, columns=SCHEMAS["metrics"].names).astype({"n": "Int64", "n_clusters": "Int64"})
    table = table.astype(dict.fromkeys(("value", "ci_low", "ci_high"), np.float64))
    return table.sort_values(list(KEYS["metrics"]), ignore_index=True)


def _metrics(part: pd.DataFrame) -> Iterator[tuple[str, Estimate]]:
    known = part[part["option_mass"].notna()]
    yield "option_mass", mean_estimate(known["option_mass"], known["cluster"].to_numpy(str), 0.0, 1.0)
    spoken = part[part["greedy_text"].notna()]
    yield "named_share", proportion(spoken["greedy_choice"].notna(), spoken["cluster"].to_numpy(str))
    sampled = part[part["samples"].map(lambda samples: samples is not None and len(samples) > 0)]
    shares = sampled["samples"].map(
        lambda samples: np.mean([pd.notna(sample["choice"]) for sample in samples])
    )
    yield "sampled_named_share", mean_estimate(shares, sampled["cluster"].to_numpy(str), 0.0, 1.0)
