"""What a batch adds to the log: a new entry, the labels of an old one, or nothing, because it stands there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from vqa_canary.errors import BadInput
from vqa_canary.monitoring.drifting import drifts
from vqa_canary.monitoring.observing import (
    answers_fingerprint,
    counts,
    labels_fingerprint,
    watched_images,
)
from vqa_canary.monitoring.record import VERSION, Drift, Entry, FrozenPolicy

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Batch:
    """A batch as it comes."""

    study: str
    """Study that holds its tables."""
    day: date
    """Its date."""
    observations: pd.DataFrame
    """Its rows of `observations`."""
    joined: Mapping[str, tuple[str, ...]]
    """Ids of the images behind each image of the observations, itself included."""
    asked: str
    """Fingerprint of its questions, without labels."""
    vouched_by: str | None
    """Who says whose answers these are."""
    answered_as: tuple[str, ...]
    """Names under which the model answered."""
    package: str
    """The version of this package."""


def images_seen(entries: Sequence[Entry], asked: str) -> set[str]:
    """Images of earlier batches. Those of a batch of the same questions are not among them: it is that batch again."""
    return {name for entry in entries if entry.asked != asked for name in entry.image_ids}


def refuse_future(day: date, today: date) -> None:
    """Refuse a date that is still to come: no later batch could follow it. A day is left for time zones.

    Raises
    ------
    BadInput : it is more than a day after `today`
    """
    if day > today + timedelta(days=1):
        raise BadInput(
            f"parameters: monitor.date: {day} is in the future. The log only grows, and batches come in the order of "
            "their dates: give the day of the batch."
        )


def next_entry(
    entries: Sequence[Entry], policy: FrozenPolicy, batch: Batch, audit: pd.DataFrame, made: str, today: date
) -> Entry | None:
    """The entry of a batch; None where the log holds it already.

    Parameters
    ----------
    audit : rows of `observations` of the audit's held-out questions
    made : the time, in UTC
    today : the date, in UTC

    Raises
    ------
    BadInput : another policy is watched by this log; the batch is dated before the last one, or in the future; its
        questions were logged with other answers, other labels or another date; nothing in it is new
    """
    refuse_another_policy(entries, policy)
    answers = answers_fingerprint(batch.observations)
    labels = labels_fingerprint(batch.observations)
    same = [entry for entry in entries if entry.asked == batch.asked]
    if same:
        return _known(entries, same, batch, answers, labels, made)
    refuse_future(batch.day, today)
    last = max((entry.day for entry in entries), default=batch.day)
    if batch.day < last:
        raise BadInput(
            f"parameters: monitor.date: {batch.day} is before {last}, the date of a batch that is in the log. Evidence "
            "is gathered in order, and what was said stays said: a batch cannot be put in between."
        )
    found = counts(batch.observations)
    if found.seen == found.questions:
        raise BadInput(
            "monitor: every image of this batch was in the audit or in an earlier batch, so it tells nothing new."
        )
    return _entry(
        entries,
        batch,
        policy=policy,
        made=made,
        answers=answers,
        labels=labels,
        labels_of=None,
        drift=drifts(audit, batch.observations, policy.seed, batch.asked),
    )


def _known(
    entries: Sequence[Entry],
    same: Sequence[Entry],
    batch: Batch,
    answers: str,
    labels: str | None,
    made: str,
) -> Entry | None:
    """A batch whose questions are in the log: nothing new, or the labels that were missing."""
    first = same[0]
    told = f"monitor: these questions are in the log already, as entry {first.number} of {first.day}"
    if answers != first.answers:
        raise BadInput(
            f"{told}, with other answers. A watch is about the answers that were given first: asking again until they "
            "please would be no watch. Leave the batch out, or give new questions."
        )
    if batch.day != first.day:
        raise BadInput(f"{told}: monitor.date is {batch.day}. Give the date that it had.")
    known = next((entry.labels for entry in same if entry.labels), None)
    if known is not None and labels is not None and labels != known:
        raise BadInput(
            f"{told}, with other labels. What was tested cannot be changed; note the error beside the log."
        )
    if labels is None or known is not None:
        return None
    return _entry(
        entries,
        batch,
        policy=first.policy,
        made=made,
        answers=answers,
        labels=labels,
        labels_of=first.number,
        drift=(),
    )


def _entry(
    entries: Sequence[Entry],
    batch: Batch,
    *,
    policy: FrozenPolicy,
    made: str,
    answers: str,
    labels: str | None,
    labels_of: int | None,
    drift: tuple[Drift, ...],
) -> Entry:
    return Entry(
        version=VERSION,
        number=len(entries) + 1,
        previous=entries[-1].hash if entries else "",
        made=made,
        day=batch.day,
        study=batch.study,
        policy=policy,
        asked=batch.asked,
        answers=answers,
        labels=labels,
        labels_of=labels_of,
        vouched_by=batch.vouched_by,
        answered_as=batch.answered_as,
        package=batch.package,
        counts=counts(batch.observations),
        images=watched_images(batch.observations, batch.joined, policy.seed, labels is not None),
        drift=drift,
    )


def refuse_another_policy(entries: Sequence[Entry], policy: FrozenPolicy) -> None:
    """Refuse to go on with a log that is about another policy; a watch is of one.

    Raises
    ------
    BadInput : with what differs
    """
    if not entries or entries[0].policy == policy:
        return
    old, new = entries[0].policy.model_dump(), policy.model_dump()
    told = "; ".join(
        f"{name}: {old[name]} in the log, {new[name]} now" for name in old if old[name] != new[name]
    )
    raise BadInput(
        f"monitor: this log watches another policy ({told}). Evidence against one policy is none against another: give "
        "the new watch a log of its own, by `--params watch=NAME`. Where the audit was looked at again in the "
        "meantime, its latest look is the one that a watch takes: run it once more with the settings of the look that "
        "is watched."
    )
