"""The audit in plain words: the standing of a policy, and the cards of the first screen."""

from __future__ import annotations

from vqa_canary.audit.record.asked import AskedDataset
from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.record.missing import Missing
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.audit.terms import ERROR, EXCEEDS, HOLDS, NONE_EXISTS
from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate
from vqa_canary.numerals import POINTS, limits, percent, significant, stated
from vqa_canary.report.audit.card import ANSWERED, Card, Line
from vqa_canary.report.audit.group_words import for_groups, with_standing, worst_lines
from vqa_canary.report.audit.other_ways import other_ways
from vqa_canary.report.audit.shown import accuracy_of
from vqa_canary.report.shares import plain, right_share, share
from vqa_canary.rows import CLEAN

EVENTS = {ERROR: "errors"}
OTHER_EVENT = "collapses"


def event_word(event: str) -> str:
    """What a policy keeps rare, in the plural."""
    return EVENTS.get(event, OTHER_EVENT)


def target(policy: Policy, claimed: bool = True) -> str:
    """`at most 5 % errors among the answered, with 95 % confidence`, or what was tested where nothing is claimed."""
    rare = f"at most {stated(policy.alpha)} {event_word(policy.event)} among the answered"
    sure = stated(1 - policy.delta)
    return f"{rare}, with {sure} confidence" if claimed else f"{rare}, tested at {sure}"


def tone(policy: Policy | None, claimed: bool) -> str:
    """Green only where a policy was found, the held-out questions confirm it, *and* its confidence may be claimed."""
    if policy is None:
        return "plain"
    if policy.found:
        held = policy.held_out.holds or ""
        return (
            "found" if held.startswith(HOLDS) and claimed else "none" if held.startswith(EXCEEDS) else "open"
        )
    return "none" if policy.outcome.startswith(NONE_EXISTS) else "open"


def headline_tone(audit: Audit, headline: Headline) -> str:
    """The tone of the escalation policy; without a policy, nothing to trust has been found.

    It is not green where a subgroup is shown to break the target.
    """
    if headline.policy is None:
        return "open"
    own, worst = tone(headline.policy, audit.protocol.claimed), headline.worst_subgroup
    return "open" if own == "found" and worst is not None and worst.holds == EXCEEDS else own


def audited(audit: Audit) -> list[str]:
    """What was done, one sentence a data set."""
    names = [one.model for one in audit.models]
    who = names[0] if len(names) == 1 else f"{len(names)} models ({', '.join(names)})"
    nothing = not any(one.answered for one in audit.models)
    failed = any(one.failed for one in audit.models)
    did = ("was asked" if len(names) == 1 else "were asked") if failed else "answered"
    return [
        f"{who} {did} {_asked(one)}{', and answered none' * nothing}." for one in audit.questions.datasets
    ]


def _asked(one: AskedDataset) -> str:
    return (
        f"{counted(one.items, 'question')} about {counted(one.images, 'image')} of the data set “{one.dataset}”, "
        f"each shown in one or more ways: {counted(one.instances, 'prompt')} in all"
    )


def cards(audit: Audit, headline: Headline) -> list[Card]:
    """What the first screen says of one data set and model."""
    beside = headline.beside_control
    guessed = beside is not None and headline.collapse_rate.value is None  # then what collapses tells nothing
    asked = headline.nota_condition is not None and not guessed
    return [
        escalation(audit, headline),
        *for_groups(audit, headline),
        *[_policy("Fragility policy", headline.fragility_policy, audit.protocol)] * asked,
        hidden(audit, headline),
        right_or_wrong(audit, headline),
        _method(audit, headline),
        *other_ways(audit, headline),
    ]


def escalation(audit: Audit, headline: Headline) -> Card:
    """The policy over all questions, and the subgroup that it serves worst."""
    card = _policy("Escalation policy", headline.policy, audit.protocol, *worst_lines(headline))
    return card._replace(tone=headline_tone(audit, headline))


def _policy(title: str, policy: Policy | None, protocol: Protocol, *more: Line) -> Card:
    if policy is None:
        return Card(title, "open", "no policy was sought", "", ())
    lines = (*policy_lines(policy, protocol.claimed), *more)
    verdict = with_standing(policy.outcome, protocol) if policy.found else policy.outcome
    return Card(title, tone(policy, protocol.claimed), verdict, policy.sentence, lines)


def policy_lines(policy: Policy, claimed: bool) -> list[Line]:
    """Rule, coverage, guarantee and held-out check; or why there is no rule, and what it would take."""
    found = [Line("Target", target(policy, claimed))]
    calibration, held_out = policy.calibration, policy.held_out
    if policy.found:
        found.append(
            Line("Rule", f"answer when {policy.method} ≤ {significant(policy.threshold)}, else escalate")
        )
    small = f"{counted(calibration.n, 'question')}, {counted(calibration.images, 'image')}"
    if calibration.risk is not None:
        small = f"{percent(calibration.risk)} {event_word(policy.event)}; {small}"
    of = f"answers {percent(calibration.coverage)}" if policy.found else "no rule passed"
    found.append(Line("Found on" if policy.found else "Sought on", of, small))
    if policy.found:
        found.append(Line("Guarantee", guarantee(policy) if claimed else "none: see which attempt this is"))
    if policy.found:
        answered, _ = share(held_out.coverage)
        risk, small = share(held_out.risk, ANSWERED)
        text = f"{risk} {event_word(policy.event)}, answers {answered}"
        found.append(Line("Held-out check", f"{held_out.holds or 'not made'}: {text}", small))
    if not policy.found and policy.reason and policy.reason != policy.outcome:
        found.append(Line("Why", policy.reason))
    if not policy.found and policy.needed_images is not None:
        found.append(
            Line("It would take", counted(policy.needed_images, "calibration image"), "with an answer")
        )
    return found


def guarantee(policy: Policy) -> str:
    """What stands behind a policy, in a phrase."""
    kinds = {
        "exact": "exact: for a random answered question of a random image",
        "cluster": "approximate: for a random answered question, images as clusters",
    }
    return kinds.get(policy.guarantee, policy.guarantee) + f"; {policy.scope}" * bool(policy.scope)


def hidden(audit: Audit, headline: Headline) -> Card:
    """What becomes of right answers when the right option is hidden, beside what a wrong one does."""
    title, drop, beside = "When the answer is hidden", headline.accuracy_drop, headline.beside_control
    if headline.nota_condition is None:
        return Card(title, "open", "not asked", "No question was asked with its right option hidden.", ())
    place = headline.dataset, headline.model, headline.nota_condition
    accuracy = accuracy_of(audit, headline.nota_accuracy, *place, "nota_valid", _judged(headline))
    lines = [
        Line(f"Accuracy, {headline.nota_condition}", *right_share(accuracy)),
        Line("Accuracy drop", *share(drop, unit=POINTS)),
        Line("Right answers that collapse", *share(headline.collapse_rate, ("right answer",))),
    ]
    verdict = falls(drop)
    if beside is not None and headline.collapse_rate.value is not None:
        control = f", {beside.condition}" if beside.condition else ""
        lines += [
            Line(f"When a wrong option is replaced{control}", *share(beside.rate, ("right answer",))),
            Line("Collapse beyond it", *share(beside.difference, ("right answer",), unit=POINTS)),
        ]
    elif beside is not None:
        verdict = "nothing is shown to be lost: accuracy is not shown to be above chance"
        lines.insert(0, Line("Accuracy above chance", *share(beside.above_chance, sign=True, unit=POINTS)))
    return Card(title, "none" if verdict == "accuracy falls" else "open", verdict, "", tuple(lines))


def falls(drop: Estimate) -> str:
    """What hiding the answer does to accuracy, where its interval lets it be said."""
    if drop.value is None:
        return "the accuracy drop is undefined"
    if drop.ci_low is not None and drop.ci_low > 0:
        return "accuracy falls"
    return (
        "accuracy rises"
        if drop.ci_high is not None and drop.ci_high < 0
        else "cannot tell whether accuracy falls"
    )


def _judged(headline: Headline) -> str:
    """The method whose own answers accuracy is about, where methods have such."""
    return headline.policy.method if headline.policy else headline.recommended or ""


def right_or_wrong(audit: Audit, headline: Headline) -> Card:
    """How often the model is right, with and without the image, and whether it promises more."""
    over, unseen = headline.overconfidence, headline.unseen_condition

    def right(number: Estimate, condition: str) -> tuple[str, str]:
        place = headline.dataset, headline.model, condition
        return right_share(accuracy_of(audit, number, *place, "all", _judged(headline)))

    missing = headline.missing
    without = [Line("With the missing answers", *_if_missing(missing))] if missing.many else []
    lines = (
        Line("Accuracy", *right(headline.accuracy, CLEAN)),
        *without,
        Line(
            f"Accuracy without the image{f', {unseen}' if unseen else ''}",
            *(right(headline.unseen_accuracy, unseen) if unseen else share(headline.unseen_accuracy)),
        ),
        Line("Overconfidence", *share(over, sign=True, unit=POINTS)),
    )
    said = promises(over)
    return Card("Accuracy and overconfidence", "plain", said[:1].upper() + said[1:], "", lines)


def _if_missing(missing: Missing) -> tuple[str, str]:
    """`73 % (all wrong) to 95.2 % (all right)`, the limits of both ends, and how many answers are missing."""
    low, high = missing.all_wrong, missing.all_right
    ends = ""
    if low.ci_low is not None and high.ci_high is not None:
        ends = f"95 %: {limits(low.ci_low, high.ci_high)}; "
    small = f"{ends}{missing.failed:,} of {counted(missing.asked, 'question')} have no answer"
    return f"{percent(low.value)} (all wrong) to {percent(high.value)} (all right)", small


def promises(over: Estimate) -> str:
    """What overconfidence means, where its interval lets it be said."""
    if over.value is None:
        return "overconfidence is undefined"
    if over.ci_low is None or over.ci_high is None:
        return "overconfidence has no interval"
    if over.ci_low > 0:
        return "promises more than it keeps"
    return "promises less than it keeps" if over.ci_high < 0 else "cannot tell promise from accuracy"


def _method(audit: Audit, headline: Headline) -> Card:
    title, name = "Recommended uncertainty", headline.recommended
    if name is None:
        return Card(title, "open", "none", headline.recommended_because, ())
    lines: tuple[Line, ...] = ()
    for one in audit.methods:
        if (one.dataset, one.model, one.method) == (headline.dataset, headline.model, name):
            calls = "unknown" if one.calls is None else f"{one.calls} a question"
            lines = (
                Line("AUROC", *plain(one.auroc)),
                Line("Fragility AUROC", *plain(one.fragility_auroc)),
                Line("Calls", calls, one.calls_why),
            )
    return Card(title, "plain", name, headline.recommended_because, lines)
