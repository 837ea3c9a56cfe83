"""How models answer, against counts by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from vqa_canary.evaluation.answering import answering_table


def test_shares_are_counted_by_the_items_own_images() -> None:
    """Under `no_image` all items show one blank image, and are no less independent for it."""
    items = pd.DataFrame({"dataset": "d", "item_id": list("abcd"), "image_id": ["1", "1", "2", "2"]})
    instances = items.assign(instance_id=items["item_id"], condition="no_image", image_id="blank")
    sample = [{"choice": 0}, {"choice": None}]
    evidence = pd.DataFrame(
        {
            "model": "m",
            "instance_id": list("abcd"),
            "status": ["ok", "ok", "ok", "failed"],
            "option_mass": [0.5, 1.0, 0.9, None],
            "greedy_text": ["A", "?", "B", None],
            "greedy_choice": pd.array([0, None, 1, None], dtype="Int64"),
            "samples": [sample, sample, [], None],
        }
    )
    found = answering_table(evidence, instances, items).set_index("metric")
    assert found.loc["option_mass", "value"] == pytest.approx(0.8)
    assert found.loc["named_share", "value"] == pytest.approx(2 / 3)
    assert found.loc["sampled_named_share", "value"] == 0.5
    sizes = found[["n", "n_clusters"]].to_dict("index")
    assert sizes["option_mass"] == {"n": 3, "n_clusters": 2}
    assert sizes["sampled_named_share"] == {"n": 2, "n_clusters": 1}
