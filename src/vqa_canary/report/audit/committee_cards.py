"""The blocks of the committee's page: who was asked what, what is promised, what stands against it."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import Headline
from vqa_canary.counting import counted
from vqa_canary.report.audit import words
from vqa_canary.report.audit.card import Card, Line
from vqa_canary.report.audit.group_words import for_groups, worst_lines
from vqa_canary.report.audit.other_ways import ANY, WAYS
from vqa_canary.report.refused import refused_line
from vqa_canary.report.shares import share

SOURCE = ("source", "path", "engine", "reported_model", "revision", "fingerprint")
"""Facts that tell what answered."""
MOST_VALUES = 6
MOST_LINES = 4
LONGEST = 150
"""Characters of a setting that are shown; the technical report has all."""


def population(audit: Audit) -> Card:
    """Questions, images, subgroups, what answered, and what was refused."""
    lines = [
        Line(
            "Asked",
            f"{counted(one.items, 'question')} about {counted(one.images, 'image')}",
            f"data set “{one.dataset}”, {counted(one.instances, 'prompt')}",
        )
        for one in audit.questions.datasets
    ]
    if told := audit.settings.get("datasets") or audit.settings.get("questions"):
        lines.append(Line("From", cut(told)))
    for model in audit.models[:MOST_LINES]:
        facts = [model.facts[name] for name in SOURCE if model.facts.get(name)]
        lines.append(Line("Answered by", model.model, cut("; ".join(dict.fromkeys(facts)))))
    lines += _halves(audit)
    lines += _subgroups(audit)
    reasons = ((one.stage, one.reason, one.n) for one in audit.questions.refused)
    refused = refused_line(reasons, [one.model_dump() for one in audit.accounting])
    lines.append(Line("Refused", refused or "no record"))
    return Card("Who and what was asked", "plain", "", "", tuple(lines))


def _halves(audit: Audit) -> list[Line]:
    """How many questions the rule was sought on, and how many check it; of each data set, once."""
    found: dict[str, Line] = {}
    for headline in audit.headline:
        policy = headline.policy
        if policy is None or headline.dataset in found:
            continue
        tuned, held = policy.calibration, policy.held_out.coverage
        text = f"sought on {counted(tuned.n, 'question')} about {counted(tuned.images, 'image')}"
        if held.value is not None:
            others = counted(held.n_clusters, "other image")
            text += f"; checked on {counted(held.n, 'question')} about {others}"
        found[headline.dataset] = Line("The rule", text, headline.dataset * audit.several_datasets)
    return list(found.values())


def _subgroups(audit: Audit) -> list[Line]:
    """The values of each column that cuts, the largest first, with the questions of each."""
    lines = []
    for dataset, column in dict.fromkeys((one.dataset, one.column) for one in audit.subgroups if one.column):
        of = dataset, audit.models[0].model, column
        rows = [one for one in audit.subgroups if (one.dataset, one.model, one.column) == of]
        names = [f"{cut(one.value, 30)} ({one.n:,})" for one in sorted(rows, key=lambda one: -one.n)]
        if len(names) > 1:
            told = dataset * audit.several_datasets
            lines.append(Line(f"By {column.replace('_', ' ')}", listed(names, MOST_VALUES), told))
    more = list(dict.fromkeys(one.term.removeprefix("By ") for one in lines[MOST_LINES - 1 :]))
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], Line("Also by", listed(more, MOST_VALUES))]
    return lines


def guarantee(audit: Audit, headline: Headline) -> Card:
    """Rule, promise and held-out check; or why there is no rule."""
    policy = headline.policy
    if policy is None:
        return Card("What is promised", "open", "", headline.recommended_because, ())
    told = words.policy_lines(policy, audit.protocol.claimed)
    lines = [
        line for line in told if line.term != "Target" or not policy.promise
    ]  # the promise says it already
    lines += [Line(card.title, card.verdict, card.text) for card in for_groups(audit, headline)]
    return Card("What is promised", "plain", "", policy.promise or policy.sentence, tuple(lines))


def lock(audit: Audit) -> Card:
    """Which attempt this is, and the hash by which its lock is known."""
    protocol = audit.protocol
    lines = [
        Line(
            "Attempt",
            f"{protocol.attempt}, {protocol.standing}, locked {protocol.locked_at}",
            protocol.because,
        ),
        Line("Hash", protocol.hash, protocol.file),
    ]
    lines += [
        Line(f"Attempt {one.attempt}", one.locked_at, cut("; ".join(one.changed))) for one in protocol.earlier
    ][-MOST_LINES:]
    return Card("Lock", "plain", "", "", tuple(lines))


def controls(audit: Audit, headline: Headline) -> Card:
    """Accuracy with and without the image, what hiding the answer does beside its control, other ways of asking."""
    right, hidden = words.right_or_wrong(audit, headline), words.hidden(audit, headline)
    lines = [_short(line) for line in (*right.lines, *hidden.lines) if line.term != "Accuracy drop"]
    if not hidden.lines:
        lines.append(Line(hidden.title, hidden.verdict))
    key = headline.dataset, headline.model, ANY
    lines += [
        Line(WAYS[ANY], f"{share(one.changed)[0]} of answers change", share(one.changed)[1])
        for one in audit.robustness
        if (one.dataset, one.model, one.condition) == key
    ]
    return Card("Controls", "plain", "", "", tuple(lines))


def _short(line: Line) -> Line:
    """A line of a card without the name of its condition and the size of its sample, which the report tells."""
    term, _, condition = line.term.partition(", ")
    term = f"{term}, answer hidden" if (term, bool(condition)) == ("Accuracy", True) else term
    small, _, size = line.small.rpartition("; ")
    return Line(term.replace("When a wrong", "A wrong"), line.text, small or size)


def limits(audit: Audit) -> Card:
    """Missing answers, the worst subgroup, and subgroups that are too small: of each data set and model."""
    lines: list[Line] = []
    if len(audit.headline) == 1:  # of several models each says it by itself
        [headline] = audit.headline
        lines.append(Line("Missing answers", headline.missing.sentence or "none: every question has one"))
        lines += worst_lines(headline)
    few = dict.fromkeys(
        f"{one.column.replace('_', ' ')} “{cut(one.value, 30)}”"
        for one in audit.subgroups
        if one.warning and one.column
    )
    lines.append(
        Line("Too few to say", listed(list(few), MOST_VALUES) or "no subgroup that was named is too small")
    )
    return Card("Limits", "plain", "", "", tuple(lines))


def brief(audit: Audit, headline: Headline) -> Card:
    """Promise, check, controls and worst subgroup of one of several models, a line each."""
    policy, beside = headline.policy, headline.beside_control
    lines = []
    if policy is not None:
        kept = ("Rule", "Held-out check", "Why", "It would take")
        lines += [line for line in words.policy_lines(policy, audit.protocol.claimed) if line.term in kept]
    right = words.right_or_wrong(audit, headline).lines
    lines.append(Line("Accuracy", right[0].text, f"without the image: {share(headline.unseen_accuracy)[0]}"))
    if beside is None or headline.collapse_rate.value is None:
        lines.append(Line("Answer hidden", words.hidden(audit, headline).verdict))
    else:
        text = f"{share(headline.collapse_rate)[0]} of right answers collapse"
        control = f"when a wrong option is replaced: {share(beside.rate)[0]}"
        lines.append(Line("Answer hidden", text, control))
    lines += worst_lines(headline)
    if headline.missing.failed:
        lines.append(Line("Missing answers", headline.missing.sentence))
    return Card("", "plain", "", policy.promise if policy is not None else "", tuple(lines))


def listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def cut(text: str, longest: int = LONGEST) -> str:
    """The text on one line, and no longer than a line of a table bears."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 4].rstrip()} ..."
