"""Conformal sets: scores and quantiles by brute force, the tables by hand, coverage by simulation."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from tests.optional import not_none

from vqa_canary.audit.conformal import conformal_sets, conformal_table
from vqa_canary.audit.record.findings import Conformal, ConformalSet
from vqa_canary.audit.record.policies import SplitSize
from vqa_canary.audit.splitting import calibration_images
from vqa_canary.errors import BadInput
from vqa_canary.seeding import derive_seed
from vqa_canary.statistics.conformal_scores import aps_scores, conformal_quantile, image_weights, lac_scores

probabilities = st.lists(st.integers(0, 5), min_size=1, max_size=6).map(
    lambda parts: np.array(parts, float) + (sum(parts) == 0)
).map(lambda parts: parts / parts.sum())  # fmt: skip


@given(probabilities, st.floats(0, 1))
def test_scores_are_those_of_the_definition(p: np.ndarray, u: float) -> None:
    """Ties are common; they stand in the order of their index."""
    expected = [
        sum(q for j, q in enumerate(p) if q > own or (q == own and j < k)) + u * own
        for k, own in enumerate(p)
    ]
    assert aps_scores(p[None], [u])[0] == pytest.approx(expected)
    padded = np.append(p, np.nan)[None]
    assert aps_scores(padded, [u])[0, :-1] == pytest.approx(expected)
    assert lac_scores(p[None])[0] == pytest.approx([1 - own for own in p])
    assert (aps_scores(p[None])[0] >= aps_scores(p[None], [u])[0] - 1e-12).all()


@given(st.lists(st.integers(0, 5), max_size=30), st.floats(0.05, 0.95))
def test_equal_weights_give_the_split_conformal_quantile(scores: list[int], target: float) -> None:
    n = len(scores)
    at = ceil(round((n + 1) * target, 9))
    expected = sorted(scores)[at - 1] if at <= n else inf
    assert conformal_quantile(scores, np.full(n, 1 / (n + 1)), target) == expected


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=30), st.sampled_from([0.3, 0.5, 0.72])
)
def test_image_weights_give_the_hierarchical_quantile(rows: list[tuple[int, int]], target: float) -> None:
    images = [image for _, image in rows]
    g = len(set(images))
    expected = inf
    for candidate in sorted({score for score, _ in rows}, reverse=True):
        mass = sum(1 / ((g + 1) * images.count(image)) for score, image in rows if score <= candidate)
        if mass >= target - 1e-9:
            expected = candidate
    found = conformal_quantile([score for score, _ in rows], image_weights(images), target)
    assert found == expected


def build(
    logprobs: list[Any], answer: list[int], images: list[int], model: str = "m"
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    n = len(logprobs)
    ids = [f"i{k:04d}" for k in range(n)]
    sizes = [4 if row is None else len(row) for row in logprobs]
    items = pd.DataFrame({"dataset": "d", "item_id": ids, "image_id": [f"g{g:04d}" for g in images]})
    instances = items[["dataset", "item_id"]].assign(
        instance_id=["x" + one for one in ids],
        condition="clean",
        options=pd.Series([list("abcdefgh"[:size]) for size in sizes], dtype=object),
        answer_index=pd.array(answer, dtype="Int64"),
    )
    evidence = pd.DataFrame(
        {
            "model": model,
            "instance_id": instances["instance_id"],
            "status": "ok",
            "option_logprobs": pd.Series(
                [None if row is None else np.log(row) for row in logprobs], dtype=object
            ),
            "gaps": None,
            "error": None,
        }
    )
    return evidence, instances, items


def made(rng: np.random.Generator, n_images: int, icc: float = 0.3, n_options: int = 4) -> tuple[Any, ...]:
    """Answers drawn from probabilities that share an image's temperature, but for a boast that sets them off."""
    images = np.repeat(np.arange(n_images), 1 + np.minimum(rng.geometric(0.2, n_images) - 1, 11))
    shared = rng.standard_normal((n_images, n_options))[images]
    logits = np.sqrt(icc) * shared + np.sqrt(1 - icc) * rng.standard_normal((len(images), n_options))
    hard = rng.standard_normal(n_images)[images]
    truth = softmax(logits * np.exp(0.5 * hard)[:, None], axis=1)
    answer = (truth.cumsum(axis=1) < rng.random((len(images), 1))).sum(axis=1).clip(max=n_options - 1)
    return softmax(2 * logits, axis=1), answer, images


@pytest.fixture
def study() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    p, answer, images = made(np.random.default_rng(3), 60)
    rows: list[Any] = list(p)
    rows[5] = rows[9] = None
    return build(rows, list(answer), list(images))


@pytest.mark.parametrize("randomised", [True, False])
def test_rows_are_those_of_the_definition(study: Any, randomised: bool) -> None:
    evidence, instances, items = study
    data = evidence.merge(instances, on="instance_id").merge(items, on=["dataset", "item_id"])
    data = data[data["option_logprobs"].notna()]
    p = softmax(np.stack(data["option_logprobs"]), axis=1)
    answer, images = data["answer_index"].to_numpy(int), data["image_id"].to_numpy(str)
    uniform = [derive_seed(7, one, "APS") / 2**64 for one in data["instance_id"]]
    inside = np.isin(images, list(calibration_images(items["image_id"], 7)))
    table = conformal_table(*study, seed=7, randomised=randomised)
    assert [(row.score, row.weighting) for row in table] == [
        (score, weighting) for score in ("LAC", "APS") for weighting in ("images", "questions")
    ]
    for row in table:
        scores = 1 - p if row.score == "LAC" else aps_scores(p, uniform if randomised else None)
        own = scores[np.arange(len(p)), answer]
        known = own[inside]
        weights = image_weights(images[inside]) if row.weighting == "images" else np.full(
            len(known), 1 / (len(known) + 1))  # fmt: skip
        quantile = conformal_quantile(known, weights, 0.9)
        sets = scores[~inside] <= quantile
        assert row.quantile == pytest.approx(quantile)
        assert row.calibration == SplitSize(n=int(inside.sum()), images=len(set(images[inside])))
        hit = own[~inside] <= quantile
        assert row.coverage.value == pytest.approx(hit.mean())
        assert row.coverage_of_images.value == pytest.approx(
            pd.Series(hit).groupby(images[~inside]).mean().mean()
        )
        assert row.mean_size == pytest.approx(sets.sum(axis=1).mean())
        for name, size in (("empty", 0), ("single", 1), ("all", 4)):
            assert getattr(row, name) == pytest.approx((sets.sum(axis=1) == size).mean())
        assert (row.left_out, row.reason) == (2, None)
    listed = conformal_sets(*study, seed=7, randomised=randomised)
    assert len(listed) == (~inside).sum()
    share = np.mean([row.answer_index in row.lac for row in listed])
    assert share == pytest.approx(table[0].coverage.value)
    assert np.mean([len(row.aps) for row in listed]) == pytest.approx(table[2].mean_size)
    assert [Conformal.model_validate_json(row.model_dump_json()) for row in table] == table
    assert [ConformalSet.model_validate_json(row.model_dump_json()) for row in listed] == listed


def test_a_larger_target_gives_larger_sets_and_row_order_does_not_matter(study: Any) -> None:
    smaller: list[ConformalSet] | None = None
    for target in (0.3, 0.6, 0.9, 0.99):
        sets = conformal_sets(*study, seed=7, target=target)
        for small, large in zip(smaller or sets, sets, strict=True):
            assert small.instance_id == large.instance_id
            assert set(small.lac) <= set(large.lac)
            assert set(small.aps) <= set(large.aps)
        smaller = sets
    shuffled = [one.sample(frac=1, random_state=2) for one in study]
    assert conformal_sets(*shuffled, seed=7) == conformal_sets(*study, seed=7)
    assert conformal_table(*shuffled, seed=7) == conformal_table(*study, seed=7)
    assert conformal_sets(*study, seed=8) != conformal_sets(*study, seed=7)


def test_too_few_images_give_all_options_and_say_so() -> None:
    rows = conformal_table(*build([np.full(4, 0.25)] * 10, [0] * 10, list(range(10))), seed=1)
    for row in rows:
        assert (row.quantile, row.all, row.mean_size) == (None, 1.0, 4.0)
        assert "9 calibration" in not_none(row.reason)
        assert row.coverage.value == 1.0
    [one, *_] = conformal_table(*build([np.full(4, 0.25)], [0], [0]), seed=1)
    assert one.calibration == SplitSize(n=1, images=1)
    assert (one.coverage.reason, one.mean_size) == ("no held-out question", None)


def test_no_probabilities_give_no_sets_and_the_reason() -> None:
    evidence, instances, items = build([None] * 6, [0] * 6, list(range(6)))
    gaps = [{"field": "option_logprobs", "reason": "the server lists none"}]
    evidence["gaps"] = pd.Series([gaps] * 6, dtype=object)
    for row in conformal_table(evidence, instances, items, seed=1):
        assert (row.quantile, row.reason, row.left_out) == (None, "the server lists none", 6)
        assert row.coverage.reason == "the server lists none"
    assert conformal_sets(evidence, instances, items, seed=1) == []
    assert conformal_table(evidence.iloc[:0], instances, items, seed=1) == []


def test_two_options_ties_and_options_of_unequal_number() -> None:
    same = conformal_table(
        *build([np.full(2, 0.5)] * 60, [k % 2 for k in range(60)], list(range(60))), seed=1
    )
    assert same[0].all == 1.0  # LAC cannot tell the two apart
    assert not_none(same[2].coverage.value) > 0.7
    mixed = [np.full(4, 0.25) if k % 2 else np.array([0.9, 0.1]) for k in range(60)]
    for row in conformal_sets(*build(mixed, [0] * 60, list(range(60))), seed=1, target=0.95):
        size = len(mixed[int(row.item_id[1:])])
        assert max([*row.lac, *row.aps]) < size


def test_what_does_not_fit_is_refused(study: Any) -> None:
    evidence, instances, items = study
    with pytest.raises(BadInput, match="conformal target"):
        conformal_table(*study, seed=1, target=90)
    broken = evidence.copy()
    broken.at[0, "option_logprobs"] = np.zeros(3)
    with pytest.raises(BadInput, match="3 values for 4 options"):
        conformal_table(broken, instances, items, seed=1)


def harder_if_large(p: np.ndarray, answer: np.ndarray, images: np.ndarray) -> tuple[Any, ...]:
    """The same questions, but on images of many the answer is another option more often."""
    moved = (np.bincount(images)[images] > 5) & (np.arange(len(answer)) % 5 == 0)
    return p, np.where(moved, p.argmin(axis=1), answer), images


def coverages(
    rng: np.random.Generator,
    n_images: int,
    icc: float,
    runs: int,
    shape: Callable[..., Any] = lambda *one: one,
) -> dict[str, np.ndarray]:
    """True coverage of each calibration: for a random image (`images`) and for a random question."""
    p, answer, images = shape(*made(rng, 4000, icc))
    uniform = rng.random(len(p))
    of_answer = {
        "LAC": lac_scores(p)[np.arange(len(p)), answer],
        "APS": aps_scores(p, uniform)[np.arange(len(p)), answer],
    }
    sizes = np.bincount(images)[images]
    found: dict[str, list[float]] = {}
    for _ in range(runs):
        p, answer, shown = shape(*made(rng, n_images, icc))
        drawn = {"LAC": lac_scores(p), "APS": aps_scores(p, rng.random(len(p)))}
        for name, scores in drawn.items():
            own = scores[np.arange(len(p)), answer]
            by_image = of_answer[name] <= conformal_quantile(own, image_weights(shown), 0.9)
            pooled = of_answer[name] <= conformal_quantile(own, np.full(len(own), 1 / (len(own) + 1)), 0.9)
            found.setdefault(f"{name} images", []).append(float(np.average(by_image, weights=1 / sizes)))
            found.setdefault(f"{name} questions", []).append(float(pooled.mean()))
            found.setdefault(f"{name} images, of questions", []).append(float(by_image.mean()))
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("n_images", "icc"), [(100, 0.0), (100, 0.7), (30, 0.3)])
def test_sets_cover_on_average_over_calibrations(n_images: int, icc: float) -> None:
    found = coverages(np.random.default_rng(41), n_images, icc, 400)
    for name in [name for name in found if "of questions" not in name]:
        values = found[name]
        margin = (
            4 * values.std() / 20 + 0.006
        )  # of the mean, and of the 4,000 images that stand for the truth
        assert values.mean() >= 0.9 - margin, name
        assert values.mean() <= 0.9 + 1 / (n_images + 1) + margin, name
        assert (values < 0.9).mean() > 0.15, name  # a single calibration is promised nothing


@pytest.mark.slow
def test_the_level_is_for_the_population_that_is_named() -> None:
    """Large images are harder: calibrated for a random image, a random question is covered less often."""
    found = coverages(np.random.default_rng(42), 100, 0.3, 300, harder_if_large)
    for score in ("LAC", "APS"):
        assert found[f"{score} images"].mean() > 0.895
        assert found[f"{score} questions"].mean() > 0.89
        assert found[f"{score} images, of questions"].mean() < 0.89
