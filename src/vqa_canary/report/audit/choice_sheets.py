"""The audit's tables of what a choice among models, subgroups or ways of asking does."""

from __future__ import annotations

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.estimate import bare
from vqa_canary.report.audit.sheets import DATASET, METHOD, MODEL, confidence
from vqa_canary.report.sheet import Cell, Column, Sheet


def group_policies(audit: Audit) -> Sheet:
    """One row a subgroup of a policy that has to hold for each."""
    columns = (
        Column("value", "subgroup", "text"),
        Column("column", "of", "text", filtered=True), MODEL, DATASET,
        Column("verdict", "verdict", "text", filtered=True),
        Column("confidence", "with confidence", "set"),
        Column("images", "calibration images with an answer", "count"),
        Column("errors", "errors, one answer an image", "count"),
        Column("p_value", "p", "p"),
        Column("coverage", "answered, held out", "share"),
        Column("error", "errors, held out", "share"),
    )  # fmt: skip
    rows = tuple(
        (
            group.value, group.column.replace("_", " "), one.model, one.dataset, one.verdict,
            confidence(audit.target.delta, audit.protocol), group.images, group.errors, bare(group.p_value),
            group.coverage, group.error,
        )
        for one in audit.group_policies
        for group in one.groups
    )  # fmt: skip
    caption = (
        "A policy that has to hold for each subgroup. p: that more of its answers are wrong than the target allows. "
        "Each must pass, so no p is adjusted for their number. Intervals: 95 %."
    )
    return Sheet("group_policies", caption, columns, rows).without_constant("model", "dataset")


def models(audit: Audit) -> Sheet:
    """One row a data set and model, where several were audited together."""
    columns = (
        Column("model", "model", "text"), DATASET,
        Column("recommended", "recommended", "text"),
        METHOD,
        Column("verdict", "verdict", "text", filtered=True),
        Column("confidence", "with confidence", "set"),
        Column("threshold", "answer when at most", "threshold"),
        Column("calibration_coverage", "answered, calibration", "share"),
        Column("coverage", "answered, held out", "share"),
        Column("risk", "errors, held out", "share"),
        Column("holds", "held-out check", "text"),
        Column("behind", "behind the most accurate", "points"),
        Column("maybe", "may be the most accurate", "text"),
    )  # fmt: skip
    rows = tuple(
        (
            one.model, choice.dataset, "yes" if one.model == choice.recommended else "",
            *_of_choice(one.policy, audit.protocol), one.behind,
            {True: "yes", False: "no", None: "not compared"}[one.maybe_most_accurate],
        )
        for choice in audit.model_choices
        for one in choice.models
    )  # fmt: skip
    caption = (
        "Models against each other: each one's policy once the choice is allowed for, and accuracy on the questions "
        "that all answered. Intervals of differences hold for all models at once, 95 %."
    )
    return Sheet("models", caption, columns, rows).without_constant("dataset")


def _of_choice(policy: Policy | None, protocol: Protocol) -> tuple[Cell, ...]:
    if policy is None:
        none = bare(None, "no policy was sought")
        return "", "no policy was sought", none, none, none, none, none, ""
    held = policy.held_out
    return (
        policy.method, policy.outcome, confidence(policy.delta, protocol),
        bare(policy.threshold, None if policy.found else "no policy"),
        bare(policy.calibration.coverage), held.coverage, held.risk, held.holds or "",
    )  # fmt: skip


def robustness(audit: Audit) -> Sheet:
    """One row a data set, model and way of asking."""
    columns = (
        Column("condition", "asked as", "text", filtered=True), MODEL, DATASET,
        Column("n", "questions", "count"),
        Column("changed", "answer changes", "share"),
        Column("beyond_repeat", "beyond asking again", "points"),
        Column("changed_answered", "of those that the policy answers", "share"),
        Column("lost", "right answers lost", "share"),
        Column("gained", "wrong answers mended", "share"),
        Column("accuracy", "accuracy", "share"),
        Column("drop", "accuracy drop", "points"),
    )  # fmt: skip
    rows = tuple(
        (
            one.condition, one.model, one.dataset, one.changed.n, one.changed, one.beyond_repeat,
            one.changed_answered, one.lost, one.gained, one.accuracy, one.drop,
        )
        for one in audit.robustness
    )  # fmt: skip
    caption = (
        "Questions asked in other ways that leave the right answer as it is. Intervals: 95 %, not adjusted."
    )
    return Sheet("robustness", caption, columns, rows).without_constant("model", "dataset")
