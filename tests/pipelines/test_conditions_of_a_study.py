"""A study with the conditions that ask without the image, with another one, and on a part of the questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from vqa_canary.frames import to_frame

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("undrawn")]
PART = 9
PARAMS: dict[str, Any] = {
    "tracking": {"enabled": False},
    "conditions": [
        "clean",
        "nota_replace",
        "image_swap_pair",
        {"text_only": {"at_most": PART}},
        {"no_image": {"at_most": PART}},
        {"low_contrast": {"at_most": 4, "per": "question_type"}},
    ],
    "evaluation": {"nota_conditions": ["nota_replace"], "subgroups": []},
}


def read(project: Path, name: str) -> Any:
    [path] = (project / "data").glob(f"*/phantom/{name}")
    return to_frame(pq.read_table(path))


def test_from_questions_to_the_report(project: Path, run: Callable[..., Any]) -> None:
    run(project, "data_engineering", "inference", "ue_scoring", "reporting", params=PARAMS)
    instances, items = read(project, "instances.parquet"), read(project, "items.parquet")
    shown = {name: rows.set_index("item_id") for name, rows in instances.groupby("condition")}

    assert 0 < len(shown["text_only"]) <= PART
    assert set(shown["text_only"].index) == set(shown["no_image"].index) < set(shown["clean"].index)
    assert 0 < len(shown["low_contrast"]) <= 4
    assert shown["text_only"][["image_id", "image_path", "image_sha256"]].isna().all(axis=None)

    swapped, right = shown["image_swap_pair"], items.set_index("item_id")
    assert len(swapped)
    assert (swapped["image_id"] != right.loc[swapped.index, "image_id"]).all()
    assert (swapped["answer_index"] != right.loc[swapped.index, "answer_index"]).all()

    shards = (project / "data").glob("*/phantom/evidence/*/*.parquet")
    answered = pd.concat([to_frame(pq.read_table(shard)) for shard in shards])
    assert len(answered) == len(instances)
    assert (answered["status"] == "ok").all()
    metrics = read(project, "metrics.parquet")
    rows = metrics[metrics["subset"] == "all"].set_index(["condition", "method", "metric"])
    n_pairs = len(
        set(map(frozenset, zip(swapped["image_id"], right.loc[swapped.index, "image_id"], strict=True)))
    )
    assert rows.loc[("image_swap_pair", "", "accuracy"), "n_clusters"] == n_pairs
    assert rows.loc[("text_only", "", "accuracy"), "n"] == len(shown["text_only"])
    assert ("image_swap_pair", "anll", "swap_sensitivity") in rows.index

    [page] = (project / "data").glob("*/phantom/report.html")
    first = page.read_text().partition("<nav")[0]
    assert "(without the image, under no_image: 0." in first
    assert f"on {len(shown['no_image'])} of the questions)" in first
    assert "left out by" in page.read_text()


def test_another_number_makes_the_instances_anew(finished: Path, run: Callable[..., Any]) -> None:
    from vqa_canary.errors import BadInput

    more = {"conditions": [*PARAMS["conditions"][:2], {"no_image": {"at_most": 5}}]}
    with pytest.raises(BadInput, match="instances: it was made with conditions"):
        run(finished, "ue_scoring", params=PARAMS | more)
