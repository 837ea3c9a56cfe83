"""Methods against each other: the paired standard error, max-T and the best set."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score
from tests.made_up_answers import MakeAnswers, MakeStudy, Study

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.comparison import MethodComparison, compare, compare_methods, comparison_table
from vqa_canary.evaluation.grid import grids
from vqa_canary.statistics.auroc import rank

NAMES = ("best", "copy", "poor")


@pytest.fixture
def study(answers: MakeAnswers, make_study: MakeStudy) -> Study:
    """Two models; `copy` ranks exactly as `best`."""
    cells = {}
    for model in ("m", "n"):
        data = answers(np.random.default_rng(1), 80, signal=0.8)
        noise = np.random.default_rng(2).normal(size=len(data.wrong))
        cells[model, "clean"] = {
            "correct": ~data.wrong,
            "best": data.uncertainty,
            "copy": np.exp(data.uncertainty),
            "poor": data.uncertainty + 3 * noise,
        }
    return make_study(cells, data.images)


def test_differences_are_those_of_aurocs_and_mirror(study: Study) -> None:
    grid = study.grids[0]
    contest = compare_methods(grid, "clean", ["m"], 1)
    expected = [roc_auc_score(grid.correct[0, 0, k] == 0, grid.uncertainty[0, 0, k]) for k in range(3)]
    found = contest.result
    assert isinstance(found, MethodComparison)
    assert contest.methods == NAMES
    assert found.value == pytest.approx(expected)
    assert found.difference == pytest.approx(-found.difference.T)
    assert found.ci_low == pytest.approx(-found.ci_high.T)
    assert (found.ci_low <= found.difference).all()


def test_who_ranks_alike_is_not_apart(study: Study) -> None:
    grid = study.grids[0]
    found = compare_methods(grid, "clean", ["m"], 1).result
    assert isinstance(found, MethodComparison)
    assert found.p_value[0, 1] == 1
    assert found.p_value[0, 2] < 0.01
    assert found.maybe_best.tolist() == [True, True, False]


def test_the_pair_has_the_paired_error(answers: MakeAnswers) -> None:
    """Two methods only: max-T is the plain two-sided t test on the difference of influences."""
    data = answers(np.random.default_rng(3), 80)
    other = data.uncertainty + np.random.default_rng(4).normal(size=len(data.wrong))
    both = [rank(u, data.wrong, data.images) for u in (data.uncertainty, other)]
    value = np.array([one.value for one in both])
    influence = np.stack([one.influence for one in both], axis=1)
    found = compare(value, influence, 80, both[0].df, np.random.default_rng(5))
    gap = influence[:, 0] - influence[:, 1]
    t = (value[0] - value[1]) / np.sqrt(80 / 79 * (gap**2).sum())
    assert found.p_value[0, 1] == pytest.approx(2 * stats.t.sf(abs(t), both[0].df), abs=0.02)
    reach = stats.t.ppf(0.975, both[0].df) * np.sqrt(80 / 79 * (gap**2).sum())
    assert found.ci_high[0, 1] - found.difference[0, 1] == pytest.approx(reach, rel=0.05)


def test_the_average_over_models_pairs_their_images(study: Study) -> None:
    grid = study.grids[0]
    one, two = (compare_methods(grid, "clean", models, 1).result for models in (["m"], ["m", "n"]))
    assert isinstance(one, MethodComparison)
    assert isinstance(two, MethodComparison)
    # the models are copies of each other: averaging them brings no precision
    assert two.ci_high == pytest.approx(one.ci_high)


def test_items_are_common_and_a_method_that_lacks_half_is_left_out(study: Study) -> None:
    scores = study.scores.copy()
    poor = scores.index[(scores["method"] == "poor") & (scores["model"] == "m")]
    best = scores.index[(scores["method"] == "best") & (scores["model"] == "m")]
    scores.loc[poor[: int(0.6 * len(poor))], "uncertainty"] = np.nan
    scores.loc[best[:10], "uncertainty"] = np.nan
    grid = grids(scores, study.instances, study.items)[0]
    contest = compare_methods(grid, "clean", ["m"], 1)
    assert contest.methods == ("best", "copy")
    assert contest.n == len(best) - 10
    none = scores.assign(uncertainty=np.nan)
    grid = grids(none, study.instances, study.items)[0]
    assert isinstance(compare_methods(grid, "clean", ["m"], 1).result, Undefined)


def test_the_smallest_difference_that_could_have_been_seen(study: Study) -> None:
    rows = comparison_table(study.grids, 1).set_index(["model", "method", "other"]).to_dict("index")
    grid = study.grids[0]
    found = compare_methods(grid, "clean", ["m"], 1).result
    assert isinstance(found, MethodComparison)
    se = found.se
    row = rows["m", "best", "poor"]
    assert row["smallest_difference"] == pytest.approx(2.80 * se[0, 2], rel=0.002)
    assert row["smallest_difference_holm"] == pytest.approx(
        (stats.norm.isf(0.025 / 3) + stats.norm.isf(0.2)) * se[0, 2]
    )
    assert np.isnan(rows["m", "best", "copy"]["smallest_difference"])  # they rank alike


def test_the_table_lists_each_pair_once(study: Study) -> None:
    table = comparison_table(study.grids, 1)
    assert set(table["model"]) == {"m", "n", ""}
    for _, rows in table.groupby("model"):
        assert list(zip(rows["method"], rows["other"], strict=True)) == list(combinations(NAMES, 2))
    shuffled = study.scores.sample(frac=1, random_state=0)
    assert table.equals(comparison_table(grids(shuffled, study.instances, study.items), 1))
