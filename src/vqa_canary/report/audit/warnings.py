"""What a reader of an audit must know before any number: what endangers any run, and policies that do not hold."""

from __future__ import annotations

from collections.abc import Iterator

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.terms import EXCEEDS
from vqa_canary.counting import counted
from vqa_canary.numerals import stated
from vqa_canary.report import endangered
from vqa_canary.report.audit import review_section
from vqa_canary.report.audit.shown import command
from vqa_canary.report.audit.words import event_word
from vqa_canary.report.endangered import Run
from vqa_canary.report.warning import PAIR, Warning


def warnings(audit: Audit) -> list[Warning]:
    """The gravest first."""
    found = endangered.warnings(
        Run(
            facts={one.model: one.facts for one in audit.models},
            errors={one.model: {each.error: each.n for each in one.failures} for one in audit.models},
            asked={one.model: one.instances for one in audit.models},
            readability=audit.readable,
            verifications=[one.model_dump() for one in audit.verifications],
            images={
                one.dataset: (one.images, one.images if one.joined is None else one.joined)
                for one in audit.questions.datasets
            },
            retry=command(audit, retry_failed="true"),
        )
    )
    found += [*_unclaimed(audit), *review_section.warning(audit)]
    found += [one for headline in audit.headline for one in _policy(headline, audit)]
    return sorted(found, key=lambda one: not one.grave)


def _unclaimed(audit: Audit) -> Iterator[Warning]:
    """Why no confidence is claimed: grave where somebody has looked, not where answers were there before."""
    protocol = audit.protocol
    if not protocol.claimed:
        yield Warning(
            protocol.standing not in ("answers given before the lock", "answers before the lock"),
            "No confidence is claimed for any policy",
            f"Attempt {protocol.attempt}: {protocol.because}",
            meaning="A claim needs target, method and split to be locked before the first answer; see Limits.",
        )
    elif protocol.completed:
        yield Warning(
            False,
            "An audit was made before all answers were there",
            f"Failed questions were asked again after {counted(protocol.completed, 'audit')} of this attempt.",
            meaning="The confidence supposes that they were asked again because they had failed, whatever it said.",
        )


def _policy(headline: Headline, audit: Audit) -> Iterator[Warning]:
    what = (
        PAIR
        if audit.several_models and audit.several_datasets
        else "model"
        if audit.several_models
        else "data set"
    )
    for policy in (headline.policy, headline.fragility_policy):
        if policy and policy.found and policy.held_out.holds == EXCEEDS:
            of = audit.name(headline.dataset, headline.model)
            yield Warning(
                True,
                "The held-out images contradict a policy",
                f"{of}: more {event_word(policy.event)} than {stated(policy.alpha)}.",
                about=of if len(audit.headline) > 1 else "",
                what=what,
                meaning="A guarantee is about new questions like these; do not use the policy before you know why.",
            )
