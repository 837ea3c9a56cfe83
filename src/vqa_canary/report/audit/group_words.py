"""Subgroups on the first screen: the worst one under the policy, and the policy that holds for each."""

from __future__ import annotations

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.record.groups import GroupPolicy
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.counting import counted
from vqa_canary.numerals import percent, significant
from vqa_canary.report.audit.card import ANSWERED, Card, Line
from vqa_canary.report.shares import share


def worst_lines(headline: Headline) -> list[Line]:
    """The subgroup that the policy serves worst, with a bound that allows for picking it."""
    worst = headline.worst_subgroup
    if worst is None:
        return []
    risk, small = share(worst.error, ANSWERED)
    compared = counted(worst.n_groups, "subgroup")
    few = f"; {counted(len(worst.too_few), 'subgroup')} too small to say" if worst.too_few else ""
    text = f"{worst.column.replace('_', ' ')} “{worst.value}”: {risk} errors"
    bound = (
        f"the worst of {compared}, and no confidence is claimed{few}"
        if worst.bound is None
        else f"in none of {compared} more than {percent(worst.bound)}, with 95 % confidence for all at once{few}"
    )
    return [Line("Worst subgroup", text, f"{small}; {bound}")]


def for_groups(audit: Audit, headline: Headline) -> list[Card]:
    """The policy that holds for each subgroup, where one was asked for."""
    key = headline.dataset, headline.model
    cards = []
    for one in audit.group_policies:
        if (one.dataset, one.model) == key:
            lines = [Line("Rule", f"answer when {one.method} ≤ {significant(one.threshold)}, else escalate")]
            lines += [Line("Held-out coverage", *share(one.held_out))]
            found = one.threshold is not None
            title = f"One policy for every {' and '.join(one.columns).replace('_', ' ')}"
            verdict = with_standing(one.verdict, audit.protocol) if found else one.verdict
            told = tuple(lines) if found else ()
            cards.append(Card(title, _group_tone(audit, one), verdict, one.sentence, told))
    return cards


def with_standing(verdict: str, protocol: Protocol) -> str:
    """The verdict of a policy that was found, with a word on why no confidence is claimed where none is."""
    return verdict if protocol.claimed else f"{verdict}, no confidence claimed ({protocol.standing})"


def _group_tone(audit: Audit, policy: GroupPolicy) -> str:
    """Green only where the held-out answers of every subgroup confirm it and its confidence may be claimed."""
    if policy.threshold is None:
        return "open"
    alpha = audit.target.alpha
    highs = [one.error.ci_high for one in policy.groups]
    lows = [one.error.ci_low for one in policy.groups]
    if any(low is not None and low > alpha for low in lows):
        return "none"
    confirmed = all(high is not None and high <= alpha for high in highs)
    return "found" if confirmed and audit.protocol.claimed else "open"
