"""The log: what may be added to it, in which order, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from tests.monitoring.conftest import POLICY, TODAY, batch_of, grid, logged

from vqa_canary.errors import BadInput
from vqa_canary.monitoring.entering import Batch, images_seen, next_entry
from vqa_canary.monitoring.observing import observe
from vqa_canary.monitoring.record import Entry, read_log
from vqa_canary.monitoring.standing import standings


def enter(entries: list[Entry], batch: Batch, **changed: Any) -> Entry | None:
    policy = POLICY.model_copy(update=changed)
    audit = observe(grid(seed=99, name="a"), POLICY, ())
    return next_entry(entries, policy, batch, audit, "2026-11-30 12:00:00 UTC", TODAY)


def unlabelled(batch: Batch) -> Batch:
    rows = batch.observations.assign(correct=pd.array([None] * len(batch.observations), "boolean"))
    return replace(batch, observations=rows)


def test_entries_follow_one_another() -> None:
    entries = logged(batch_of(grid(name="x")), batch_of(grid(name="y", seed=2), "2026-10-31"))
    assert [entry.number for entry in entries] == [1, 2]
    assert entries[0].previous == ""
    assert entries[1].previous == entries[0].hash
    dumped = [entry.stored for entry in entries]
    assert read_log(dumped) == entries


def test_a_batch_given_twice_adds_nothing() -> None:
    entries = logged(batch_of(grid(name="x")))
    assert enter(entries, batch_of(grid(name="x"))) is None
    assert images_seen(entries, entries[0].asked) == set()
    assert len(images_seen(entries, "other")) == 40


def test_the_same_questions_with_other_answers_labels_or_date_are_refused() -> None:
    entries = logged(batch_of(grid(name="x")))
    with pytest.raises(BadInput, match="with other answers"):
        enter(entries, batch_of(grid(name="x", seed=5)))
    again = batch_of(grid(name="x"))
    with pytest.raises(BadInput, match="with other labels"):
        enter(entries, replace(again, observations=again.observations.assign(correct=False)))
    with pytest.raises(BadInput, match=r"monitor\.date is 2026-10-01"):
        enter(entries, batch_of(grid(name="x"), "2026-10-01"))


def test_labels_that_come_later_are_an_entry_of_their_own() -> None:
    whole = batch_of(grid(name="x"))
    later = batch_of(grid(name="y", seed=2), "2026-10-31")
    entries = logged(unlabelled(whole), later, whole)
    assert [entry.labels_of for entry in entries] == [None, None, 1]
    assert entries[2].drift == ()
    assert {one.wrong is None for one in entries[0].images} == {True}
    n = [one.evidence.n for one in standings(entries)]
    assert n[0] == 0 < n[1] < n[2]
    assert enter(entries, unlabelled(whole)) is None
    assert enter(entries, whole) is None


@pytest.mark.parametrize(
    ("day", "told"), [("2026-09-29", "is before 2026-09-30"), ("2026-12-25", "in the future")]
)
def test_batches_come_in_the_order_of_their_dates(day: str, told: str) -> None:
    entries = logged(batch_of(grid(name="x")))
    with pytest.raises(BadInput, match=told):
        enter(entries, batch_of(grid(name="y"), day))
    assert enter(entries, batch_of(grid(name="y"))) is not None  # of the same day


def test_a_batch_in_which_nothing_is_new_is_refused() -> None:
    made = grid(name="x")
    with pytest.raises(BadInput, match="every image of this batch"):
        enter([], batch_of(made, seen=set(made.image_ids)))


def test_a_log_is_of_one_policy() -> None:
    entries = logged(batch_of(grid(name="x")))
    with pytest.raises(BadInput, match=r"threshold: 0\.5 in the log, 0\.6 now.*watch=NAME"):
        enter(entries, batch_of(grid(name="y"), "2026-10-31"), threshold=0.6)


def test_a_log_that_was_changed_or_lost_an_entry_is_refused() -> None:
    dumped = [
        entry.stored
        for entry in logged(
            batch_of(grid(name="x")),
            batch_of(grid(name="y"), "2026-10-01"),
            batch_of(grid(name="z"), "2026-10-02"),
        )
    ]
    assert len(read_log(dumped)) == 3
    with pytest.raises(BadInput, match="does not follow"):
        read_log([dumped[0], dumped[2]])
    with pytest.raises(BadInput, match="does not follow"):
        read_log(dumped[1:])
    kinder = [dict(entry, images=[dict(one, wrong=0) for one in entry["images"]]) for entry in dumped]
    with pytest.raises(BadInput, match="entry 1 was changed after"):
        read_log([kinder[0], *dumped[1:]])
    with pytest.raises(
        BadInput, match="entry 3 was changed after"
    ):  # the latest, whose hash no other entry names
        read_log([*dumped[:2], kinder[2]])
    rehashed = [Entry.model_validate({k: v for k, v in kinder[0].items() if k != "hash"}).stored, *dumped[1:]]
    with pytest.raises(BadInput, match="entry 2 does not follow"):
        read_log(rehashed)
    with pytest.raises(BadInput, match="entry 3 was changed after"):
        read_log([*dumped[:2], {k: v for k, v in dumped[2].items() if k != "hash"}])
    with pytest.raises(BadInput, match="of version '9'"):
        read_log([dict(dumped[0], version="9")])
    with pytest.raises(BadInput, match=r"entry 1: day"):
        read_log([dict(dumped[0], day="soon")])


def test_dates_survive_the_file() -> None:
    [entry] = logged(batch_of(grid(name="x")))
    assert read_log([entry.stored])[0].day == date(2026, 9, 30)
