"""What a reader must know before any number: an endpoint not to be relied on, failures, few images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vqa_canary.report.audit.document import AskedModel, Audit, Headline
from vqa_canary.report.audit.words import HOLDS, counted, event_word, percent

FEW_IMAGES = 100
"""Below it half of simulated audits of a model right in 90 % found no exact policy at a target of 5 %."""


class Warning(NamedTuple):
    """One thing that endangers what the page says."""

    grave: bool
    title: str
    text: str
    command: str = ""
    """What to do about it."""


class _Rule(NamedTuple):
    """A fact of a model that is a warning: by its name, and by how its text begins."""

    name: str
    text: str
    grave: bool
    title: str
    meaning: str


_NO = r"\s*(no|not|never|false|none|absent|ignored|missing)\b"
_RULES = (
    _Rule(
        r"told.apart|images?.differ|image.canary",
        _NO,
        True,
        "Images are not told apart",
        "Two different images got one answer: the server may cache or drop images. No number below is about "
        "what the model sees.",
    ),
    _Rule(
        r"determinis|same.answer|repeatab",
        _NO,
        True,
        "Not deterministic",
        "One prompt asked twice at temperature 0 was answered in two ways: another run may find another "
        "policy.",
    ),
    _Rule(
        r"log.?probs?",
        _NO,
        False,
        "No log-probs",
        "Methods that need them are null, with the reason; those of samples and of stated confidence go on.",
    ),
    _Rule(
        r"(reported|returned|served|answered).*model|model.*(reported|returned|served|answered|name)",
        r".*\b(other|another|differs?|different|instead|not|mismatch)\b",
        True,
        "Another model answered",
        "The endpoint names a model that was not asked for: the numbers may be about that one.",
    ),
    _Rule(
        r"choices|\bn\b",
        _NO,
        False,
        "Several answers a call are not given",
        "Samples were asked for one by one.",
    ),
)


def warnings(audit: Audit) -> list[Warning]:
    """The gravest first."""
    found = [one for model in audit.models for one in (*_endpoint(model), *_failures(audit, model))]
    found += [one for headline in audit.headline for one in _policy(headline, audit)]
    found += [*_few_images(audit)]
    return sorted(found, key=lambda one: not one.grave)


def _endpoint(model: AskedModel) -> Iterator[Warning]:
    for name, text in model.facts.items():
        for rule in _RULES:
            if re.search(rule.name, name, re.IGNORECASE) and re.match(rule.text, text, re.IGNORECASE):
                said = f"{rule.meaning} ({model.model}, {name}: {text})"
                yield Warning(rule.grave, rule.title, said)
                break


def _failures(audit: Audit, model: AskedModel) -> Iterator[Warning]:
    if model.failed:
        share = model.failed / model.instances if model.instances else None
        yield Warning(
            model.failed >= 0.05 * model.instances,
            f"{counted(model.failed, 'instance')} failed",
            f"{percent(share)} of {counted(model.instances, 'instance')} of {model.model} have no answer and are in "
            "no number below. Ask only those again:",
            f"kedro run --env {audit.study} --params retry_failed=true",
        )


def _policy(headline: Headline, audit: Audit) -> Iterator[Warning]:
    for policy in (headline.policy, headline.fragility_policy):
        held = policy.held_out.holds if policy and policy.held_out else None
        if policy and policy.found and held and not held.startswith(HOLDS):
            of = audit.name(headline.dataset, headline.model)
            yield Warning(
                True,
                "The held-out check does not confirm a policy",
                f"{of}, {event_word(policy.event)}: {held}. A guarantee is about new questions like these; "
                "do not use the policy before you know why.",
            )


def _few_images(audit: Audit) -> Iterator[Warning]:
    for one in audit.questions.datasets:
        if one.images < FEW_IMAGES:
            yield Warning(
                False,
                f"Few images: {one.images}",
                f"{one.dataset} asks about {counted(one.images, 'image')}. Images, not questions, are the unit of "
                f"every interval and policy: below {FEW_IMAGES} expect wide intervals, or no policy at all.",
            )
