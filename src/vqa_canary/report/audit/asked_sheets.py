"""The audit's tables of what was asked, what answered and what was refused."""

from __future__ import annotations

from vqa_canary.audit.record.asked import AskedModel
from vqa_canary.audit.record.document import Audit
from vqa_canary.counting import counted
from vqa_canary.estimate import bare
from vqa_canary.report.sheet import Column, Sheet


def facts(audit: Audit) -> Sheet:
    """One row a fact, one column a model."""
    names = dict.fromkeys(name for one in audit.models for name in one.facts)
    columns = (
        Column("fact", "fact", "text"),
        *(Column(one.model, one.model, "text") for one in audit.models),
    )
    rows = tuple(
        (name.replace("_", " "), *(one.facts.get(name, "") for one in audit.models)) for name in names
    )
    return Sheet(
        "model_facts",
        "What is known of the model; of an endpoint, what the canary found before the first question",
        columns,
        rows,
    )


def answering(audit: Audit) -> Sheet:
    """One row a model: how often it answered, and at what cost."""
    columns = (
        Column("model", "model", "text"),
        Column("instances", "instances", "count"),
        Column("answered", "answered", "count"),
        Column("failed", "failed", "count"),
        Column("calls", "calls", "count"),
        Column("prompt_tokens", "prompt tokens", "count"),
        Column("completion_tokens", "completion tokens", "count"),
        Column("uncounted", "instances whose tokens are not all known", "count"),
        Column("uncounted_failed", "of these, failed", "count"),
        Column("cost", "cost", "text"),
        Column("bounded", "share with a bounded option", "share"),
    )
    rows = tuple(
        (
            one.model, one.instances, one.answered, one.failed, one.calls, one.prompt_tokens,
            one.completion_tokens, one.uncounted or None, one.uncounted_failed or None, _cost(one), one.bounded,
        )
        for one in audit.models
    )  # fmt: skip
    caption = (
        "Calls, those of the canary and repeated ones among them, and tokens, without the canary's; empty where nobody "
        "counted. Of a failed instance the calls are known, not the tokens. A cost is at least what is said where "
        "tokens of some instances are not known"
    )
    return Sheet("answering", caption, columns, rows).without_empty("uncounted", "uncounted_failed", "cost")


def _cost(one: AskedModel) -> str:
    if one.cost is None:
        return ""
    return f"{'at least ' if one.uncounted else ''}{one.cost:,.2f} {one.currency}".strip()


def failures(audit: Audit) -> Sheet:
    """Kinds of failure by model."""
    columns = (
        Column("model", "model", "text"),
        Column("n", "instances", "count"),
        Column("error", "error", "text"),
    )
    rows = tuple((one.model, each.n, each.error) for one in audit.models for each in one.failures)
    return Sheet("failures", "What failed, and how often", columns, rows)


def missing(audit: Audit) -> Sheet:
    """Kinds of question of which answers are missing, those first that are tied to it most."""
    columns = (
        Column("value", "kind of question", "text"),
        Column("column", "of", "text", filtered=True),
        Column("model", "model", "text", filtered=True),
        Column("dataset", "data set", "text", filtered=True),
        Column("asked", "asked", "count"),
        Column("failed", "without an answer", "count"),
        Column("share", "share without", "share"),
        Column("elsewhere", "of all others", "share"),
        Column("p_value", "p, adjusted", "p"),
    )
    rows = tuple(
        (
            kind.value, kind.column.replace("_", " "), one.model, one.dataset, kind.asked, kind.failed,
            kind.share, bare(kind.elsewhere), bare(kind.p_value),
        )
        for one in (headline.missing for headline in audit.headline)
        for kind in one.kinds
    )  # fmt: skip
    caption = (
        "Which kinds of question have no answer, as they stand. p: that this kind fails as often as the others, images "
        "as the unit, adjusted for the number of kinds (Holm). Intervals: 95 %"
    )
    return Sheet("missing", caption, columns, rows).without_constant("model", "dataset")


def gaps(audit: Audit) -> Sheet:
    """Evidence that a model did not give."""
    columns = (
        Column("field", "evidence", "text"),
        Column("model", "model", "text"),
        Column("n", "instances", "count"),
        Column("reason", "why it is missing", "text"),
    )
    rows = tuple((each.field, one.model, each.n, each.reason) for one in audit.models for each in one.gaps)
    return Sheet("gaps", "Evidence that was not given", columns, rows)


def asked(audit: Audit) -> Sheet:
    """One row a data set."""
    columns = (
        Column("dataset", "data set", "text"),
        Column("items", "questions", "count"),
        Column("images", "images", "count"),
        Column("open", "open", "count"),
        Column("closed", "closed", "count"),
        Column("nota_valid", "fair when the answer is hidden", "count"),
        Column("instances", "prompts", "count"),
    )
    rows = tuple(
        (one.dataset, one.items, one.images, one.open, one.closed, one.nota_valid, one.instances)
        for one in audit.questions.datasets
    )
    return Sheet("asked", "What was asked", columns, rows)


def refused(audit: Audit) -> Sheet:
    """Reasons, commonest first."""
    found = sorted(audit.questions.refused, key=lambda one: (-one.n, one.dataset, one.stage, one.reason))
    columns = (
        Column("dataset", "data set", "text"),
        Column("stage", "stage", "text"),
        Column("n", "rows", "count"),
        Column("reason", "reason", "text"),
    )
    rows = tuple((one.dataset, one.stage, one.n, one.reason) for one in found)
    return Sheet(
        "refused", f"What was refused and why ({counted(sum(one.n for one in found), 'row')})", columns, rows
    )
