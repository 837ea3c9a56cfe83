"""What a reader must know before any number: an endpoint not to be relied on, failures, few images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vqa_canary.lasting_failures import advice, may_pass
from vqa_canary.report import readability, verification
from vqa_canary.report.audit.document import Audit
from vqa_canary.report.audit.parts import AskedModel, Headline
from vqa_canary.report.audit.words import BROKEN, counted, event_word, percent, stated
from vqa_canary.report.warning import Warning

FEW_IMAGES = 100
"""Below it half of simulated audits of a model right in 90 % found no exact policy at a target of 5 %."""


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
        "follow_ups",
        re.compile("refused"),
        False,
        "No follow-up turns",
        "P(True) and the stated confidence could not be asked for.",
    ),
)


def warnings(audit: Audit) -> list[Warning]:
    """The gravest first."""
    found = readability.warnings(audit.readable)
    found += [one for model in audit.models for one in (*_endpoint(model), *_failures(audit, model))]
    found += [one for headline in audit.headline for one in _policy(headline, audit)]
    found += [*_few_images(audit)]
    found += [
        Warning(True, "The verification failed", text)
        for text in verification.warnings([one.model_dump() for one in audit.verifications])
    ]
    return sorted(found, key=lambda one: not one.grave)


def _endpoint(model: AskedModel) -> Iterator[Warning]:
    for rule in _RULES:
        text = model.facts.get(rule.name, "")
        if rule.says.match(text):
            yield Warning(rule.grave, rule.title, f"{rule.meaning} ({model.model}, {rule.name}: {text})")
    asked, answered = model.facts.get("model"), model.facts.get("reported_model")
    if answered not in (None, "none") and answered.partition("@")[0] != asked:  # `name@main`: of a branch
        yield Warning(
            False,
            "It answers under another name",
            f"{asked} was asked for, {answered} answered: make sure that the numbers are about the model you mean.",
        )


def _failures(audit: Audit, model: AskedModel) -> Iterator[Warning]:
    if model.failed:
        share = model.failed / model.instances if model.instances else None
        lasting = sum(one.n for one in model.failures if not may_pass(one.error))
        yield Warning(
            model.failed >= 0.05 * model.instances,
            f"{counted(model.failed, 'instance')} failed",
            f"{percent(share)} of {counted(model.instances, 'instance')} of {model.model} have no answer: a "
            "policy escalates them, and neither accuracy nor errors nor sets count them. "
            f"{advice(lasting, model.failed)}",
            audit.command(retry_failed="true"),
        )


def _policy(headline: Headline, audit: Audit) -> Iterator[Warning]:
    for policy in (headline.policy, headline.fragility_policy):
        held = policy.held_out.holds if policy and policy.held_out else None
        if policy and policy.found and held == BROKEN:
            of = audit.name(headline.dataset, headline.model)
            yield Warning(
                True,
                "The held-out images contradict a policy",
                f"{of}: more {event_word(policy.event)} than {stated(policy.alpha)}. A guarantee is about new "
                "questions like these; do not use the policy before you know why.",
            )


def _few_images(audit: Audit) -> Iterator[Warning]:
    for one in audit.questions.datasets:
        n = one.images if one.joined is None else one.joined
        if n < FEW_IMAGES:
            shown = counted(one.images, "image")
            if one.joined is not None:
                shown += f", of which questions that show several make {counted(n, 'group')} without an image in common"
            yield Warning(
                False,
                f"Few images: {n}",
                f"The data set “{one.dataset}” asks about {shown}. Images, not questions, "
                f"are the unit of every interval and policy: below {FEW_IMAGES} expect wide intervals, or no policy at "
                "all.",
            )
