"""The table `metrics`: each value is that of its cell, and what does not exist says why."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from tests.made_up_answers import MakeAnswers, MakeStudy, Study

from vqa_canary.evaluation.grid import grids
from vqa_canary.evaluation.table import metrics_table
from vqa_canary.frames import from_frame
from vqa_canary.tables import KEYS

NOTA = "nota_replace"
Value = Callable[[str, str, str, str], dict[Hashable, Any]]
Rows = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def study(answers: MakeAnswers, make_study: MakeStudy) -> Study:
    """One model; NOTA turns two thirds of its answers wrong; a method that is missing altogether."""
    data = answers(np.random.default_rng(0), 80, signal=0.7)
    rng = np.random.default_rng(1)
    n, u = len(data.wrong), 1 / (1 + np.exp(-data.uncertainty))
    fragile = rng.random(n) < 0.66
    nowhere = np.full(n, np.nan)
    moved = np.clip(u + 0.05 * rng.random(n), 0, 1)
    cells = {
        ("m", "clean"): {"correct": ~data.wrong, "sure": u, "gone": nowhere},
        ("m", NOTA): {"correct": ~data.wrong & ~fragile, "sure": moved, "gone": nowhere},
        ("m", "answer_removed"): {"correct": nowhere, "sure": moved, "gone": nowhere},
    }
    return make_study(cells, data.images, ("sure",), nota_valid=rng.random(n) < 0.8)


@pytest.fixture(scope="module")
def metrics(study: Study) -> pd.DataFrame:
    return metrics_table(study.grids, 7, ("question_type", "modality", "answer_type"))


@pytest.fixture
def value(metrics: pd.DataFrame) -> Value:
    cells: dict[Any, dict[Hashable, Any]] = metrics.set_index(
        ["condition", "subset", "method", "metric"]
    ).to_dict("index")
    return lambda condition, subset, method, metric: cells[condition, subset, method, metric]


@pytest.fixture
def rows(study: Study) -> Rows:
    """The scores of `sure` under a condition, by item, on a subset."""

    def of(condition: str, subset: str = "all") -> pd.DataFrame:
        scores = study.scores[(study.scores["method"] == "sure") & (study.scores["condition"] == condition)]
        both = scores.merge(study.items, on=["dataset", "item_id"]).set_index("item_id")
        if subset == "nota_valid":
            return both[both["nota_valid"]]
        if "=" in subset:
            column, wanted = subset.split("=")
            return both[both[column].fillna("unknown") == wanted]
        return both

    return of


@pytest.mark.parametrize("subset", ["all", "nota_valid", "question_type=organ", "modality=unknown"])
@pytest.mark.parametrize("condition", ["clean", NOTA])
def test_values_against_scikit_learn(condition: str, subset: str, value: Value, rows: Rows) -> None:
    data = rows(condition, subset)
    wrong, u = ~data["correct"].to_numpy(bool), data["uncertainty"].to_numpy()
    expected = {
        "auroc": roc_auc_score(wrong, u),
        "auprc": average_precision_score(wrong, u),
        "brier": brier_score_loss(~wrong, 1 - u),
        "overconfidence": wrong.mean() - u.mean(),
        "mean_uncertainty": u.mean(),
        "confident_error_share": (u[wrong] <= 0.1).mean(),
    }
    for metric, number in expected.items():
        row = value(condition, subset, "sure", metric)
        assert row["value"] == pytest.approx(number, abs=1e-9)
    accuracy = value(condition, subset, "", "accuracy")
    assert accuracy["value"] == pytest.approx((~wrong).mean())
    assert (accuracy["n"], accuracy["n_clusters"]) == (len(data), data["image_id"].nunique())


def test_what_a_condition_does(value: Value, rows: Rows) -> None:
    clean, shown = rows("clean", "nota_valid"), rows(NOTA, "nota_valid")
    right = clean["correct"].to_numpy(bool)
    collapse = right & ~shown["correct"].to_numpy(bool)
    rate = value(NOTA, "nota_valid", "", "collapse_rate")
    assert (rate["value"], rate["n"]) == (pytest.approx(collapse[right].mean()), right.sum())
    u = clean["uncertainty"].to_numpy()
    fragility = value(NOTA, "nota_valid", "sure", "fragility_auroc")
    assert fragility["value"] == pytest.approx(roc_auc_score(collapse[right], u[right]))
    shift = value(NOTA, "nota_valid", "sure", "uncertainty_shift")
    assert shift["value"] == pytest.approx((shown["uncertainty"].mean() - u.mean()) / u.std(ddof=1))
    drop = value(NOTA, "nota_valid", "", "accuracy_drop")
    assert drop["value"] == pytest.approx(right.mean() - shown["correct"].mean())


def test_what_could_have_been_seen(value: Value, metrics: pd.DataFrame) -> None:
    for condition, metric in (("clean", "auroc"), (NOTA, "fragility_auroc")):
        found = value(condition, "all", "sure", metric)
        smallest = value(condition, "all", "sure", f"smallest_{metric}_seen")
        assert 0.5 < smallest["value"] < 0.65
        assert smallest["n"] == found["n"]
    assert value("clean", "all", "gone", "smallest_auroc_seen")["reason"] == "no gone: made up"
    seen = metrics[metrics["metric"] == "smallest_auroc_seen"]
    assert set(seen["condition"]) == {"clean"}


def test_nothing_is_right_when_the_answer_is_removed(value: Value) -> None:
    for method, metric in (("", "accuracy"), ("sure", "auroc"), ("sure", "ece"), ("sure", "fragility_auroc")):
        row = value("answer_removed", "all", method, metric)
        assert np.isnan(row["value"])
        assert row["reason"] == "nothing is right under this condition"
    assert value("answer_removed", "all", "sure", "uncertainty_shift")["value"] > 0


def test_a_method_without_values_says_why(value: Value, metrics: pd.DataFrame) -> None:
    for metric in ("auroc", "mean_uncertainty", "prr"):
        assert value("clean", "all", "gone", metric)["reason"] == "no gone: made up"
    assert value("clean", "all", "gone", "defined_share")["value"] == 0
    assert not ((metrics["method"] == "gone") & (metrics["metric"] == "ece")).any()


def test_every_row_has_a_value_or_a_reason_and_fits_the_schema(metrics: pd.DataFrame) -> None:
    assert (metrics["value"].notna() | metrics["reason"].notna()).all()
    assert not metrics.duplicated(list(KEYS["metrics"])).any()
    inside = metrics.dropna(subset=["ci_low"])
    assert (inside["ci_low"] <= inside["value"] + 1e-12).all()
    assert (inside["value"] <= inside["ci_high"] + 1e-12).all()
    assert (metrics["n"] >= metrics["n_clusters"]).all()
    assert from_frame(metrics, "metrics").num_rows == len(metrics)


def test_row_order_changes_nothing_and_the_seed_only_resamples(study: Study, metrics: pd.DataFrame) -> None:
    scores, instances, items = (
        data.sample(frac=1, random_state=5) for data in (study.scores, study.instances, study.items)
    )
    subgroups = ("question_type", "modality", "answer_type")
    shuffled = metrics_table(grids(scores, instances, items), 7, subgroups)
    pd.testing.assert_frame_equal(shuffled, metrics, check_exact=True)
    other = metrics_table(study.grids, 8, subgroups)
    moved = other["value"].ne(metrics["value"]) & metrics["value"].notna()
    assert {name.removeprefix("stated_") for name in metrics.loc[moved, "metric"]} == {
        "ece_noise_floor",
        "ece_p_value",
    }


def test_the_best_set_is_marked(value: Value) -> None:
    assert value("clean", "all", "sure", "auroc_not_distinguishable_from_best")["value"] == 1
    row = value("clean", "all", "gone", "auroc_not_distinguishable_from_best")
    assert row["reason"].startswith("not compared")


def test_labels_of_their_own_give_each_method_an_accuracy(
    answers: MakeAnswers, make_study: MakeStudy
) -> None:
    data = answers(np.random.default_rng(3), 40)
    cells = {("m", "clean"): {"correct": ~data.wrong, "one": data.uncertainty, "two": data.uncertainty}}
    study = make_study(cells, data.images)
    own = study.scores.copy()
    own.loc[own["method"] == "two", "correct"] = True
    found = metrics_table(grids(own, study.instances, study.items), 1, ())
    accuracy = found[(found["metric"] == "accuracy") & (found["subset"] == "all")].set_index("method")[
        "value"
    ]
    assert accuracy.to_dict() == pytest.approx({"one": (~data.wrong).mean(), "two": 1.0})


def test_failed_instances_are_counted_and_not_judged(make_study: MakeStudy) -> None:
    cells = {("m", "clean"): {"correct": np.r_[[np.nan] * 10, [1.0] * 30], "one": np.full(40, 0.2)}}
    study = make_study(cells, np.arange(40))
    scores = study.scores.copy()
    scores.loc[:9, ["uncertainty", "choice"]] = None
    scores.loc[:9, "reason"] = "failed: out of memory"
    found = metrics_table(grids(scores, study.instances, study.items), 1, ()).set_index(["subset", "metric"])
    assert found.loc[("all", "failed_share"), "value"] == 0.25
    assert found.loc[("all", "accuracy"), "n"] == 30


def test_a_method_may_go_below_zero(study: Study, metrics: pd.DataFrame) -> None:
    """Its mean is held against its own lower bound, and nothing else knows where zero is."""
    lowered = study.scores.assign(uncertainty=study.scores["uncertainty"] - 2, confidence=np.nan)
    found = metrics_table(
        grids(lowered, study.instances, study.items),
        7,
        ("question_type", "modality", "answer_type"),
        dict.fromkeys(("sure", "gone"), -2.0),
    )
    key = ["model", "condition", "subset", "method", "metric"]
    before, after = (table.set_index(key) for table in (metrics, found))
    for metric in ("mean_uncertainty", "auroc", "aurc", "uncertainty_shift"):
        expected = before.xs(metric, level="metric")[["value", "ci_low", "ci_high"]]
        moved = 2.0 if metric == "mean_uncertainty" else 0.0
        np.testing.assert_allclose(
            after.xs(metric, level="metric")[expected.columns], expected - moved, atol=1e-9
        )
    assert (after.xs("mean_uncertainty", level="metric")["ci_low"].dropna() < 0).all()


def test_what_a_swap_does_is_counted_in_pairs_of_images(answers: MakeAnswers, make_study: MakeStudy) -> None:
    """Image 0 is shown with 1, 2 with 3, and so on; of the last image's items none is swapped."""
    data = answers(np.random.default_rng(5), 41, signal=0.5)
    rng, n = np.random.default_rng(6), len(data.wrong)
    then, moved = rng.random(n) < 0.4, rng.random(n)
    last = data.images == data.images.max()
    nowhere = np.where(last, np.nan, 0)
    u = 1 / (1 + np.exp(-data.uncertainty))
    cells = {
        ("m", "clean"): {"correct": ~data.wrong, "sure": u},
        ("m", "image_swap_pair"): {"correct": then + nowhere, "sure": moved + nowhere},
    }
    made = make_study(cells, data.images)
    shown = made.instances["condition"] == "image_swap_pair"
    partner = {f"g{g:05d}": f"g{g ^ 1:05d}" for g in range(40)}
    instances = made.instances[~(shown & made.instances["image_id"].isin({f"g{40:05d}"}))].copy()
    swap = instances["condition"] == "image_swap_pair"
    instances.loc[swap, "image_id"] = instances.loc[swap, "image_id"].map(partner)
    scores = made.scores[made.scores["instance_id"].isin(instances["instance_id"])]
    [grid] = grids(scores, instances, made.items)
    assert len(np.unique(grid.pairs)) == 21
    keys = ["condition", "subset", "method", "metric"]
    table: dict[Any, Any] = metrics_table([grid], 7, ()).set_index(keys).to_dict("index")

    def row(method: str, metric: str, condition: str = "image_swap_pair") -> Any:
        return table[condition, "all", method, metric]

    wrong_now = ~data.wrong & ~then & ~last
    found = row("sure", "swap_sensitivity")
    assert found["value"] == pytest.approx((moved > u)[wrong_now].mean())
    assert (found["n"], found["n_clusters"]) == (wrong_now.sum(), len(np.unique(data.images[wrong_now] // 2)))
    assert row("", "accuracy")["n_clusters"] == row("", "accuracy_drop")["n_clusters"] == 20
    assert row("", "accuracy", "clean")["n_clusters"] == 41
    assert row("", "swap_kept_share")["n"] == (~data.wrong & ~last).sum()
    assert ("clean", "all", "sure", "swap_sensitivity") not in table
