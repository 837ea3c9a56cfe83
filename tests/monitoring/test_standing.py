"""Where a watch stands: against the bet on all images by hand, and what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.monitoring.conftest import batch_of, grid, logged

from vqa_canary.monitoring.record import Entry
from vqa_canary.monitoring.standing import ALARM, QUIET, UNLABELLED, WARNED, error_of, shares, standings
from vqa_canary.monitoring.verdicts import odds, of_drift, of_errors
from vqa_canary.statistics.betting import log_wealth, warnings


def watch(*errors: float, n_images: int = 80) -> list[Entry]:
    return logged(
        *(
            batch_of(grid(n_images, error, seed=at, name="xyzuvw"[at]), f"2026-0{at + 1}-28")
            for at, error in enumerate(errors)
        )
    )


def test_the_evidence_is_that_of_all_images_in_order() -> None:
    entries = watch(0.02, 0.3)
    values = [
        one.wrong / one.answered
        for entry in entries
        for one in entry.images
        if one.answered and one.wrong is not None
    ]
    found = standings(entries)
    assert shares(entries)[0].tolist() == values
    path = log_wealth(values, 0.05)
    last = found[-1]
    assert last.evidence.log_e == pytest.approx(path[-1])
    assert last.mean == pytest.approx(np.mean(values))
    assert last.alarm is not None
    assert last.alarm.image == int(np.flatnonzero(path >= math.log(20))[0]) + 1
    assert [one.image - 1 for one in last.warned] == warnings(values, 0.05, 1000)
    assert last.alarm.entry == 2


def test_an_alarm_stays_in_good_times() -> None:
    found = standings(watch(0.4, 0.0, 0.0))
    assert [one.verdict for one in found] == [ALARM] * 3
    assert len({one.alarm for one in found}) == 1
    said = of_errors(found[-1], [one.entry for one in found])
    assert said.startswith("Alarm: more than 5 % of answers are wrong.")
    assert "batch of 2026-01-28" in said


def test_a_good_policy_is_quiet_and_the_target_is_said_to_be_kept_once_it_is() -> None:
    entries = watch(0.0, 0.0, n_images=120)
    found = standings(entries)
    assert [one.verdict for one in found] == [QUIET, QUIET]
    assert found[-1].evidence.high < 0.05
    assert "The target of 5 % is kept" in of_errors(found[-1], entries)
    few = watch(0.0, n_images=6)
    assert "is kept" not in of_errors(standings(few)[-1], few)


def test_an_early_warning_comes_after_good_times_before_the_alarm() -> None:
    entries = watch(0.0, 0.0, 0.25, n_images=120)
    found = standings(entries)
    assert found[1].verdict == QUIET
    assert any(one.entry == 3 for one in found[2].warned)
    first = found[2].warned[0].image
    assert found[2].alarm is None or first < found[2].alarm.image
    if found[2].alarm is None:
        assert found[2].verdict == WARNED
        assert of_errors(found[2], entries).startswith("Early warning")


def test_without_labels_nothing_is_said_of_errors() -> None:
    made = grid(correct=np.full(120, np.nan))
    entries = logged(batch_of(made))
    [only] = standings(entries)
    assert only.verdict == UNLABELLED
    assert only.mean is None
    assert error_of(entries[0]).reason == "no labels"
    assert "nothing can be said of errors" in of_errors(only, entries)


def test_a_batch_without_labels_says_that_it_adds_nothing() -> None:
    blind = batch_of(grid(name="y", correct=np.full(120, np.nan)), "2026-10-31")
    entries = logged(batch_of(grid(name="x")), blind)
    first, second = standings(entries)
    assert second.evidence == first.evidence
    assert (
        of_errors(second, entries)
        == f"{of_errors(first, entries)} The latest batch has no labels, and adds nothing to this."
    )


def test_drift_is_named_as_what_it_is() -> None:
    entries = logged(batch_of(grid(name="x", shift=0.35)))
    [only] = standings(entries)
    assert {row.quantity for row in only.drift} == {"uncertainty", "coverage"}
    said = of_drift(entries[0].drift, only)
    assert "no error by itself" in said
    assert "in the audit" in said
    same = logged(batch_of(grid(name="x")))
    assert of_drift(same[0].drift, standings(same)[0]).startswith("No drift was found")


def test_too_few_images_are_no_drift_and_no_peace() -> None:
    entries = logged(batch_of(grid(n_images=3, name="x")))
    [only] = standings(entries)
    assert "cannot be told (too few images" in of_drift(entries[0].drift, only)


@pytest.mark.parametrize(
    ("log_e", "told"),
    [
        (0.0, "1 to 1"),
        (math.log(20), "20 to 1"),
        (-50.0, "less than 0.001 to 1"),
        (900.0, "more than a million to 1"),
    ],
)
def test_odds_are_words_that_never_overflow(log_e: float, told: str) -> None:
    assert odds(log_e) == told
