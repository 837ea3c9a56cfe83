"""Scores as dense arrays: everything lands in its place, whatever the order of rows."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from tests.made_up_answers import MakeStudy, Study

from vqa_canary.errors import BadInput
from vqa_canary.evaluation.grid import grids


@pytest.fixture
def study(make_study: MakeStudy) -> Study:
    rng = np.random.default_rng(0)
    shown = {
        (model, condition): {
            "correct": np.where(np.arange(12) == 3, np.nan, rng.random(12) < 0.5),
            "p": np.where(np.arange(12) % 4 == 0, np.nan, rng.random(12)),
            "q": rng.random(12),
        }
        for model in ("n", "m")
        for condition in ("nota_last", "clean")
    }
    return make_study(shown, np.arange(12) // 3, confident=("p",))


def test_each_score_is_where_its_names_say(study: Study) -> None:
    shuffled = study.scores.sample(frac=1, random_state=1)
    (grid,) = grids(shuffled, study.instances.sample(frac=1, random_state=2), study.items.iloc[::-1])
    assert grid.conditions == ("clean", "nota_last")
    assert (grid.models, grid.methods) == (("m", "n"), ("p", "q"))
    assert grid.images.tolist() == (np.arange(12) // 3).tolist()
    for row in study.scores.to_dict("records"):
        at = *grid.at(row["condition"], row["model"], row["method"]), int(row["item_id"][1:])
        assert np.array_equal(grid.uncertainty[at], row["uncertainty"], equal_nan=True)
        assert np.array_equal(grid.confidence[at], row["confidence"], equal_nan=True)
        assert np.isnan(grid.correct[at]) if pd.isna(row["correct"]) else grid.correct[at] == row["correct"]
    assert grid.reasons["clean", "m", "p"] == "no p: made up"
    assert ("clean", "m", "q") not in grid.reasons
    assert (grid.chance == 0.25).all()
    assert grid.one_label


def test_labels_of_their_own_are_noticed(study: Study) -> None:
    own = study.scores.copy()
    own.loc[own.index[(own["method"] == "q")][0], "correct"] = True
    own.loc[own.index[(own["method"] == "p")][0], "correct"] = False
    (grid,) = grids(own, study.instances, study.items)
    assert not grid.one_label


def test_datasets_are_apart_even_with_equal_item_ids(study: Study, make_study: MakeStudy) -> None:
    cells = {("m", "clean"): {"correct": np.ones(5), "p": np.ones(5)}}
    other = make_study(cells, np.arange(5), dataset="a")
    tables = [pd.concat(pair) for pair in zip(
        (study.scores, study.instances, study.items), (other.scores, other.instances, other.items), strict=True
    )]  # fmt: skip
    first, second = grids(*tables)
    assert (first.dataset, second.dataset) == ("a", "d")
    assert len(first.items) == 5
    assert np.array_equal(second.uncertainty, grids(*study_tables(study))[0].uncertainty, equal_nan=True)


def study_tables(study: Study) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return study.scores, study.instances, study.items


def test_strangers_and_doubles_are_refused(study: Study) -> None:
    twice = pd.concat([study.scores, study.scores.iloc[[0]]])
    with pytest.raises(BadInput, match="a second row with this key"):
        list(grids(twice, study.instances, study.items))
    with pytest.raises(BadInput, match="no such row in instances"):
        list(grids(study.scores, study.instances.iloc[1:], study.items))
    with pytest.raises(BadInput, match="its item is not in items"):
        list(grids(study.scores, study.instances, study.items.iloc[1:]))


def test_the_grid_of_some_models_is_that_of_their_scores_alone(make_study: MakeStudy) -> None:
    rng, images = np.random.default_rng(4), np.arange(40) // 2
    shown = {"correct": (rng.random(40) < 0.6).astype(float), "u": rng.random(40), "v": rng.random(40)}
    cells = {(model, condition): shown for model in "abv" for condition in ("clean", "nota_replace")}
    study = make_study(cells | {("v", "blurred"): shown}, images)
    scores = study.scores
    few = (scores["model"] != "v") & ((scores["item_id"] < "q00010") | (scores["method"] == "v"))
    scores = scores[~few]  # only `v` was asked about the first items, and only it has the method `v`
    scores["uncertainty"] = scores["uncertainty"].where(scores["model"] != "b")
    (whole,) = grids(scores, study.instances, study.items)
    for models in ({"a", "b"}, {"a"}, {"v"}, {"a", "b", "v"}):
        (alone,) = grids(scores[scores["model"].isin(models)], study.instances, study.items)
        part = whole.of_models(models)
        for field in fields(part):
            found, expected = getattr(part, field.name), getattr(alone, field.name)
            if isinstance(expected, pd.DataFrame):
                pd.testing.assert_frame_equal(found, expected)
            elif isinstance(expected, np.ndarray):
                np.testing.assert_array_equal(found, expected, err_msg=f"{field.name} of {models}")
            else:
                assert found == expected, field.name
