"""Questions of a dataset that share an image are one cluster, in every metric and in calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.audit.splitting import in_calibration
from vqa_canary.evaluation.grid import Grid, grids
from vqa_canary.evaluation.image_clusters import image_clusters
from vqa_canary.evaluation.table import metrics_table
from vqa_canary.statistics.clusters import joined_by_images

images = st.sampled_from("abcdefghij")


@given(st.lists(images, min_size=1, max_size=12))
def test_of_one_image_each_the_clusters_are_the_images(shown: list[str]) -> None:
    assert joined_by_images([[one] for one in shown]) == shown
    items = pd.DataFrame({"dataset": "d", "image_id": shown})
    assert image_clusters(items).tolist() == shown
    assert image_clusters(items.assign(more_images=None)).tolist() == shown


def of(dataset: str, item: str, first: str, *more: str) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "item_id": item,
        "image_id": first,
        "more_images": np.array([{"image_id": one} for one in more]) if more else None,
    }


def test_clusters_stay_inside_a_dataset_and_are_never_split_for_calibration() -> None:
    rows = [of("d", str(at), f"{at:02}", f"{at + 1:02}") for at in range(0, 60, 2)]
    rows += [of("d", f"link {at}", f"{at + 1:02}", f"{at + 2:02}") for at in range(0, 60, 4)]
    items = pd.DataFrame([*rows, of("e", "x", "01", "03"), of("d", "lone", "99")])
    clusters = image_clusters(items)
    assert clusters[-2:].tolist() == ["01", "99"]
    named = dict(zip(items["item_id"], clusters, strict=True))
    assert named["0"] == named["2"] == named["link 0"] == "00"
    assert named["4"] != named["2"]
    own = items[items["dataset"] == "d"].reset_index(drop=True)
    grid = Grid("d", own, *[np.zeros(0)] * 14, {})  # type: ignore[arg-type, call-arg]  # items alone are read
    calibrates = in_calibration(grid, items, seed=3)
    parts = pd.Series(calibrates).groupby(image_clusters(own)).nunique()
    assert len(parts) == 16
    assert (parts == 1).all()
    assert 0 < calibrates.sum() < len(own)


def test_every_metric_is_that_of_a_study_whose_joined_images_are_one(make_study: Any) -> None:
    rng = np.random.default_rng(5)
    cells = {
        ("m", condition): {"correct": rng.random(90) < 0.6, "p": rng.random(90)}
        for condition in ("clean", "nota_replace")
    }
    study = make_study(cells, np.arange(90) // 3)
    more: list[Any] = [None] * 90
    more[3] = np.array([{"image_id": "g00009"}])  # of image 1, with 9
    more[29] = np.array([{"image_id": "g00000"}, {"image_id": "g00020"}])  # of image 9, with 0 and 20
    joined = study.items.assign(more_images=more)
    merged = study.items.assign(
        image_id=study.items["image_id"].replace(dict.fromkeys(["g00001", "g00009", "g00020"], "g00000"))
    )
    found, expected, apart = (
        metrics_table(grids(study.scores, study.instances, items), 3, ("question_type",))
        for items in (joined, merged, study.items)
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert not found.equals(apart)
    assert set(apart["n_clusters"] - found["n_clusters"]) >= {0, 3}
