"""What was asked, what was refused and why, and which numbers do not exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vqa_canary.counting import counted
from vqa_canary.frames import image_ids
from vqa_canary.like_reasons import alike
from vqa_canary.report.sheet import Column, Sheet
from vqa_canary.report.study.contents import Study

if TYPE_CHECKING:
    import pandas as pd

FAILED = "failed: "
"""How the reason of a score begins whose instance failed."""


def counts(study: Study) -> Sheet:
    """One row a data set and count."""
    rows = [
        (str(dataset), what, n)
        for dataset in sorted(study.items["dataset"].unique())
        for what, n in _counts(study, str(dataset)).items()
    ]
    columns = (
        Column("dataset", "data set", "text"),
        Column("what", "what", "text"),
        Column("n", "n", "count"),
    )
    return Sheet("counts", "What was asked", columns, tuple(rows))


def _counts(study: Study, dataset: str) -> dict[str, int]:
    items = study.items[study.items["dataset"] == dataset]
    asked = study.instances[study.instances["dataset"] == dataset]
    shown = items[items["item_id"].isin(asked["item_id"])]
    splits = items["split"].value_counts().sort_index()
    options = shown["options"].map(len).value_counts().sort_index()
    instances = asked["condition"].value_counts()
    return {
        "items": len(items),
        **{f"items in split {split}": int(n) for split, n in splits.items()},
        "items asked": len(shown),
        "images asked about": len({image for row in image_ids(shown) for image in row}),
        "open questions turned into multiple choice": int((shown["answer_type"] == "open").sum()),
        "closed questions": int((shown["answer_type"] == "closed").sum()),
        "a fair question when the answer is hidden": int(shown["nota_valid"].sum()),
        **{f"items with {k} options": int(n) for k, n in options.items()},
        **{f"shown as {name}": int(instances.get(name, 0)) for name in study.conditions},
    }


def quarantine(study: Study) -> Sheet:
    """Reasons with how often each was given, commonest first; what they quote only where texts may be shown."""
    refused = _told(study)
    groups = refused.groupby(["stage", "told"], sort=True).agg(
        n=("key", "size"), key=("key", "first"), reason=("reason", "first")
    )
    ordered = groups.reset_index().sort_values(["n", "stage", "told"], ascending=[False, True, True])
    said = ordered["reason"] if study.show_questions else ordered["told"]
    rows = tuple(zip(ordered["stage"], map(int, ordered["n"]), said, ordered["key"], strict=True))
    columns = (
        Column("stage", "stage", "text"),
        Column("n", "rows", "count"),
        Column("reason", "reason", "text"),
        Column("key", "for instance", "text"),
    )
    return Sheet("quarantine", f"What was refused and why ({counted(len(refused), 'row')})", columns, rows)


def refused_reasons(study: Study) -> Iterator[tuple[str, str, int]]:
    """Stage, reason without what it quotes, and number of rows."""
    for (stage, reason), rows in _told(study).groupby(["stage", "told"], sort=True):
        yield str(stage), str(reason), len(rows)


def _told(study: Study) -> pd.DataFrame:
    """The quarantine with `told`: what is told of each reason's kind."""
    kinds = {stage: alike(rows) for stage, rows in study.quarantine.groupby("stage")["reason"]}
    pairs = zip(study.quarantine["stage"], study.quarantine["reason"], strict=True)
    return study.quarantine.assign(told=[kinds[stage][reason] for stage, reason in pairs])


def errors(study: Study, model: str) -> Counter[str]:
    """Why instances of a model failed, and how many with each error; every method has a row of each."""
    own = study.scores[(study.scores["model"] == model)].drop_duplicates("instance_id")
    said = own["reason"].astype("object").fillna("").astype(str)
    return Counter(said[said.str.startswith(FAILED)].str.removeprefix(FAILED))


def undefined(study: Study) -> Sheet:
    """Reasons for undefined numbers, with how many there are and which metrics they concern."""
    without = study.metrics[study.metrics["value"].isna()]
    groups = (
        without.assign(
            reason=without["reason"].map(alike(without["reason"].dropna().unique()), na_action="ignore")
        )
        .groupby("reason", sort=True)
        .agg(n=("metric", "size"), metrics=("metric", lambda names: ", ".join(sorted(set(names)))))
    )
    ordered = groups.reset_index().sort_values(["n", "reason"], ascending=[False, True])
    rows = tuple(zip(ordered["reason"], map(int, ordered["n"]), ordered["metrics"], strict=True))
    columns = (
        Column("reason", "reason", "text"),
        Column("n", "cells", "count"),
        Column("metrics", "metrics", "text"),
    )
    caption = "No number is better than a wrong one: why some are missing"
    return Sheet("undefined", caption, columns, rows)
