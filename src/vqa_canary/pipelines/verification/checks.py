"""The checks of one model: what is asked anew for each, and what it is held against."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vqa_canary.engines.fresh_answers import one_by_one, together
from vqa_canary.engines.protocols import CannotBeAsked, Engine, ImageOpener, RunsHere
from vqa_canary.evaluation.answers_compared import AnswersCompared, compare
from vqa_canary.evaluation.checks import Check, Measure, judge, not_applicable
from vqa_canary.evaluation.parity import (
    Tolerance,
    agreement,
    apart,
    identical,
    repeated,
    tolerance_of,
    within,
)
from vqa_canary.evaluation.rank_agreement import rank_agreement
from vqa_canary.pipelines.verification.sample import VerifiedSample
from vqa_canary.rows import Evidence

ABOUT = {
    "fast_reading": "The engine as configured gives what whole prompts give that are read one by one, with nothing "
    "shared between them.",
    "uncertainty_ranks": "Every configured UE method ranks the instances alike by the configured reading and by whole "
    "prompts.",
    "stored_evidence": "The evidence that this study has stored is what the model gives when it is asked again.",
    "sees_the_image": "One prompt with two different images gets different numbers: the model sees the image.",
    "one_image_twice": "One prompt with one image gets the same numbers again, after another image was shown in "
    "between.",
    "batches": "An instance that is asked alone gets what it gets in a batch with others.",
    "one_seed_twice": "The same instances asked twice with one seed get the same numbers and the same samples.",
    "loaded_twice": "The model, loaded a second time by a new engine, gives the same numbers.",
}
"""Every check by its name, in the order of the certificate: the statement that holds where it passes."""

NO_ANSWER = "no answer could be compared"
NO_PROMISE = "an endpoint promises no repeatable draws: how many samples came again is told"
ONE_IMAGE = "the study shows one image only"
NO_CHANGE = "without log-probs, equal answers about two images prove nothing"


@dataclass(frozen=True)
class Subject:
    """What the checks of one model need: how it is asked, about what, and which stored answers it is held against."""

    make: Callable[[], Engine]
    """Makes a new engine of the configured model, which loads its own weights."""
    sample: VerifiedSample
    stored: Sequence[Evidence]
    """The stored evidence of the sampled instances."""
    open_image: ImageOpener
    scores: Callable[[Sequence[Evidence]], Any]
    """Gives the table `scores` of some evidence, by the UE methods of the study."""
    endpoint_agreement: float
    """The share of an endpoint's choices, at least, that must be the same when it is asked again; 0 to 1."""


@dataclass(frozen=True)
class Found:
    """The facts about a model that answered, and how its checks ended."""

    facts: dict[str, str]
    """The facts that the engine tells of itself, such as device and dtype; empty where nothing was asked."""
    checks: tuple[Check, ...]
    """One check for each name of `ABOUT`, in the same order."""


def run_checks(subject: Subject) -> Found:
    """Ask a sample anew in every way that the model's engine allows, and judge each.

    Raises
    ------
    BadInput : the model cannot be loaded or asked
    """
    engine = subject.make()
    if isinstance(engine, CannotBeAsked):
        why = engine.cannot_be_asked
        return Found({}, tuple(not_applicable(name, about, why) for name, about in ABOUT.items()))
    if not isinstance(engine, RunsHere):
        return _elsewhere(subject, engine)
    findings, first = _here(subject, engine, engine)
    del engine
    gc.collect()  # so that the weights are not held twice
    again = together(subject.make(), subject.sample.instances, subject.open_image)
    twice = compare(first, again)
    last = _judged(subject, "loaded_twice", twice, _same(twice, findings.facts))
    return Found(findings.facts, (*findings.checks, last))


def _here(subject: Subject, engine: Engine, runs: RunsHere) -> tuple[Found, list[Evidence]]:
    """A model of this machine: its readings have to agree, and what is asked twice has to be equal."""
    sample, open_image = subject.sample, subject.open_image
    first = together(engine, sample.instances, open_image)
    facts = engine.facts
    tolerance = tolerance_of(facts.get("dtype", ""))
    whole = together(runs.alone(), sample.instances, open_image)
    reading, stored = compare(first, whole), compare(subject.stored, first)
    again = compare(first, together(engine, sample.instances, open_image))
    single = one_by_one(engine, sample.instances, open_image)
    return Found(
        facts,
        (
            _judged(subject, "fast_reading", reading, within(reading, tolerance)),
            _judged(subject, "uncertainty_ranks", reading, _ranks(subject, first, whole, tolerance)),
            _judged(subject, "stored_evidence", stored, within(stored, tolerance)),
            *_images(subject, engine, facts, single),
            _judged(subject, "batches", batches := compare(first, single), within(batches, tolerance)),
            _judged(subject, "one_seed_twice", again, _same(again, facts)),
        ),
    ), first


def _elsewhere(subject: Subject, engine: Engine) -> Found:
    """A model behind an endpoint: it is asked as little as can be, and agreement is told with its interval."""
    fresh = together(engine, subject.sample.instances, subject.open_image)
    stored = compare(subject.stored, fresh)
    measures = agreement(stored, subject.sample.images, subject.endpoint_agreement)
    samples = [measure for measure in measures if measure.name == "same_samples"]
    made = {
        "stored_evidence": _judged(subject, "stored_evidence", stored, measures),
        **{check.name: check for check in _images(subject, engine, engine.facts, fresh)},
        "one_seed_twice": _judged(subject, "one_seed_twice", stored, samples, NO_PROMISE),
    }
    why = (
        "the model runs elsewhere: how prompts are read, batched and loaded there cannot be chosen from here"
    )
    return Found(
        engine.facts,
        tuple(made.get(name) or not_applicable(name, about, why) for name, about in ABOUT.items()),
    )


def _images(
    subject: Subject, engine: Engine, facts: dict[str, str], own: Sequence[Evidence]
) -> tuple[Check, Check]:
    """One prompt about another image, then about its own again; `own` holds what it got the first time."""
    sample = subject.sample
    before = [row for row in own if row.instance_id in {instance.instance_id for instance in sample.shown}]
    other = compare(
        [row for row in before if row.instance_id in sample.others],
        one_by_one(engine, [*sample.others.values()], subject.open_image),
    )
    again = compare(before, one_by_one(engine, sample.shown, subject.open_image))
    if isinstance(engine, RunsHere):
        same = _same(again, facts)
    else:
        same = repeated(again, sample.images, subject.endpoint_agreement)
    told = apart(other.changes, again.changes)
    otherwise = ONE_IMAGE if not sample.others else NO_CHANGE if other.changes else NO_ANSWER
    return (
        _judged(subject, "sees_the_image", other, told, otherwise),
        _judged(subject, "one_image_twice", again, same),
    )


def _same(compared: AnswersCompared, facts: dict[str, str]) -> tuple[Measure, ...]:
    """What is computed twice in the same way: equal to the last bit on a CPU, within rounding on other devices."""
    if facts.get("device") == "cpu":
        return identical(compared)
    return within(compared, tolerance_of(facts.get("dtype", "")))


def _ranks(
    subject: Subject, first: Sequence[Evidence], whole: Sequence[Evidence], tolerance: Tolerance
) -> list[Measure]:
    return rank_agreement(subject.scores(first), subject.scores(whole), tolerance.rank_correlation)


def _judged(
    subject: Subject,
    name: str,
    compared: AnswersCompared,
    measures: Sequence[Measure],
    otherwise: str = NO_ANSWER,
) -> Check:
    ids = compared.instances
    return judge(name, ABOUT[name], measures, len(ids), subject.sample.n_images(ids), otherwise)
