"""Missing answers: their kinds and the range of accuracy by hand, and a test that keeps its size."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from scipy.stats import t as student
from tests.made_up_answers import MakeAnswers

from vqa_canary.audit import missing
from vqa_canary.audit.missing import missing_table, options_of, range_if_missing, tied_p
from vqa_canary.audit.record.missing import Missing
from vqa_canary.statistics.multiplicity import holm
from vqa_canary.statistics.proportions import proportion

rows = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), min_size=1, max_size=60)


def test_examples() -> None:
    found = doctest.testmod(missing)
    assert (found.failed, found.attempted > 0) == (0, True)


@given(rows)
def test_the_statistic_is_that_of_the_definition(given_rows: list[tuple[bool, bool, int]]) -> None:
    failed, kind, images = (np.array(column) for column in zip(*given_rows, strict=True))
    found = tied_p(failed, kind, images)
    n_images = len(set(images))
    if len(set(failed)) < 2 or len(set(kind)) < 2 or n_images < 5:
        assert np.isnan(found)
        return
    by_image = dict.fromkeys(images.tolist(), 0.0)
    for f, x, g in given_rows:
        by_image[g] += (f - failed.mean()) * (x - kind.mean())
    scores = np.array(list(by_image.values()))
    if not np.abs(scores).max() > 1e-12:
        return
    t = scores.sum() / np.sqrt((scores**2).sum())
    assert found == pytest.approx(2 * student.sf(abs(t), n_images - 1), abs=1e-12)
    assert abs(t) <= np.sqrt(n_images) + 1e-9
    others = tied_p(failed, ~kind, images), tied_p(~failed, kind, images)
    assert others == pytest.approx((found, found), abs=1e-9)
    assert tied_p(failed[::-1], kind[::-1], images[::-1]) == pytest.approx(found, abs=1e-9)


def test_of_many_images_with_a_question_each_it_is_the_chi_squared_test() -> None:
    rng = np.random.default_rng(2)
    kind, failed = rng.random(4000) < 0.4, rng.random(4000) < 0.3
    failed ^= kind & (rng.random(4000) < 0.05)
    table = [
        [np.sum(kind & failed), np.sum(kind & ~failed)],
        [np.sum(~kind & failed), np.sum(~kind & ~failed)],
    ]
    expected = chi2_contingency(table, correction=False).pvalue
    assert tied_p(failed, kind, np.arange(4000)) == pytest.approx(expected, rel=0.25)


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.booleans(), st.integers(0, 5)), min_size=1))
def test_the_range_holds_accuracy_whatever_the_missing_ones_are(
    given_rows: list[tuple[float, bool, int]],
) -> None:
    truth, failed, images = (np.array(column) for column in zip(*given_rows, strict=True))
    seen = np.where(failed, np.nan, truth)
    low, high = range_if_missing(seen, failed, images)
    assert low.value is not None
    assert high.value is not None
    assert low.value <= truth.mean() <= high.value
    assert high.value - low.value == pytest.approx(failed.mean())
    expected = proportion(np.where(failed, 0, truth), images)
    assert (low.ci_low, low.ci_high) == (expected.ci_low, expected.ci_high)


def test_nothing_has_no_range() -> None:
    assert [end.reason for end in range_if_missing([], [], [])] == ["no items", "no items"]


def study_of(make_study: Callable[..., Any], failed: np.ndarray, yes_no: np.ndarray) -> Any:
    n = len(failed)
    rng = np.random.default_rng(4)
    right = np.where(failed, np.nan, (rng.random(n) < 0.7).astype(float))
    u = np.where(failed, np.nan, rng.random(n))
    made = make_study({("m", "clean"): {"correct": right, "u": u}}, np.arange(n) // 2)
    made.items["options"] = [["Yes", "no"] if one else ["a", "b", "c", "d"] for one in yes_no]
    made.scores.loc[made.scores["correct"].isna(), "reason"] = "failed: made up"
    return made


def only(study: Any, columns: tuple[str, ...] = ("question_type",)) -> Missing:
    [found] = missing_table(study.grids, columns)
    return found


def test_the_sentence_names_the_kind_that_all_missing_ones_are_of(make_study: Callable[..., Any]) -> None:
    yes_no = np.arange(205) % 2 == 0
    failed = yes_no & (np.arange(205) < 203)
    study = study_of(make_study, failed, yes_no)
    found = only(study)
    assert found.sentence == "It answered 103 of 205 questions; the missing ones are all yes/no questions."
    assert (found.asked, found.failed, found.many, found.tied) == (205, 102, True, True)
    first = found.kinds[0]
    assert (first.column, first.asked, first.failed, first.elsewhere) == ("options", 103, 102, 0.0)
    kinds = {(one.column, one.value): one for one in found.kinds}
    assert set(kinds) == {
        ("options", "yes or no"), ("options", "4 options"), ("question_type", "organ"), ("question_type", "side"),
    }  # fmt: skip
    masks = {
        "yes or no": yes_no, "4 options": ~yes_no,
        "organ": np.arange(205) % 3 == 0, "side": np.arange(205) % 3 > 0,
    }  # fmt: skip
    order = sorted(masks)
    adjusted = dict(
        zip(order, holm([tied_p(failed, masks[one], np.arange(205) // 2) for one in order]), strict=True)
    )
    for (_, value), one in kinds.items():
        assert one.p_value == pytest.approx(adjusted[value])
        assert one.share.value == pytest.approx(failed[masks[value]].mean())


def test_of_a_kind_that_fails_more_often_both_shares_are_told(make_study: Callable[..., Any]) -> None:
    at = np.arange(200)
    yes_no = at % 2 == 0
    failed = np.where(yes_no, at % 10 < 8, at % 20 == 1)
    told = only(study_of(make_study, failed, yes_no)).sentence
    assert told == (
        "It answered 110 of 200 questions; missing are 80 of 100 yes/no questions, and 10 of 100 others."
    )


def test_missing_at_random_and_few_and_none_and_all(make_study: Callable[..., Any]) -> None:
    at, none = np.arange(200), np.zeros(200, bool)
    yes_no = at % 2 == 0
    some = only(study_of(make_study, at % 50 == 7, yes_no))
    assert some.sentence.startswith("It answered 196 of 200 questions; no kind of question is shown")
    assert (some.many, some.tied) == (False, False)
    nothing = only(study_of(make_study, none, yes_no))
    assert (nothing.sentence, nothing.kinds, nothing.many, nothing.tied) == ("", (), False, False)
    assert nothing.all_wrong == nothing.all_right
    every = only(study_of(make_study, ~none, yes_no))
    assert every.sentence == "It answered none of 200 questions."
    assert (every.all_wrong.value, every.all_right.value) == (0, 1)
    two_images = only(study_of(make_study, at[:4] == 1, yes_no[:4]))
    assert "too few to tell" in two_images.sentence


def test_row_order_does_not_matter(make_study: Callable[..., Any]) -> None:
    at = np.arange(200)
    study = study_of(make_study, at % 7 == 0, at % 2 == 0)
    before = only(study, ("question_type", "modality"))
    shuffled = np.random.default_rng(1).permutation(200)
    again = replace(study, scores=study.scores.iloc[shuffled].reset_index(drop=True))
    assert only(again, ("question_type", "modality")) == before


def test_options() -> None:
    assert options_of(["No ", "YES"]) == "yes or no"
    assert options_of(["yes", "no", "maybe"]) == "3 options"


@pytest.mark.slow
@pytest.mark.parametrize("icc", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("n_images", [20, 100])
def test_kinds_that_fail_alike_are_seldom_told_apart(icc: float, n_images: int, answers: MakeAnswers) -> None:
    """Failures and kinds both hang together with the image, and not with each other."""
    rng, runs = np.random.default_rng(18), 2000
    told = 0
    for _ in range(runs):
        one = answers(rng, n_images, 0.8, 0.0, icc)
        told += bool(tied_p(one.wrong, one.uncertainty > 0.3, one.images) <= 0.05)
    assert told / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
