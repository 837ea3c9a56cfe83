"""How much `label: native` moves the ranking of methods."""

from __future__ import annotations

import numpy as np
import pytest
from tests.made_up_answers import MakeAnswers, MakeStudy, Study

from vqa_canary.evaluation.grid import grids
from vqa_canary.evaluation.label_effect import label_effect


@pytest.fixture
def study(answers: MakeAnswers, make_study: MakeStudy) -> Study:
    data = answers(np.random.default_rng(0), 80)
    noise = np.random.default_rng(1).normal(size=len(data.wrong))
    shown = {"correct": ~data.wrong, "a": data.uncertainty, "b": data.uncertainty + noise, "c": noise}
    return make_study({("m", "clean"): shown}, data.images)


def test_the_same_labels_move_nothing(study: Study) -> None:
    (effect,) = label_effect(study.grids, study.grids)
    assert (effect.kendall_tau, effect.largest_change, effect.n_methods) == (1, 0, 3)


def test_a_method_that_is_judged_otherwise_moves(study: Study) -> None:
    native = study.scores.copy()
    last = native["method"] == "c"
    native.loc[last, "correct"] = (native.loc[last, "uncertainty"] < 0).astype("boolean")
    (effect,) = label_effect(study.grids, grids(native, study.instances, study.items))
    assert effect.method == "c"
    assert effect.largest_change == pytest.approx(0.5, abs=0.1)
    assert effect.kendall_tau == pytest.approx(-1 / 3)  # c, then a, then b: two of three pairs turn


def test_without_an_auroc_there_is_no_effect(study: Study) -> None:
    right = study.scores.assign(correct=study.scores["correct"] | True)
    (effect,) = label_effect(
        grids(right, study.instances, study.items), grids(right, study.instances, study.items)
    )
    assert (effect.n_methods, effect.kendall_tau, effect.largest_change) == (0, None, None)
