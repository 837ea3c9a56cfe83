"""The cards of a watch's first screen."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vqa_canary.counting import counted
from vqa_canary.monitoring.record import Entry
from vqa_canary.monitoring.standing import ALARM, Standing
from vqa_canary.monitoring.verdicts import NAMES, odds
from vqa_canary.numerals import limits, p_text, percent, significant, stated
from vqa_canary.report.audit.card import Card, Line


def cards(entries: Sequence[Entry], last: Standing) -> list[Card]:
    """Errors, recent change, drift of the latest batch, and the policy."""
    batch = next(entry for entry in reversed(entries) if entry.labels_of is None)
    return [_errors(last), _recent(last, entries), _drift(batch, last), _policy(last)]


def _errors(last: Standing) -> Card:
    found, policy = last.evidence, last.entry.policy
    if not found.n:
        return Card("Errors since release", "open", "no labels yet", "", ())
    alarm = last.verdict == ALARM
    shown = found.high <= policy.alpha
    verdict = "alarm" if alarm else "kept so far" if shown else "no alarm"
    lines = (
        Line("Target", f"at most {stated(policy.alpha)} wrong"),
        Line(
            "Seen",
            f"{percent(last.mean)} wrong",
            f"95 %: {limits(found.low, found.high)}; mean over {counted(found.n, 'image')}, "
            f"{last.wrong} of {counted(last.answered, 'answer')} wrong",
        ),
        Line(
            "Evidence",
            odds(found.log_e),
            f"largest so far {odds(found.log_most)}; an alarm takes {odds(-math.log(policy.delta))}",
        ),
        Line("Anytime p", p_text(found.p_value)),
    )
    return Card("Errors since release", "none" if alarm else "found" if shown else "open", verdict, "", lines)


def _recent(last: Standing, entries: Sequence[Entry]) -> Card:
    policy = last.entry.policy
    if not last.evidence.n:
        return Card("Recent errors", "plain", "no labels yet", "", ())
    now = [one for one in last.warned if one.entry == last.entry.number]
    days = ", ".join(dict.fromkeys(str(entries[one.entry - 1].day) for one in last.warned))
    lines = (
        Line(
            "Promise",
            f"{policy.warn_every:,} images or more between two false warnings",
            "on average, while the target is kept",
        ),
        Line("Warnings", f"{len(last.warned)}" + (f": {days}" if days else "")),
    )
    verdict = "early warning" if now else "none in the latest entry" if last.warned else "no warning"
    return Card("Recent errors", "open" if now or last.warned else "plain", verdict, "", lines)


def _drift(batch: Entry, last: Standing) -> Card:
    named = {row.quantity for row in last.drift}
    lines = tuple(
        Line(
            NAMES[row.quantity].removeprefix("the ").capitalize(),
            row.reason or ("differs" if row.quantity in named else "no difference found"),
            "" if row.reason else f"adjusted p {p_text(row.adjusted)}",
        )
        for row in batch.drift
    )
    known = any(row.adjusted is not None for row in batch.drift)
    verdict = "drift" if named else "no drift found" if known else "cannot be told"
    return Card(f"Drift, batch of {batch.day}", "open" if named or not known else "plain", verdict, "", lines)


def _policy(last: Standing) -> Card:
    policy, counts = last.entry.policy, last.entry.counts
    new = counts.questions - counts.seen
    lines = (
        Line("Rule", f"answer when {policy.method} ≤ {significant(policy.threshold)}, else a person looks"),
        Line("Audit", policy.study, f"audit.json {policy.audit[:12]}, lock {(policy.lock or 'none')[:12]}"),
        Line(
            "Latest batch",
            f"{counts.answered} of {counted(new, 'question')} answered",
            f"{counts.escalated} to a person, {counts.failed} failed, {counts.seen} seen before and left out",
        ),
    )
    return Card("The policy", "plain", f"{policy.model}", "", lines)
