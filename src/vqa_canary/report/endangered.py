"""What a reader of either page must know before any number: an endpoint not to be relied on, failures, few images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from vqa_canary.answering_names import answering_names
from vqa_canary.counting import counted
from vqa_canary.lasting_failures import advice
from vqa_canary.report import readability, verification
from vqa_canary.report.accuracy import Rows
from vqa_canary.report.warning import Warning
from vqa_canary.rows import ALL_CONDITIONS

FEW_IMAGES_OF_A_STUDY = 100
"""A study or audit of fewer images gets a warning. With fewer, half of the simulated audits of a model that is right in
90 % of its answers found no exact policy for a target of 5 % errors. Subgroups have a smaller limit of their own
(`audit.subgroups`), because no policy is sought for them."""

GRAVE_FAILURES = 0.05
"""Largest share of a model's instances that may fail before the warning counts as grave."""


class Run(NamedTuple):
    """What of a run both pages know."""

    facts: Mapping[str, Mapping[str, str]]
    """What answered: facts by model."""
    errors: Mapping[str, Mapping[str, int]]
    """Errors of failed instances, and how many failed with each, by model."""
    asked: Mapping[str, int]
    """Instances, by model."""
    readability: Rows
    verifications: Rows
    images: Mapping[str, tuple[int, int]]
    """Number of images asked about, and of clusters that they make, by data set."""
    retry: str
    """The command that asks for failed instances again."""


class _Rule(NamedTuple):
    """A fact of an endpoint that is a warning."""

    name: str
    says: re.Pattern[str]
    """How its text then begins."""
    grave: bool
    title: str
    meaning: str


_RULES = (
    _Rule(
        "images",
        re.compile("NOT told apart"),
        True,
        "Images are not told apart",
        "Two different images got one answer: the server may cache or drop images. No number below is about "
        "what the model sees.",
    ),
    _Rule(
        "images",
        re.compile("cannot tell"),
        False,
        "Whether images are told apart is not known",
        "Compare accuracy with that under the condition no_image.",
    ),
    _Rule(
        "several_images",
        re.compile("NOT told apart"),
        True,
        "Not all images of a question are seen",
        "Of a question with several images, one was replaced and nothing changed: the server may drop images. No "
        "number below that counts such questions is about what they show.",
    ),
    _Rule(
        "several_images",
        re.compile("cannot tell"),
        False,
        "Whether all images of a question are seen is not known",
        "The server may drop some of several images. Compare accuracy with that under the condition no_image.",
    ),
    _Rule(
        "deterministic",
        re.compile("no"),
        True,
        "Not deterministic",
        "One prompt asked twice at temperature 0 was answered in two ways: another run may find another "
        "policy.",
    ),
    _Rule(
        "logprobs",
        re.compile("ignored|refused|not believed"),
        False,
        "No log-probs",
        "Methods that need them are null, with the reason; those of samples and of stated confidence go on.",
    ),
    _Rule(
        "answers",
        re.compile("NONE"),
        True,
        "The canary could read no answer",
        "No answer to its question named an option. If the others are like these, no number below is about what "
        "the model knows.",
    ),
    _Rule(
        "temperature",
        re.compile("not taken"),
        True,
        "No temperature is taken",
        "There is no greedy answer: the one that counts as such is one draw, which another run would draw anew. So are "
        "accuracy, policies and sets; log-probs of the answer's tokens are null.",
    ),
    _Rule(
        "request",
        re.compile("."),
        False,
        "Asked in another way than usual",
        "The server refuses a part of the usual request, which was left out.",
    ),
    _Rule(
        "n",
        re.compile("ignored|not used"),
        False,
        "Several answers a call are not given",
        "Samples were asked for one by one.",
    ),
    _Rule(
        "draws",
        re.compile("cannot tell"),
        False,
        "Whether samples are drawn is not known",
        "They may all be the greedy answer: then methods of samples say nothing.",
    ),
    _Rule(
        "draws",
        re.compile("NOT seen"),
        True,
        "Samples never differ",
        "Methods of samples say nothing of this model: they are constant, whether samples are drawn or not.",
    ),
    _Rule(
        "follow_ups",
        re.compile("refused"),
        False,
        "No follow-up turns",
        "P(True) and the stated confidence could not be asked for.",
    ),
)


def warnings(run: Run) -> list[Warning]:
    """What endangers the numbers of a run, whichever page shows them."""
    several = len(run.facts) > 1
    told = readability.warnings(run.readability)
    for model, facts in run.facts.items():
        told += _endpoint(model, facts, several)
    for model, errors in run.errors.items():
        told += _failures(model, errors, run, several)
    for dataset, (n_images, n_clusters) in run.images.items():
        told += _few_images(dataset, n_images, n_clusters, len(run.images) > 1)
    told += [
        Warning(True, "The verification failed", text) for text in verification.warnings(run.verifications)
    ]
    return told


def _endpoint(model: str, facts: Mapping[str, str], several: bool) -> Iterator[Warning]:
    about = model if several else ""
    for rule in _RULES:
        text = facts.get(rule.name, "")
        if rule.says.match(text):
            yield Warning(
                rule.grave,
                rule.title,
                f"{model}, {rule.name}: {text}.",
                about=about,
                meaning=rule.meaning,
            )
    asked, names = facts.get("model"), answering_names(facts.get("reported_model"))
    if len(names) > 1:
        yield Warning(
            True,
            "More than one model answered",
            f"{asked} was asked for; {' and '.join(names)} answered. The model was changed between two calls.",
            about=about,
            meaning="Numbers and policies are about a mixture that nobody can ask again. Have the version pinned, and "
            "ask everything anew as another study.",
        )
    elif names and names[0].partition("@")[0] != asked:  # `name@main`: of a branch
        yield Warning(
            False,
            "It answers under another name",
            f"{asked} was asked for, {names[0]} answered.",
            about=about,
            meaning="Make sure that the numbers are about the model you mean.",
        )


def _failures(model: str, errors: Mapping[str, int], run: Run, several: bool) -> Iterator[Warning]:
    failed, asked = sum(errors.values()), run.asked[model]
    if failed:
        own = [row for row in run.readability if row["model"] == model]
        what, again = advice(errors, *conditions_without_answers(own))
        yield Warning(
            failed >= GRAVE_FAILURES * asked,
            "Instances failed",
            f"{failed:,} of {counted(asked, 'instance')} of {model} have no answer. {what}",
            run.retry if again else "",
            about=model if several else "",
            brief=f"{failed:,} of {asked:,}",
            meaning="A policy escalates what has no answer, and neither accuracy nor errors nor sets count it.",
        )


def conditions_without_answers(rows: Rows) -> tuple[dict[str, int] | None, list[str]]:
    """Of one model: conditions of which no instance is answered, each with its instances, and the other conditions.

    Parameters
    ----------
    rows : of the table `readability`; without any, nothing is known of conditions
    """
    asked, answered = dict[str, int](), dict[str, int]()
    for row in (row for row in rows if row["condition"] != ALL_CONDITIONS):
        asked[row["condition"]] = asked.get(row["condition"], 0) + row["instances"]
        answered[row["condition"]] = answered.get(row["condition"], 0) + row["answered"]
    if not asked:
        return None, []
    return {name: n for name, n in asked.items() if not answered[name]}, [
        name for name in asked if answered[name]
    ]


def _few_images(dataset: str, n_images: int, n_clusters: int, several: bool) -> Iterator[Warning]:
    """Images that a question shows together, or that questions share, are one cluster."""
    if n_clusters < FEW_IMAGES_OF_A_STUDY:
        shown = counted(n_images, "image")
        if n_clusters < n_images:
            groups = counted(n_clusters, "group")
            shown += f", of which questions that show several make {groups} without an image in common"
        yield Warning(
            False,
            "Few images",
            f"The data set “{dataset}” asks about {shown}.",
            about=dataset if several else "",
            brief=f"{n_clusters}",
            meaning="Images, not questions, are the unit of every interval and policy: below "
            f"{FEW_IMAGES_OF_A_STUDY} expect wide intervals, or no policy at all.",
            what="data set",
        )
