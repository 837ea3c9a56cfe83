"""Limits of parity: each can be broken alone, and nothing is held to a limit where nothing was compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from tests.evaluation.test_answers_compared import ROW

from vqa_canary.evaluation.answers_compared import CONTENT, AnswersCompared, compare
from vqa_canary.evaluation.checks import Measure
from vqa_canary.evaluation.parity import (
    EXACT,
    ROUNDED,
    Tolerance,
    agreement,
    apart,
    identical,
    repeated,
    tolerance_of,
    within,
)
from vqa_canary.evaluation.rank_agreement import rank_agreement
from vqa_canary.rows import Evidence, Sample
from vqa_canary.statistics.proportions import proportion

IDS = [f"{at:02d}" for at in range(20)]
IMAGES = {name: f"image {int(name) % 5}" for name in IDS}
BEFORE = [replace(ROW, instance_id=name) for name in IDS]


def moved(by: float) -> Evidence:
    assert ROW.option_logprobs
    return replace(ROW, option_logprobs=(*ROW.option_logprobs[:2], ROW.option_logprobs[2] - by))


def after(row: Evidence, n: int = 1) -> AnswersCompared:
    """The first `n` of twenty instances got another answer when asked again."""
    return compare(BEFORE, [*(replace(row, instance_id=name) for name in IDS[:n]), *BEFORE[n:]])


def broken(measures: tuple[Measure, ...]) -> set[str]:
    return {one.name for one in measures if one.holds is False}


OTHER_SAMPLE = replace(ROW, samples=(Sample("C", 2, (-9.0, -9.0)), Sample("B", 1, (-1.1, -0.1))))
CHANGES: list[tuple[Evidence, set[str]]] = [
    (moved(2e-3), {"largest_logprob_difference"}),
    (replace(ROW, p_true=0.79), {"largest_p_true_difference"}),
    (replace(ROW, option_logprobs=(-0.5, -0.4999, -3.0)), {"largest_logprob_difference", "changed_choices"}),
    (replace(ROW, greedy_text="B", greedy_choice=1), {"changed_greedy_texts"}),
    (replace(ROW, verbalized_text="80"), {"changed_stated_confidences"}),
    (OTHER_SAMPLE, {"changed_samples"}),
    (replace(ROW, greedy_choice=2), {"changed_greedy_texts"}),
    (replace(ROW, read_at=3), {"changed_greedy_texts"}),
    (replace(ROW, verbalized_confidence=0.1), {"changed_stated_confidences"}),
    (replace(ROW, option_mass=0.5), {"largest_logprob_difference"}),
    (replace(ROW, greedy_token_logprobs=(-0.4, -0.2)), {"largest_logprob_difference"}),
    (replace(ROW, greedy_token_logprobs=(-0.4,)), {"fields_given_once_only"}),
    (replace(ROW, greedy_token_entropies=(0.7, 0.3)), {"largest_entropy_difference"}),
    (replace(ROW, p_true=None), {"fields_given_once_only"}),
    (replace(ROW, status="failed"), {"answered_once_only"}),
]


@pytest.mark.parametrize(("row", "names"), CHANGES)
def test_each_limit_can_be_broken_alone(row: Evidence, names: set[str]) -> None:
    assert broken(within(after(ROW), EXACT)) == set()
    assert broken(within(after(row), EXACT)) == names


def test_every_field_of_an_answer_is_among_these_changes() -> None:
    changed = {name for row, _ in CHANGES for name in CONTENT if getattr(row, name) != getattr(ROW, name)}
    assert changed == set(CONTENT)


def test_rounding_is_allowed_and_not_called_identical() -> None:
    found = after(moved(5e-4))
    assert broken(within(found, EXACT)) == set()
    assert broken(identical(found)) == {"answers_not_identical"}
    assert broken(identical(after(ROW))) == set()


def test_low_precision_may_change_few_answers_and_not_many() -> None:
    other = replace(moved(0.3), greedy_text="B", greedy_choice=1)
    assert broken(within(after(other, 2), ROUNDED)) == set()
    assert broken(within(after(other, 3), ROUNDED)) == {"changed_greedy_texts"}
    assert broken(within(after(moved(0.6)), ROUNDED)) == {"largest_logprob_difference"}


@pytest.mark.parametrize("judge", [lambda found: within(found, EXACT), identical])
def test_where_nothing_was_answered_nothing_passes(judge: Callable[[AnswersCompared], Any]) -> None:
    failed = [replace(row, status="failed") for row in BEFORE]
    assert broken(judge(compare(failed, failed))) == {"instances_compared"}
    assert broken(judge(compare([], []))) == {"instances_compared"}
    assert broken(agreement(compare(failed, failed), IMAGES, 0.9)) == {"instances_compared"}


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [("float32", EXACT), ("bfloat16", ROUNDED), ("float16", ROUNDED), ("", EXACT), ("int3", EXACT)],
)
def test_only_low_precision_is_given_more_room(dtype: str, tolerance: Tolerance) -> None:
    assert tolerance_of(dtype) is tolerance


def named(measures: tuple[Measure, ...]) -> dict[str, Measure]:
    return {one.name: one for one in measures}


def test_agreement_is_the_share_of_equal_choices_with_an_interval_over_images() -> None:
    changed = replace(ROW, option_logprobs=(-2.0, -1.0, -3.0))
    found = named(agreement(after(changed, 3), IMAGES, 0.9))
    expected = proportion([False] * 3 + [True] * 17, [IMAGES[name] for name in IDS])
    same = found["same_choices"]
    assert (same.value, same.ci_low, same.ci_high) == (expected.value, expected.ci_low, expected.ci_high)
    assert same.holds is False
    assert named(agreement(after(changed, 2), IMAGES, 0.9))["same_choices"].holds is True
    assert found["mean_logprob_difference"].value == pytest.approx(3 * 0.5 / 20)
    assert found["same_samples"].value == 1


def test_without_log_probs_agreement_says_so_and_the_choice_counts_alone() -> None:
    def silent(rows: list[Evidence]) -> list[Evidence]:
        gone = {"option_logprobs": None, "option_mass": None, "greedy_token_logprobs": None, "samples": None}
        return [replace(row, **gone) for row in rows]  # type: ignore[arg-type]

    found = compare(silent(BEFORE), silent(BEFORE))
    measures = named(agreement(found, IMAGES, 0.9))
    assert measures["mean_logprob_difference"].value is None
    assert measures["same_samples"].reason == "no samples"
    assert named(repeated(found, IMAGES, 0.9))["same_choices"].limit == 0.9
    assert named(repeated(after(ROW), IMAGES, 0.9))["same_choices"].limit is None
    assert broken(repeated(after(moved(0.6)), IMAGES, 0.9)) == {"largest_logprob_difference"}


def test_two_images_have_to_differ_by_more_than_one_image_twice() -> None:
    same, small, large = after(ROW).changes, after(moved(1e-6), 20).changes, after(moved(0.1), 20).changes
    assert [one.holds for one in apart(large, same)] == [True]
    assert [one.holds for one in apart(large, small)] == [True]
    assert [one.holds for one in apart(same, same)] == [False]
    assert [one.holds for one in apart(small, large)] == [False]
    assert [one.holds for one in apart((*large, same[0]), same)] == [False]  # one pair got equal numbers


def test_without_log_probs_a_changed_text_tells_images_apart_and_an_equal_one_tells_nothing() -> None:
    bare = replace(ROW, option_logprobs=None, option_mass=None, greedy_token_logprobs=None, samples=None)
    rows = [replace(bare, instance_id=name) for name in IDS]
    said = [replace(row, greedy_text="C", greedy_choice=2) for row in rows[:1]]
    same, changed = compare(rows, rows).changes, compare(rows, [*said, *rows[1:]]).changes
    assert [one.holds for one in apart(changed, same)] == [True]
    assert [one.holds for one in apart(same, same)] == [None]
    assert [one.holds for one in apart(changed, changed)] == [False]


def scores(**methods: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"instance_id": str(at), "method": name, "uncertainty": value}
            for name, values in methods.items()
            for at, value in enumerate(values)
        ]
    )


def test_rank_agreement_is_spearmans_correlation_of_each_method() -> None:
    rng = np.random.default_rng(7)
    x, y = rng.random((2, 40)).round(1)  # ties
    found = named(tuple(rank_agreement(scores(m=list(x)), scores(m=list(y[::-1])), 0.9)))
    own = found["rank_correlation_m"]
    assert own.value == pytest.approx(spearmanr(x, y[::-1]).statistic)
    ranks = pd.DataFrame({"x": x, "y": y[::-1]}).rank()
    assert own.value == pytest.approx(ranks["x"].corr(ranks["y"]))
    assert own.holds is False
    assert found["uncertainties_given_once_only"].holds is True


@pytest.mark.parametrize(
    ("x", "y", "value", "reason"),
    [
        ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5], None, "all uncertainties are alike"),
        ([0.5, 0.5, 0.5], [0.1, 0.2, 0.3], 0.0, None),
        ([0.1, 0.2], [0.1, 0.2], None, "fewer than 3 instances have an uncertainty"),
    ],
)
def test_ranks_that_do_not_exist_are_null_with_a_reason(
    x: list[float], y: list[float], value: float | None, reason: str | None
) -> None:
    own = named(tuple(rank_agreement(scores(m=x), scores(m=y), 0.9)))["rank_correlation_m"]
    assert (own.value, own.reason) == (value, reason)


def test_an_uncertainty_that_one_reading_lacks_is_counted() -> None:
    first, second = scores(m=[0.1, 0.2, 0.3, np.nan]), scores(m=[0.1, np.nan, 0.3, np.nan])
    [compared, given, *_] = rank_agreement(first, second, 0.9)
    assert (compared.value, given.value, given.holds) == (2, 1, False)
    [compared, *_] = rank_agreement(scores(m=[np.nan]), scores(m=[np.nan]), 0.9)
    assert compared.holds is False
