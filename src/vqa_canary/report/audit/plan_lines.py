"""A plan in plain sentences, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.audit.planning.stopping import at_its_share, hopeless
from vqa_canary.audit.terms import hiding_condition
from vqa_canary.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vqa_canary.audit.planning.record import DatasetPlan, Guesses, Plan, PolicyPlan, SharePlan

MOST_SUBGROUPS = 5
"""How many subgroups that say little are named; the others are counted, and stand in the plan's file."""


def plan_lines(plan: Plan) -> list[str]:
    """What the audit can show, model by model; what models have in common is said once."""
    lines: list[str] = []
    for one in plan.datasets:
        told = [*_policy_lines(plan, one), *_other_lines(plan, one)]
        lines += [f"Plan of {one.model} on {one.dataset}: {told[0]}"]
        lines += [f"  {line}" for line in told[1:] if f"  {line}" not in lines]
    return lines


def _policy_lines(plan: Plan, one: DatasetPlan) -> Iterator[str]:
    target, guesses = plan.target, plan.guesses
    yield (
        f"{one.calibration_images:,} of {counted(one.images, 'image')} are for finding the policy, the others for "
        f"checking it. The target is at most {_percent(target.alpha)} errors among answered questions, with "
        f"{_percent(1 - target.delta)} confidence."
    )
    sought, *others = one.policies
    yield _sought(sought, guesses, _whose(sought) + at_its_share(plan.looks))
    if one.costs and hopeless(plan, one.model):
        yield "A run will stop before its first call, unless planning.without_policy is true."
    if sought.needed:
        yield _needed(sought, guesses)
    for other in others:
        chance = (
            f"it would be found with a probability of {_listed(other.chances)}"
            if other.possible
            else "too many for this file"
        )
        lead = (
            "If one method is named before answers are seen (audit.method)"
            if other.n_methods == 1
            else (f"Chosen as the best of {other.n_methods} methods")
        )
        yield f"{lead}, {other.least:,} such images are the least: {chance}."


def _whose(policy: PolicyPlan) -> str:
    return "one method" if policy.n_methods == 1 else f"the best of {policy.n_methods} methods"


def _sought(policy: PolicyPlan, guesses: Guesses, whose: str) -> str:
    least = (
        f"A policy for {whose} takes {policy.least:,} calibration images with an answer even if all are right"
    )
    if not policy.possible or policy.images is None or policy.errors_allowed is None:
        return f"{least}: NO POLICY CAN BE FOUND with this file."
    return (
        f"{least}. The search begins with the {100 * (policy.coverage or 0):.0f} % of questions with the least "
        f"uncertainty, about {counted(policy.images, 'image')}, of whose answers {_at_most(policy.errors_allowed)} may "
        f"be wrong: it finds a policy with a probability of {_listed(policy.chances)} if {_listed(guesses.errors)} of "
        "these answers are truly wrong."
    )


def _at_most(errors: int) -> str:
    return "none" if errors == 0 else f"at most {errors:,}"


def _needed(policy: PolicyPlan, guesses: Guesses) -> str:
    """How many images a test takes at each guess, and the search, where that is more."""
    numbers = [one.images for one in policy.needed]
    searched = [one.search for one in policy.needed]
    more = (
        f". The search, which begins with fewer of the surest, finds a policy so often with {_counts(searched)} of them"
        if searched != numbers
        else ""
    )
    return (
        f"To pass the test with a probability of {_percent(guesses.power)}: {_counts(numbers)} calibration images with "
        f"an answer if {_listed(guesses.errors)} are truly wrong{more}, so "
        f"{_counts([one.in_all for one in policy.needed])} images in all if every question is answered and "
        f"{_counts([one.in_all_at_half for one in policy.needed])} if half of them are."
    )


def _other_lines(plan: Plan, one: DatasetPlan) -> Iterator[str]:
    guesses = plan.guesses
    for collapse in one.collapses:
        condition = hiding_condition(collapse.name)
        found = (
            "" if collapse.policy_possible
            else f" NO FRAGILITY POLICY CAN BE FOUND: {collapse.fair_images:,} calibration images have such a question."
        )  # fmt: skip
        yield (
            f"Collapse under {condition}, if {_percent(guesses.accuracy)} of answers are right: about "
            f"{collapse.questions:,.0f} questions can collapse; a rate of {_percent(collapse.share)} would be known to "
            f"lie {_between(collapse)}.{found}"
        )
    whole, *parts = one.subgroups
    yield f"An accuracy of {_percent(whole.share)} would be known to lie {_between(whole)}.{_subgroups(parts)}"
    difference = one.smallest_difference
    seen = (
        f"of {100 * difference:.0f} points or more would be seen with a probability of {_percent(guesses.power)}"
        if difference is not None
        else "would not be seen"
    )
    yield (
        "Against another audit of the same questions a difference of accuracy "
        f"{seen}, if {_percent(guesses.changed)} of the questions are answered rightly by one of the two alone."
    )
    yield "These numbers rest on guesses, which are settings: docs/how-to/audit.md, section 3."


def _between(share: SharePlan) -> str:
    if share.low is None or share.high is None:
        return "anywhere: there are too few images for an interval"
    return f"between {_percent(share.low, 2)} and {_percent(share.high, 2)}"


def _subgroups(parts: Sequence[SharePlan]) -> str:
    few = [one for one in parts if one.warning]
    if not few:
        return ""
    shown = [f"{one.name} ({counted(one.images, 'image')})" for one in few[:MOST_SUBGROUPS]]
    more = f" and {len(few) - MOST_SUBGROUPS} more" if len(few) > MOST_SUBGROUPS else ""
    return f" Too few to say much of: {', '.join(shown)}{more}."


def _percent(share: float, digits: int = 10) -> str:
    return f"{100 * share:.{digits}g} %"


def _listed(shares: Sequence[float]) -> str:
    """`100, 67 or 32 %`."""
    texts = [f"{100 * share:.0f}" if share >= 0.1 else f"{100 * share:.2g}" for share in shares]
    return f"{', '.join(texts[:-1])} or {texts[-1]} %" if len(texts) > 1 else f"{texts[0]} %"


def _counts(numbers: Sequence[int | None]) -> str:
    texts = [f"{n:,}" if n else "too many" for n in numbers]
    return f"{', '.join(texts[:-1])} or {texts[-1]}" if len(texts) > 1 else texts[0]
