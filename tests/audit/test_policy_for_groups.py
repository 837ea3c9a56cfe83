"""A policy that holds for every subgroup: the walk by hand, and its size by simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.made_up_answers import Answers, MakeAnswers
from tests.optional import not_none

from vqa_canary.audit.exact_test import images_to_begin_with
from vqa_canary.audit.policy import find_policy, images_needed
from vqa_canary.audit.policy_for_groups import group_policy, search_for_groups
from vqa_canary.audit.policy_search import Steps, search_steps
from vqa_canary.audit.policy_words import Allowed
from vqa_canary.audit.record.groups import GroupPolicy
from vqa_canary.audit.splitting import calibration_masks, priorities
from vqa_canary.errors import BadInput
from vqa_canary.statistics.proportions import proportion

ALPHA, DELTA = 0.1, 0.05


def steps_of(u: np.ndarray, wrong: np.ndarray, images: np.ndarray, groups: np.ndarray) -> list[Steps]:
    order = np.arange(len(u))
    first = search_steps(u, wrong, images, order)
    parts = [groups == one for one in np.unique(groups)]
    return [first] + [
        search_steps(u[mask], wrong[mask], images[mask], order[mask], first.thresholds) for mask in parts
    ]


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.floats(0, 0.15))
def test_the_threshold_is_that_of_a_walk_by_hand(seed: int, n_groups: int, error: float) -> None:
    rng = np.random.default_rng(seed)
    n = 600
    images, u = np.arange(n) // 2, rng.random(n).round(2)
    groups = rng.integers(0, n_groups, n)
    wrong = rng.random(n) < error * 2 * u
    steps = steps_of(u, wrong, images, groups)
    found = search_for_groups(steps, ALPHA, DELTA)
    begin = not_none(images_to_begin_with(ALPHA, DELTA))
    passed, tested = None, False
    for at, threshold in enumerate(steps[0].thresholds):
        p_values, sizes = [], []
        for mask in [np.ones(n, bool), *(groups == one for one in np.unique(groups))]:
            seen: dict[int, bool] = {}
            for i in np.flatnonzero(mask & (u <= threshold)):
                seen.setdefault(int(images[i]), bool(wrong[i]))  # the first answered one of the group
            sizes.append(len(seen))
            p_values.append(stats.binom.cdf(sum(seen.values()), len(seen), ALPHA))
        if not tested and min(sizes) < begin:
            continue
        tested = True
        if max(p_values) > DELTA:
            break
        passed = at
    if tested:
        assert found.verdict == ("policy found" if passed is not None else "no safe policy could be shown")
        if passed is not None:
            assert found.at == passed


def test_one_group_alone_is_the_policy_of_all(answers: MakeAnswers) -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        one = answers(rng, 150, 0.9, 0.8)
        steps = steps_of(one.uncertainty, one.wrong, one.images, np.zeros(len(one.wrong)))
        found, alone = search_for_groups(steps, ALPHA, DELTA), find_policy(steps[0], ALPHA, DELTA)
        threshold = steps[0].thresholds[not_none(found.at)] if found.verdict == "policy found" else None
        assert threshold == alone.threshold


def test_more_groups_never_answer_more(answers: MakeAnswers) -> None:
    rng, found = np.random.default_rng(5), 0
    for _ in range(30):
        one = answers(rng, 400, 0.93, 0.8)
        groups = rng.integers(0, 2, len(one.wrong))
        wide = search_for_groups(steps_of(one.uncertainty, one.wrong, one.images, groups * 0), ALPHA, DELTA)
        fine = search_for_groups(steps_of(one.uncertainty, one.wrong, one.images, groups), ALPHA, DELTA)
        if fine.verdict == "policy found":
            found += 1
            assert wide.verdict == "policy found"
            assert not_none(fine.at) <= not_none(wide.at)
    assert found > 10


def test_a_group_that_is_too_small_is_named_by_its_place() -> None:
    n = 400
    u, images = np.linspace(0, 1, n), np.arange(n)
    groups = np.where(np.arange(n) % 40 == 0, 1, 0)
    found = search_for_groups(steps_of(u, np.zeros(n, bool), images, groups), ALPHA, DELTA)
    assert (found.verdict, found.at, found.stopped_by) == ("too little data", None, 2)


def test_a_group_without_any_answer_is_not_safe() -> None:
    u = np.array([0.1] * 200 + [np.nan] * 50)
    groups = np.array([0] * 200 + [1] * 50)
    found = search_for_groups(steps_of(u, np.zeros(250, bool), np.arange(250), groups), ALPHA, DELTA)
    assert (found.verdict, found.stopped_by) == ("too little data", 2)


@pytest.fixture
def study(make_study: Callable[..., Any], answers: MakeAnswers) -> Any:
    data = answers(np.random.default_rng(9), 400, 0.95, 0.9)
    right = (~data.wrong).astype(float)
    made = make_study({("m", "clean"): {"correct": right, "u": data.uncertainty}}, data.images)
    made.items["site"] = np.where(data.images % 3 == 0, "north", "south")
    made.items["rare"] = np.where(data.images < 8, "rare", "usual")
    return made


def policy_of(study: Any, *columns: str, n_methods: int = 1, **about: Any) -> GroupPolicy:
    [grid] = study.grids
    mask = calibration_masks(study.grids, study.items, 3)["d"]
    order = priorities(grid.items["item_id"], 3)
    allowed = Allowed(n_methods, **about)
    return group_policy(grid, "m", "u", columns, mask, order, alpha=ALPHA, delta=DELTA, allowed=allowed)


def test_what_it_does_on_held_out_images_is_told_of_every_subgroup(study: Any) -> None:
    found = policy_of(study, "site")
    assert found.verdict == "policy found"
    mask = calibration_masks(study.grids, study.items, 3)["d"]
    data = study.scores.merge(study.items, on=["dataset", "item_id"])
    rest = data[~mask]
    assert [(one.column, one.value) for one in found.groups] == [
        ("", "all"), ("site", "north"), ("site", "south"),
    ]  # fmt: skip
    for one in found.groups:
        own = rest if not one.column else rest[rest["site"] == one.value]
        answered = own["uncertainty"] <= not_none(found.threshold)
        assert one.coverage.value == pytest.approx(answered.mean())
        wrong = ~own["correct"][answered].astype(bool)
        expected = proportion(wrong, own["image_id"][answered].to_numpy(str))
        assert (one.error.value, one.error.ci_high) == pytest.approx((expected.value, expected.ci_high))
        assert one.p_value is not None
        assert one.p_value <= DELTA
    assert "in each of 2 subgroups by site, with 95 % confidence for all of them at once" in found.sentence


def test_the_choice_of_a_method_is_paid_for(study: Any) -> None:
    assert (policy_of(study, "site", n_methods=50).coverage or 0) <= (policy_of(study, "site").coverage or 0)
    least = images_needed(ALPHA, DELTA / 1000)
    short = policy_of(study, "site", n_methods=1000)
    assert short.verdict in ("policy found", "too little data", "no safe policy could be shown")
    assert str(least) in short.sentence or short.verdict != "too little data"


def test_a_planned_look_is_paid_for_as_a_method_is_and_without_a_claim_no_confidence_is_told(
    study: Any,
) -> None:
    three, looks = policy_of(study, "site", n_methods=3), policy_of(study, "site", looks=3)
    assert (three.verdict, three.threshold, three.groups) == (looks.verdict, looks.threshold, looks.groups)
    assert "this allows for the choice among 3 methods." in three.sentence
    assert "this allows for 3 planned looks." in looks.sentence
    many = policy_of(study, "rare", looks=40)
    assert f"every subgroup needs {images_needed(ALPHA, DELTA / 40)} calibration images" in many.sentence
    claimed, bare = policy_of(study, "site"), policy_of(study, "site", claimed=False)
    assert claimed.model_copy(update={"sentence": ""}) == bare.model_copy(update={"sentence": ""})
    assert "% confidence" not in bare.sentence
    assert "passed at 95 %, but no confidence can be claimed" in bare.sentence


def test_a_subgroup_that_is_too_small_stands_in_the_way_and_is_named(study: Any) -> None:
    found = policy_of(study, "rare")
    assert found.verdict == "too little data"
    assert (found.threshold, found.coverage) == (None, None)
    assert f"every subgroup needs {images_needed(ALPHA, DELTA)} calibration images" in found.sentence
    assert "rare “rare” has " in found.sentence


def test_a_column_that_is_none_is_refused(study: Any) -> None:
    with pytest.raises(BadInput, match=r"items have no column 'sites'. Did you mean 'site'\?"):
        policy_of(study, "sites")


@pytest.mark.slow
@pytest.mark.parametrize("icc", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("unsafe", [1, 4])
def test_a_policy_is_seldom_found_where_some_subgroup_is_just_unsafe(
    icc: float, unsafe: int, answers: MakeAnswers
) -> None:
    """Four subgroups of 60 images; uncertainty knows nothing, and in one or in all 10 % of answers are wrong.

    The policy over all questions is found often where one is unsafe: that is what it does not promise.
    """
    rng, runs = np.random.default_rng(21), 1500
    held = over_all = 0
    for _ in range(runs):
        parts = [answers(rng, 60, 1 - ALPHA, 0.0, icc) for _ in range(4)]
        one, groups = joined(parts, unsafe)
        steps = steps_of(one.uncertainty, one.wrong, one.images, groups)
        held += search_for_groups(steps, ALPHA, DELTA).verdict == "policy found"
        over_all += find_policy(steps[0], ALPHA, DELTA).verdict == "policy found"
    assert held / runs <= DELTA + 3 * np.sqrt(DELTA * (1 - DELTA) / runs)
    if unsafe == 1:
        assert held > 0
        assert over_all / runs > 0.5


def joined(parts: list[Answers], unsafe: int) -> tuple[Answers, np.ndarray]:
    """One data set of all parts; of those after the first `unsafe`, no answer is wrong."""
    groups = np.repeat(np.arange(len(parts)), [len(one.wrong) for one in parts])
    images = np.concatenate([one.images + 1000 * at for at, one in enumerate(parts)])
    u = np.concatenate([one.uncertainty for one in parts])
    wrong = np.concatenate([one.wrong & (at < unsafe) for at, one in enumerate(parts)])
    order = np.random.default_rng(len(u)).permutation(len(u))
    return Answers(u[order], wrong[order], images[order]), groups[order]
