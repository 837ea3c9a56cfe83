"""Confidence for every method, from the table of scores to the table of metrics."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss
from tests.made_up_answers import MakeStudy, Study

from vqa_canary.evaluation.confidences import N_FOLDS, Way, folds_of, with_confidence
from vqa_canary.evaluation.curves import curves_table
from vqa_canary.evaluation.grid import Grid, grids
from vqa_canary.evaluation.table import metrics_table
from vqa_canary.statistics.bins import Binning
from vqa_canary.statistics.calibration import EQUAL_MASS
from vqa_canary.tables import KEYS

NOTA = "nota_replace"
SEED = 7
IMAGES = np.arange(240) // 3
WAYS: tuple[Way, ...] = get_args(Way)
FITTED: tuple[Way, ...] = ("isotonic", "platt")


@pytest.fixture(scope="module")
def study(make_study: MakeStudy) -> Study:
    """A probability, an uncertainty without bounds, and one that is missing; under NOTA most answers are wrong and both
    say what they said before."""
    rng = np.random.default_rng(0)
    cells = {}
    for model in ("m", "n"):
        latent = rng.normal(0, 1, 240)
        correct = (rng.normal(0.8, 1, 240) > latent).astype(float)
        blind = np.where(rng.random(240) < 0.6, 0.0, correct)
        gone = np.full(240, np.nan)
        for condition, right in (("clean", correct), (NOTA, blind), ("answer_removed", gone)):
            u = latent + rng.normal(0, 0.1, 240)
            u[rng.random(240) < 0.05] = np.nan
            cells[model, condition] = {
                "correct": right,
                "likely": 1 / (1 + np.exp(-u)),
                "open": np.round(3 * u - 5, 1),
                "gone": gone,
            }
    return make_study(cells, IMAGES, ("likely",), nota_valid=rng.random(240) < 0.9)


@pytest.fixture(scope="module")
def grid(study: Study) -> Grid:
    [grid] = study.grids
    return grid


def table_of(grid: Grid, way: Way, binning: Binning = EQUAL_MASS) -> pd.DataFrame:
    table = metrics_table([with_confidence(grid, way, SEED)], SEED, ("question_type",), {}, binning)
    assert not table.duplicated(list(KEYS["metrics"])).any()
    assert (table["value"].notna() | table["reason"].notna()).all()
    return table


def value(table: pd.DataFrame, condition: str, method: str, metric: str, subset: str = "all") -> pd.Series:
    rows = table[
        (table["model"] == "m")
        & (table["condition"] == condition)
        & (table["subset"] == subset)
        & (table["method"] == method)
        & (table["metric"] == metric)
    ]
    [(_, row)] = rows.iterrows()
    return row


def test_without_a_way_only_probabilities_have_a_confidence(grid: Grid) -> None:
    none = with_confidence(grid, "none", SEED)
    assert np.array_equal(none.confidence, grid.stated, equal_nan=True)
    assert none.stating == ("likely",)
    table = table_of(grid, "none")
    assert set(table.loc[table["metric"] == "ece", "method"]) == {"likely"}
    for metric in ("ece", "brier", "overconfidence", "ece_p_value"):
        one, other = (value(table, "clean", "likely", name) for name in (metric, f"stated_{metric}"))
        assert one["value"] == other["value"]


@pytest.mark.parametrize("way", ["minmax", "isotonic", "platt"])
def test_every_method_with_values_has_an_ece_and_a_brier_score_clean_and_under_nota(
    grid: Grid, way: Way
) -> None:
    table = table_of(grid, way)
    for method in ("likely", "open"):
        for condition in ("clean", NOTA):
            for subset in ("all", "nota_valid", "question_type=side"):
                row = value(table, condition, method, "ece", subset)
                assert 0 <= row["ci_low"] <= row["value"] <= row["ci_high"] <= 1
                assert value(table, condition, method, "brier", subset)["n"] == row["n"]
            judged = ~np.isnan(grid.cell(condition, "m", method).uncertainty)
            assert value(table, condition, method, "ece")["n"] == judged.sum()
        assert (
            value(table, "answer_removed", method, "ece")["reason"] == "nothing is right under this condition"
        )
    assert value(table, "clean", "gone", "ece")["reason"] == "no gone: made up"
    assert set(table.loc[table["metric"] == "stated_ece", "method"]) == {"likely"}
    stated = value(table, "clean", "likely", "stated_brier")["value"]
    cell = grid.cell("clean", "m", "likely").as_stated().confident()
    assert stated == pytest.approx(brier_score_loss(cell.correct, cell.confidence))


def test_the_numbers_are_those_of_an_independent_cross_fit(study: Study, grid: Grid) -> None:
    """By pandas and scikit-learn, from the tables alone; an item under NOTA has the fit of its own fold."""
    table = table_of(grid, "isotonic")
    scores = study.scores.merge(study.items[["item_id", "image_id"]], on="item_id")
    scores = scores[(scores["model"] == "m") & (scores["method"] == "open") & scores["uncertainty"].notna()]
    scores = scores[scores["correct"].notna()].assign(right=lambda rows: rows["correct"].astype(float))
    scores["fold"] = folds_of(scores["image_id"].to_numpy(str), SEED)
    clean = scores[scores["condition"] == "clean"]
    for condition in ("clean", NOTA):
        shown = scores[scores["condition"] == condition].copy()
        for fold in range(N_FOLDS):
            seen, own = clean[clean["fold"] != fold], shown["fold"] == fold
            fitted = IsotonicRegression(increasing=False, out_of_bounds="clip")
            fitted.fit(seen["uncertainty"], seen["right"])
            shown.loc[own, "p"] = fitted.predict(shown.loc[own, "uncertainty"])
        expected = {
            "brier": brier_score_loss(shown["right"], shown["p"]),
            "overconfidence": shown["p"].mean() - shown["right"].mean(),
            "confident_error_share": (shown.loc[shown["right"] == 0, "p"] >= 0.9).mean(),
        }
        for metric, number in expected.items():
            assert value(table, condition, "open", metric)["value"] == pytest.approx(number, abs=1e-9)


@pytest.mark.parametrize("way", FITTED)
def test_no_confidence_rests_on_the_image_that_it_is_about(study: Study, grid: Grid, way: Way) -> None:
    before = with_confidence(grid, way, SEED).confidence
    clean = study.scores["condition"] == "clean"
    for image in ("g00003", "g00040"):
        items = study.items.loc[study.items["image_id"] == image, "item_id"]
        own = clean & study.scores["item_id"].isin(items)
        spoilt = study.scores.copy()
        spoilt.loc[own, "correct"] = ~spoilt.loc[own, "correct"].astype("boolean")
        [other] = grids(spoilt, study.instances, study.items)
        after = with_confidence(other, way, SEED).confidence
        inside = grid.image_ids == image
        assert inside.sum() == 3
        assert np.array_equal(after[..., inside], before[..., inside], equal_nan=True)
        assert not np.array_equal(after[..., ~inside], before[..., ~inside], equal_nan=True)


def test_what_is_blind_is_calibrated_clean_and_overconfident_under_nota(grid: Grid) -> None:
    for way in FITTED:
        table = table_of(grid, way)
        for method in ("likely", "open"):
            clean, nota = (value(table, name, method, "overconfidence") for name in ("clean", NOTA))
            assert clean["ci_low"] < 0 < clean["ci_high"]
            assert nota["ci_low"] > 0.2
            assert value(table, NOTA, method, "ece")["ci_low"] > 0.2
            assert value(table, NOTA, method, "ece_p_value")["value"] < 0.01
            assert value(table, "clean", method, "ece")["value"] < 0.15


def test_isotonic_confidences_of_two_methods_in_one_order_are_nearly_one(grid: Grid) -> None:
    """`open` is a rising function of the same latent value as `likely`, so what they know of an answer is the same."""
    table = table_of(grid, "isotonic")
    one, other = (value(table, "clean", method, "brier")["value"] for method in ("likely", "open"))
    assert one == pytest.approx(other, abs=0.01)


def test_min_max_depends_on_the_set_and_each_condition_is_one(study: Study, grid: Grid) -> None:
    found = with_confidence(grid, "minmax", SEED)
    for condition in grid.conditions:
        u = grid.cell(condition, "m", "open").uncertainty
        expected = 1 - (u - np.nanmin(u)) / (np.nanmax(u) - np.nanmin(u))
        np.testing.assert_allclose(found.cell(condition, "m", "open").confidence, expected)
    at = study.scores["uncertainty"].where(
        (study.scores["method"] == "open")
        & (study.scores["condition"] == "clean")
        & (study.scores["model"] == "m")
    )
    extreme = study.scores.copy()
    extreme.loc[extreme.index == at.idxmax(), "uncertainty"] += 10
    [other] = grids(extreme, study.instances, study.items)
    moved = with_confidence(other, "minmax", SEED).cell("clean", "m", "open").confidence
    before = found.cell("clean", "m", "open").confidence
    inside = (before > 0) & (before < 1)
    assert (moved[inside] > before[inside]).all()


def test_where_nothing_can_be_fitted_the_reason_stands_in_the_metrics(make_study: MakeStudy) -> None:
    u = np.linspace(0, 1, 40)
    shown = {"correct": np.ones(40), "likely": u, "same": np.full(40, 0.5)}
    study = make_study({("m", "clean"): shown, ("m", NOTA): shown}, np.arange(40) // 2, ("likely",))
    [grid] = study.grids
    fitted, stretched = (table_of(grid, way) for way in ("platt", "minmax"))
    for condition in ("clean", NOTA):
        row = value(fitted, condition, "likely", "ece")
        assert row["reason"] == (
            "no confidence could be fitted to the clean answers about other images: one class only: no wrong answer"
        )
        assert value(fitted, condition, "likely", "stated_ece")["value"] >= 0
        row = value(stretched, condition, "same", "brier")
        assert row["reason"] == "no confidence by min-max: all uncertainties are the same"
    alone = grids(study.scores[study.scores["condition"] == NOTA], study.instances, study.items)
    row = value(table_of(alone[0], "isotonic"), NOTA, "same", "ece")
    assert row["reason"].endswith("nothing was asked clean")


def test_folds_depend_on_seed_and_image_alone() -> None:
    names = np.array([f"image {n}" for n in range(3000)])
    folds = folds_of(names, SEED)
    assert np.bincount(folds, minlength=N_FOLDS).min() > 230  # of 300 on average
    some = np.random.default_rng(1).permutation(3000)[:500]
    assert folds_of(names[some], SEED).tolist() == folds[some].tolist()
    assert (folds_of(names, SEED + 1) != folds).mean() > 0.8
    assert len(folds_of(names[:0], SEED)) == 0


@pytest.mark.parametrize("way", WAYS)
def test_neither_row_order_nor_other_models_change_a_confidence(study: Study, grid: Grid, way: Way) -> None:
    whole = with_confidence(grid, way, SEED)
    shuffled = study.scores.sample(frac=1, random_state=3)
    [other] = grids(shuffled, study.instances.iloc[::-1], study.items.sample(frac=1, random_state=4))
    again = with_confidence(other, way, SEED)
    assert np.array_equal(again.confidence, whole.confidence, equal_nan=True)
    [alone] = grids(study.scores[study.scores["model"] == "n"], study.instances, study.items)
    expected, part = with_confidence(alone, way, SEED), whole.of_models({"n"})
    for field in fields(part):
        found, wanted = getattr(part, field.name), getattr(expected, field.name)
        if isinstance(wanted, np.ndarray):
            np.testing.assert_array_equal(found, wanted, err_msg=field.name)
        elif not isinstance(wanted, pd.DataFrame):
            assert found == wanted, field.name


def test_images_that_hang_together_are_in_one_fold(study: Study) -> None:
    """Item 0 shows the image of item 6, too: both images are one cluster, whose items are in one fold."""
    items = study.items.copy()
    linked = [{"image_id": items["image_id"][6], "image_path": "p", "image_sha256": "s"}]
    items["more_images"] = pd.Series([linked if n == 0 else None for n in range(len(items))], dtype=object)
    [grid] = grids(study.scores, study.instances, items)
    together = grid.image_ids[[0, 1, 6, 7]]
    assert set(together) == {"g00000"}
    assert len(set(folds_of(together, SEED))) == 1
    assert np.isfinite(with_confidence(grid, "isotonic", SEED).confidence).any()


def test_open_bins_say_what_they_lose(grid: Grid) -> None:
    table = table_of(grid, "minmax", Binning("equal_width_open", 10))
    closed = table_of(grid, "minmax", Binning("equal_width", 10))
    assert not closed["metric"].str.contains("lost|unbinned").any()
    for condition in ("clean", NOTA):
        lost = value(table, condition, "open", "ece_lost")["value"]
        ece, whole = (value(one, condition, "open", "ece")["value"] for one in (table, closed))
        assert lost == pytest.approx(whole - ece)
        share = value(table, condition, "open", "ece_unbinned_share")
        cell = with_confidence(grid, "minmax", SEED).cell(condition, "m", "open").confident()
        assert share["value"] == (cell.confidence == 1).mean() > 0
        assert share["ci_low"] <= share["value"] <= share["ci_high"]


def test_reliability_curves_are_of_the_same_confidences_and_bins(grid: Grid) -> None:
    binning = Binning("equal_width", 5)
    fitted = with_confidence(grid, "isotonic", SEED)
    curves = curves_table([fitted], (NOTA,), binning).query("model == 'm' and condition == 'clean'")
    for name, method, cell in (
        ("reliability", "open", fitted.cell("clean", "m", "open")),
        ("stated_reliability", "likely", fitted.cell("clean", "m", "likely").as_stated()),
    ):
        points = curves[(curves["curve"] == name) & (curves["method"] == method)]
        sure = cell.confident()
        bins = np.minimum((sure.confidence * 5).astype(int), 4)
        assert points["n"].tolist() == [n for n in np.bincount(bins) if n]
        assert points["x"].tolist() == pytest.approx(
            [sure.confidence[bins == b].mean() for b in np.unique(bins)]
        )
    assert set(curves.loc[curves["curve"] == "stated_reliability", "method"]) == {"likely"}
    assert set(curves.loc[curves["curve"] == "reliability", "method"]) == {"likely", "open"}


def test_pooled_reliability_is_of_all_answers_of_a_group(grid: Grid) -> None:
    fitted = with_confidence(grid, "platt", SEED)
    curves = curves_table([fitted], (NOTA,), groups={"m": "both", "n": "both"})
    pooled = curves[curves["curve"] == "pooled_reliability"]
    assert set(pooled["model"]) == {"both"}
    for condition in ("clean", NOTA):
        points = pooled[(pooled["method"] == "open") & (pooled["condition"] == condition)]
        cells = [fitted.cell(condition, model, "open", fitted.fair(condition)).confident() for model in "mn"]
        assert points["n"].sum() == sum(len(cell.images) for cell in cells)
        assert (points["x"] * points["n"]).sum() == pytest.approx(
            sum(cell.confidence.sum() for cell in cells)
        )
        assert (points["y"] * points["n"]).sum() == pytest.approx(sum(cell.correct.sum() for cell in cells))
        assert (points["y_low"] <= points["y"]).all()
    assert "pooled_reliability" not in set(curves_table([fitted], (NOTA,))["curve"])


def test_a_cell_with_few_images_has_a_value_without_an_interval(grid: Grid) -> None:
    fitted = with_confidence(grid, "platt", SEED)
    few = fitted.only(grid.images < 3)
    row = value(metrics_table([few], SEED, ()), "clean", "open", "ece")
    assert row["value"] >= 0
    assert np.isnan(row["ci_low"])
    assert row["reason"].startswith("no interval: too few: 3 images")
    assert 0 < row["n"] <= 9


@pytest.mark.parametrize("way", FITTED)
def test_an_answer_about_a_swapped_image_has_a_map_that_saw_neither_image_of_the_pair(
    make_study: MakeStudy, way: Way
) -> None:
    """Image 0 is shown with 1, 2 with 3, and so on: what was answered about either when clean has no say."""
    rng = np.random.default_rng(2)
    latent = rng.normal(0, 1, 240)
    correct = (rng.normal(0.8, 1, 240) > latent).astype(float)
    cells = {
        ("m", "clean"): {"correct": correct, "open": latent},
        ("m", "image_swap_pair"): {"correct": 1 - correct, "open": latent + 0.5},
    }
    made = make_study(cells, IMAGES)
    instances = made.instances.copy()
    swap = instances["condition"] == "image_swap_pair"
    partner = {f"g{g:05d}": f"g{g ^ 1:05d}" for g in range(80)}
    instances.loc[swap, "image_id"] = instances.loc[swap, "image_id"].map(partner)

    def confidences(of: np.ndarray) -> np.ndarray:
        scores = made.scores.copy()
        clean = scores["condition"] == "clean"
        scores.loc[clean, "correct"] = pd.array(of > 0, dtype="boolean")
        [grid] = grids(scores, instances, made.items)
        fitted = with_confidence(grid, way, SEED)
        return np.asarray(fitted.confidence[grid.conditions.index("image_swap_pair"), 0, 0])

    before = confidences(correct)
    for pair in (0, 7, 39):
        about = pair == IMAGES // 2
        after = confidences(np.where(about, 1 - correct, correct))
        assert np.array_equal(before[about], after[about])
        assert not np.array_equal(before, after)
