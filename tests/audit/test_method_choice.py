"""The recommended method: never beaten, above chance, cheapest, and the reason in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vqa_canary.audit.method_choice import NONE_ABOVE_CHANCE, MethodChoice, recommend
from vqa_canary.evaluation.comparison import comparison_table
from vqa_canary.evaluation.table import metrics_table


def made(make_study: Callable[..., Any], seed: int = 1, wrong_share: float = 0.4, **noise: float) -> Any:
    """Methods that see who is wrong through noise of their own; NaN sees nothing at all."""
    rng = np.random.default_rng(seed)
    images = np.repeat(np.arange(60), 5)
    wrong = rng.random(300) < wrong_share
    shown = {
        name: rng.random(300) if level != level else wrong + level * rng.standard_normal(300)
        for name, level in noise.items()
    }
    return make_study({("m", "clean"): {"correct": (~wrong).astype(float), **shown}}, images)


def choice(study: Any, **calls: float) -> MethodChoice:
    [row] = recommend(study.grids, seed=2, calls={"m": calls})
    return row


def test_the_cheapest_of_those_that_cannot_be_told_from_the_best(make_study: Callable[..., Any]) -> None:
    study = made(make_study, a=0.8, b=0.82, poor=3.0)
    assert choice(study, a=10, b=2, poor=1).method == "b"
    row = choice(study, a=10, b=2, poor=1)
    assert row.candidates == row.not_distinguishable == ("a", "b")
    assert row.reason == (
        "of 3 methods compared, 2 are above chance and cannot be told from the best; "
        "it needs the fewest calls (2 an instance)"
    )
    assert row.calls == 2
    assert choice(study, a=1, poor=1).method == "a"  # what is not named costs most
    metrics = metrics_table(study.grids, 2, ("question_type", "modality", "answer_type"))
    cell = metrics[(metrics["method"] == "b") & (metrics["metric"] == "auroc") & (metrics["subset"] == "all")]
    assert row.auroc.value == cell["value"].item()
    assert row.auroc.ci_low == cell["ci_low"].item() > 0.5
    best = metrics[metrics["metric"] == "auroc_not_distinguishable_from_best"]
    assert sorted(best[best["value"] == 1]["method"]) == list(row.not_distinguishable)


def test_equal_calls_leave_it_to_the_auroc_then_to_the_name(make_study: Callable[..., Any]) -> None:
    study = made(make_study, a=0.9, b=0.8)
    [difference] = comparison_table(study.grids, 2).query("model == 'm'")["difference"]
    best = "a" if difference > 0 else "b"
    for calls in ({}, {"a": 3, "b": 3}):
        row = choice(study, **calls)
        assert row.method == best
        assert "its AUROC is the highest" in row.reason
    same = np.random.default_rng(4).random(300)
    wrong = (same + np.random.default_rng(5).random(300) > 1.2).astype(float)
    twins = make_study({("m", "clean"): {"correct": 1 - wrong, "z": same, "y": same}}, np.arange(300) // 5)
    assert choice(twins).method == "y"


def test_one_clear_winner_and_one_method_alone_are_said_so(make_study: Callable[..., Any]) -> None:
    row = choice(made(make_study, good=0.3, poor=3.0), poor=1, good=50)
    assert (row.method, row.candidates) == ("good", ("good",))
    assert row.reason == (
        "the only one of 2 methods compared that is above chance and cannot be told from the best"
    )
    assert (
        choice(made(make_study, a=0.8)).reason == "the only method that can be judged, and better than chance"
    )


@pytest.mark.parametrize("names", [("x",), ("x", "y", "z")])
def test_chance_is_never_recommended(make_study: Callable[..., Any], names: tuple[str, ...]) -> None:
    blind: dict[str, Any] = dict.fromkeys(names, np.nan)
    row = choice(made(make_study, **blind))
    assert (row.method, row.calls, row.auroc.value) == (None, None, None)
    assert row.reason == row.auroc.reason == NONE_ABOVE_CHANCE
    assert row.compared == names


def test_a_cheap_method_at_chance_does_not_win_by_its_price(make_study: Callable[..., Any]) -> None:
    """Few wrong answers: nothing can be told apart, but only one is shown to be above chance."""
    found = [choice(made(make_study, seed, 0.04, a=0.9, cheap=np.nan), cheap=1, a=9) for seed in range(8)]
    undecided = [row for row in found if "cheap" in row.not_distinguishable and row.method]
    assert undecided
    assert {row.method for row in undecided} == {"a"}


def test_nothing_to_compare_has_its_reason(make_study: Callable[..., Any]) -> None:
    row = choice(made(make_study, wrong_share=0.0, a=0.8))
    assert (row.method, row.compared) == (None, ())
    told = "one class only: no wrong answer, among the 300 questions with a value of every method"
    assert row.reason == f"methods cannot be compared: {told}"
