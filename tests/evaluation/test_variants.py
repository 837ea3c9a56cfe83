"""Variants against baselines: recomputed by hand, and what must hold whatever the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score
from tests.optional import not_none

from vqa_canary.evaluation.grid import grids
from vqa_canary.evaluation.variant_difference import Variant
from vqa_canary.evaluation.variants import variants_table
from vqa_canary.statistics.auroc import rank
from vqa_canary.statistics.paired_aurocs import Sides, paired_aurocs

NOTA = "nota_replace"
VARIANTS = {"a-int4": Variant("a", "quantization: int4"), "b-int4": Variant("b", "quantization: int4")}


def cell(rng: np.random.Generator, n: int, right: float) -> dict[str, np.ndarray]:
    correct = rng.random(n) < right
    return {"correct": correct.astype(float), "u": rng.random(n) - 0.3 * correct, "v": rng.random(n)}


@pytest.fixture
def images() -> np.ndarray:
    return np.repeat(np.arange(30), np.arange(30) % 4 + 1)


@pytest.fixture
def study(make_study: Callable[..., Any], images: np.ndarray) -> Any:
    rng = np.random.default_rng(5)
    cells = {}
    for model, right in {"a": 0.7, "a-int4": 0.6, "b": 0.5, "b-int4": 0.55, "c": 0.5}.items():
        cells[model, "clean"] = cell(rng, len(images), right)
        cells[model, NOTA] = cell(rng, len(images), 0.4)
    return make_study(cells, images, nota_valid=np.arange(len(images)) % 5 > 0)


def table(study: Any, variants: dict[str, Variant] = VARIANTS) -> list[dict[str, Any]]:
    return variants_table(study.grids, variants, (NOTA,))


def one(rows: list[dict[str, Any]], **key: str) -> dict[str, Any]:
    [found] = [row for row in rows if key.items() <= row.items()]
    return found


def values(study: Any, model: str, condition: str, method: str) -> tuple[np.ndarray, np.ndarray]:
    rows = study.scores.query("model == @model and condition == @condition and method == @method")
    rows = rows.sort_values("item_id")
    return rows["uncertainty"].to_numpy(float), rows["correct"].to_numpy(float)


def brute_influence(u: np.ndarray, wrong: np.ndarray, images: np.ndarray, n_images: int) -> np.ndarray:
    """Pair by pair: what each image's items do to the share of pairs in order."""
    gap = u[wrong][:, None] - u[~wrong]
    order = (gap > 0) + 0.5 * (gap == 0)
    area, out = order.mean(), np.zeros(n_images)
    np.add.at(out, images[wrong], (order.mean(axis=1) - area) / wrong.sum())
    np.add.at(out, images[~wrong], (order.mean(axis=0) - area) / (~wrong).sum())
    return out


def test_auroc_differences_are_those_of_the_definition(study: Any, images: np.ndarray) -> None:
    rows = table(study)
    gaps, influences = [], []
    for variant, (baseline, _) in VARIANTS.items():
        (u0, y0), (u1, y1) = (values(study, model, "clean", "u") for model in (baseline, variant))
        gap = roc_auc_score(y1 == 0, u1) - roc_auc_score(y0 == 0, u0)
        influence = brute_influence(u1, y1 == 0, images, 30) - brute_influence(u0, y0 == 0, images, 30)
        se = np.sqrt(30 / 29 * (influence**2).sum())
        df = min(len(set(images[y == k])) for y in (y0, y1) for k in (0, 1)) - 1
        row = one(rows, model=variant, quantity="auroc", method="u")
        assert (row["difference"], row["se"]) == pytest.approx((gap, se))
        reach = stats.t.ppf(0.975, df) * se
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((gap - reach, gap + reach))
        gaps.append(gap)
        influences.append(influence)
    mean = one(rows, model="", quantity="auroc", method="u")
    assert mean["difference"] == pytest.approx(np.mean(gaps))
    assert mean["se"] == pytest.approx(np.sqrt(30 / 29 * (np.mean(influences, axis=0) ** 2).sum()))
    assert mean["n_models"] == 2


def test_fragility_is_each_on_its_own_right_answers(study: Any, images: np.ndarray) -> None:
    valid = study.items.sort_values("item_id")["nota_valid"].to_numpy(bool)
    found, influence = [], []
    shown: set[int] = set()
    for model in ("a", "a-int4"):
        u, clean = values(study, model, "clean", "u")
        _, hidden = values(study, model, NOTA, "u")
        risk = valid & (clean == 1)
        found.append(roc_auc_score(hidden[risk] == 0, u[risk]))
        influence.append(brute_influence(u[risk], hidden[risk] == 0, images[risk], 30))
        shown |= set(images[risk])
    row = one(table(study), model="a-int4", quantity="fragility_auroc", method="u")
    assert (row["baseline_value"], row["value"]) == pytest.approx(found)
    assert row["difference"] == pytest.approx(found[1] - found[0])
    g = len(shown)
    assert row["se"] == pytest.approx(np.sqrt(g / (g - 1) * ((influence[1] - influence[0]) ** 2).sum()))
    assert row["n_clusters"] == g


@pytest.mark.parametrize("condition", ["clean", NOTA])
def test_accuracy_and_changed_answers_are_paired(study: Any, images: np.ndarray, condition: str) -> None:
    kept = np.ones(len(images), bool)
    if condition == NOTA:
        kept = study.items.sort_values("item_id")["nota_valid"].to_numpy(bool)
    scores = study.scores.copy()
    variant = (scores["model"] == "a-int4").to_numpy()
    scores.loc[variant & (scores["item_id"] < "q00020").to_numpy(), "choice"] = 1
    rows = variants_table(grids(scores, study.instances, study.items), VARIANTS, (NOTA,))
    (_, y0), (_, y1) = (values(study, model, condition, "u") for model in ("a", "a-int4"))
    row = one(rows, model="a-int4", quantity="accuracy", condition=condition)
    gap = (y1 - y0)[kept]
    sums = np.bincount(images[kept], gap - gap.mean(), 30)
    g = len(set(images[kept]))
    assert row["difference"] == pytest.approx(gap.mean())
    assert row["se"] == pytest.approx(np.sqrt(g / (g - 1) * (sums**2).sum()) / kept.sum())
    changed = one(rows, model="a-int4", quantity="changed_answers", condition=condition)
    assert changed["difference"] == pytest.approx(kept[:20].sum() / kept.sum())
    assert changed["verdict"] is None


def test_holm_is_within_a_quantity_and_level(study: Any, images: np.ndarray) -> None:
    rows = [row for row in table(study) if row["quantity"] == "auroc"]
    family = [row for row in rows if row["model"]]
    raw = []
    for row in family:
        ys = [values(study, model, "clean", row["method"])[1] for model in (row["baseline"], row["model"])]
        df = min(len(set(images[y == k])) for y in ys for k in (0, 1)) - 1
        raw.append(2 * stats.t.sf(abs(row["difference"]) / row["se"], df))
    least = 0.0
    for step, at in enumerate(np.argsort(raw)):
        least = max(least, min(1.0, raw[at] * (len(raw) - step)))
        assert family[at]["p_value"] == pytest.approx(least)
    for level in (True, False):
        tests = [row for row in rows if bool(row["model"]) is level]
        power = stats.norm.isf(0.025 / len(tests)) + stats.norm.isf(0.2)
        assert [row["smallest_difference"] for row in tests] == pytest.approx(
            [power * row["se"] for row in tests]
        )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), right=st.floats(0.2, 0.8))
def test_an_identical_variant_differs_in_nothing(
    make_study: Callable[..., Any], seed: int, right: float
) -> None:
    rng = np.random.default_rng(seed)
    images = np.repeat(np.arange(20), 3)
    same = {condition: cell(rng, len(images), right) for condition in ("clean", NOTA)}
    study = make_study({(m, c): shown for m in ("a", "a-int4") for c, shown in same.items()}, images)
    rows = table(study, {"a-int4": VARIANTS["a-int4"]})
    assert {row["model"] for row in rows} == {"", "a-int4"}
    for row in rows:
        if row["difference"] is None:
            assert row["reason"]
            assert row["verdict"] is None
        else:
            assert row["difference"] == 0
            assert row["verdict"] == (None if row["quantity"] == "changed_answers" else "identical")
            assert row["smallest_difference"] is None


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_exchanging_variant_and_baseline_mirrors_every_difference(
    make_study: Callable[..., Any], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    images = np.repeat(np.arange(15), 4)
    study = make_study({(m, c): cell(rng, 60, 0.6) for m in "xy" for c in ("clean", NOTA)}, images)
    ahead, back = (table(study, {m: Variant(b, "dtype: float16")}) for m, b in ("xy", "yx"))
    for row, other in zip(ahead, back, strict=True):
        assert (row["quantity"], row["method"], row["p_value"]) == (other["quantity"], other["method"],
                                                                  pytest.approx(other["p_value"]))  # fmt: skip
        if row["quantity"] == "changed_answers" or row["difference"] is None:
            assert row["difference"] == other["difference"]
            continue
        assert row["difference"] == pytest.approx(-other["difference"])
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((-other["ci_high"], -other["ci_low"]))
        assert {row["verdict"], other["verdict"]} in ({"cannot tell"}, {"better", "worse"}, {"identical"})


def test_a_plain_loss_is_called_worse(make_study: Callable[..., Any], images: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    right = (rng.random(len(images)) < 0.8).astype(float)
    good = {"correct": right, "u": 1 - right + rng.random(len(images))}
    poor = {"correct": np.where(rng.random(len(images)) < 0.5, 0, right), "u": rng.random(len(images))}
    study = make_study({("a", "clean"): good, ("a-int4", "clean"): poor}, images)
    rows = table(study, {"a-int4": VARIANTS["a-int4"]})
    assert {row["verdict"] for row in rows} == {None, "worse"}
    mirrored = table(study, {"a": Variant("a-int4", "more bits")})
    assert {row["verdict"] for row in mirrored} == {None, "better"}


def test_what_every_image_shows_alike_is_no_identity(
    make_study: Callable[..., Any], images: np.ndarray
) -> None:
    """Standard errors are 0: of a total loss of accuracy, and of rankings turned from perfect to reversed."""
    n = len(images)
    right, u = np.ones(n), np.random.default_rng(1).random(n)
    lost = make_study(
        {("a", "clean"): {"correct": right, "u": u}, ("b", "clean"): {"correct": 0 * right, "u": u}}, images
    )
    row = one(table(lost, {"b": Variant("a", "x")}), model="b", quantity="accuracy")
    assert (row["difference"], row["se"], row["verdict"]) == (-1, 0, "worse")
    half = np.arange(n) % 2.0
    cells = {("a", "clean"): {"correct": half, "u": -half}, ("b", "clean"): {"correct": half, "u": half}}
    row = one(table(make_study(cells, images), {"b": Variant("a", "x")}), model="b", quantity="auroc")
    assert (row["difference"], row["p_value"], row["verdict"]) == (-1, None, None)
    assert row["reason"] == "no interval: both are at a bound"


def test_one_class_only_is_undefined_with_its_reason(
    make_study: Callable[..., Any], images: np.ndarray
) -> None:
    rng = np.random.default_rng(3)
    cells = {(m, "clean"): cell(rng, len(images), 0.6) for m in ("a", "a-int4", "b", "b-int4")}
    cells["a-int4", "clean"]["correct"] = np.ones(len(images))
    rows = table(make_study(cells, images))
    row = one(rows, model="a-int4", quantity="auroc", method="u")
    assert (row["difference"], row["p_value"], row["verdict"]) == (None, None, None)
    assert row["reason"] == "one class only: no wrong answer"
    mean = one(rows, model="", quantity="auroc", method="u")
    assert mean["n_models"] == 1
    assert mean["reason"] == "1 of 2 left out: a-int4: one class only: no wrong answer"
    assert mean["difference"] == pytest.approx(
        one(rows, model="b-int4", quantity="auroc", method="u")["difference"]
    )


def test_own_answers_of_each_method_are_compared_method_by_method(study: Any) -> None:
    scores = study.scores.copy()
    of_v = (scores["method"] == "v").to_numpy()
    scores.loc[of_v, "correct"] = ~scores.loc[of_v, "correct"].astype("boolean")
    rows = variants_table(grids(scores, study.instances, study.items), VARIANTS, (NOTA,))
    found = {row["method"]: row["difference"] for row in rows if row["quantity"] == "accuracy"
             and row["model"] == "a-int4" and row["condition"] == "clean"}  # fmt: skip
    assert set(found) == {"u", "v"}
    assert found["u"] == pytest.approx(-found["v"])


def test_rows_in_any_order_and_models_that_were_not_asked(study: Any) -> None:
    shuffled = study.scores.sample(frac=1, random_state=0)
    assert variants_table(grids(shuffled, study.instances, study.items), VARIANTS, (NOTA,)) == table(study)
    assert table(study, {}) == []
    assert table(study, {"a-int8": Variant("a", "x")}) == []


@pytest.mark.slow
@pytest.mark.parametrize("own_items", [False, True])
def test_error_rate_of_the_paired_test(noise: Callable[..., np.ndarray], own_items: bool) -> None:
    """Copies, equally good, with noise of their own in answers and uncertainty: 5 % are called different.

    With `own_items` each is judged on the items that it answered rightly itself, as for fragility.
    """
    rng = np.random.default_rng(11)
    images = np.repeat(np.arange(60), 1 + rng.integers(0, 8, 60))
    rejected = covered = 0
    runs = 2000
    for _ in range(runs):
        shared, hidden, doubt = (noise(rng, images) for _ in range(3))
        pair, shown = [], []
        for _ in range(2):
            difficulty = shared + 0.3 * rng.standard_normal(len(images))
            wrong = 0.6 * difficulty + 0.8 * hidden + 0.2 * rng.standard_normal(len(images)) > 0.6
            u = 0.5 * difficulty + 0.8 * doubt + 0.2 * rng.standard_normal(len(images))
            kept = (difficulty < 0.5) | (not own_items)
            pair.append(rank(u[kept], wrong[kept], images[kept], 60))
            shown.append(kept)
        found = paired_aurocs([Sides(pair[0], pair[1], shown[0] | shown[1])], images)
        rejected += found.p_value <= 0.05
        covered += not_none(found.difference.ci_low) <= 0 <= not_none(found.difference.ci_high)
    assert covered == runs - rejected
    assert 0.035 < rejected / runs < 0.065
