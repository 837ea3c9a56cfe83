"""The audit's tables of what was found: policies, sets, methods, items, subgroups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import FragileItem, Subgroup
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.audit.terms import ERROR
from vqa_canary.estimate import Estimate, bare
from vqa_canary.report.audit.shown import accuracy_of_subgroup
from vqa_canary.report.audit.words import event_word, target
from vqa_canary.report.sheet import Cell, Column, Sheet

Texts = Mapping[tuple[str, str], tuple[str, Sequence[str], str]]
"""Question, options and right answer by (data set, item)."""

DATASET = Column("dataset", "data set", "text", filtered=True)
MODEL = Column("model", "model", "text", filtered=True)
METHOD = Column("method", "method", "text", filtered=True)


def policies(audit: Audit, error: bool) -> Sheet:
    """All policies of the escalation (`error`) or of fragility: one row a method, guarantee and scope."""
    first = [one.policy if error else one.fragility_policy for one in audit.headline]
    rows = [one for one in audit.policies if (one.event == ERROR) == error]
    rows = sorted(rows, key=lambda one: one not in first)  # those that the first screen speaks of
    word = event_word(ERROR if error else "")
    columns = (
        METHOD, MODEL, DATASET,
        Column("guarantee", "guarantee", "text", filtered=True),
        Column("scope", "scope", "text", filtered=True),
        Column("verdict", "verdict", "text", filtered=True),
        Column("threshold", "answer when at most", "threshold"),
        Column("alpha", f"target share of {word}", "set", filed=True),
        Column("confidence", "with confidence", "set", filed=True),
        Column("calibration_coverage", "answered, calibration", "share"),
        Column("calibration_risk", f"{word}, calibration", "share"),
        Column("calibration_n", "questions", "count", filed=True),
        Column("calibration_images", "images", "count"),
        Column("coverage", "answered, held out", "share"),
        Column("risk", f"{word}, held out", "share"),
        Column("holds", "held-out check", "text"),
        Column("needed_images", "images it would take", "count"),
        Column("reason", "why not", "text", filed=True),
    )  # fmt: skip
    name = "policies_error" if error else "policies_fragility"
    caption = (
        f"Policies that keep {word} rare, of every method; those of the first screen come first. {_aims(rows, audit)} "
        "Intervals: 95 %."
    )
    sheet = Sheet(name, caption, columns, tuple(_policy(one, audit.protocol) for one in rows))
    return _short(sheet.without_empty("needed_images", "reason", "holds"))


def _aims(rows: Sequence[Policy], audit: Audit) -> str:
    """What the policies were to keep to, which is the same in nearly all tables."""
    aims = dict.fromkeys(target(one, audit.protocol.claimed) for one in rows)
    unclaimed = "" if audit.protocol.claimed else f" No confidence is claimed: {audit.protocol.standing}."
    return f"Target: {'; or '.join(aims)}.{unclaimed}"


def _policy(one: Policy, protocol: Protocol) -> tuple[Cell, ...]:
    calibration, held = one.calibration, one.held_out
    return (
        one.method, one.model, one.dataset, one.guarantee, one.scope, one.outcome,
        bare(one.threshold, None if one.found else one.reason or "no policy"),
        bare(one.alpha), confidence(one.delta, protocol),
        bare(calibration.coverage), bare(calibration.risk), calibration.n, calibration.images,
        held.coverage, held.risk, held.holds or "",
        one.needed_images, one.reason or "",
    )  # fmt: skip


def confidence(delta: float, protocol: Protocol) -> Estimate:
    """The confidence of a policy, or why none is claimed."""
    return bare(1 - delta) if protocol.claimed else bare(None, f"not claimed: {protocol.standing}")


def conformal(audit: Audit) -> Sheet:
    """One row a data set, model and score."""
    columns = (
        Column("score", "score", "text"), MODEL, DATASET,
        Column("target", "target", "set"),
        Column("coverage", "holds the right option, of questions", "share"),
        Column("coverage_of_images", "the same, of images", "share"),
        Column("mean_size", "options in a set"),
        Column("single", "one option alone", "share"),
        Column("empty", "none", "share"),
        Column("all", "all options", "share"),
        Column("quantile", "quantile"),
        Column("left_out", "questions left out", "count"),
        Column("population", "for", "text"),
        Column("reason", "why not", "text"),
    )  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            one.score, one.model, one.dataset, bare(one.target), one.coverage, one.coverage_of_images,
            *(bare(value) for value in (one.mean_size, one.single, one.empty, one.all, one.quantile)),
            one.left_out, one.population, one.reason or "",
        )
        for one in audit.conformal
    )  # fmt: skip
    caption = "Sets of options that hold the right one, on held-out questions. Intervals: 95 %."
    return _short(Sheet("conformal", caption, columns, rows).without_empty("reason"))


def methods(audit: Audit) -> Sheet:
    """One row a data set, model and method."""
    columns = (
        METHOD, MODEL, DATASET,
        Column("recommended", "recommended", "text"),
        Column("auroc", "AUROC"),
        Column("standing", "against the best", "text", filtered=True),
        Column("fragility_auroc", "fragility AUROC"),
        Column("calls", "calls a question", "count"),
        Column("calls_why", "for", "text"),
        Column("reason", "why not", "text"),
    )  # fmt: skip
    rows = tuple(
        (
            one.method, one.model, one.dataset, "yes" if one.recommended else "", one.auroc, one.standing,
            one.fragility_auroc, one.calls, one.calls_why, one.reason or "",
        )
        for one in audit.methods
    )  # fmt: skip
    caption = "Methods against each other, on the questions as asked. Intervals: 95 %."
    return _short(Sheet("methods", caption, columns, rows).without_empty("recommended", "reason"))


def fragile(items: Sequence[FragileItem], name: str, caption: str, texts: Texts | None) -> Sheet:
    """One row an item, most likely to collapse first; question and options only where they may be shown."""
    conditions = list(dict.fromkeys(name for one in items for name in one.outcomes))
    columns = (
        Column("item_id", "item", "text"), MODEL, DATASET,
        Column("rank", "rank", "count"),
        Column("uncertainty", "uncertainty when clean", "threshold"),
        Column("method", "by", "text"),
        *(Column(f"outcome_{name}", name, "text", filtered=True) for name in conditions),
        *_TEXTS * (texts is not None),
    )  # fmt: skip
    rows = tuple(
        (
            one.item_id, one.model, one.dataset, one.rank, bare(one.uncertainty), one.method,
            *(one.outcomes.get(name, "not asked") for name in conditions),
            *(() if texts is None else _texts(texts.get((one.dataset, one.item_id)))),
        )
        for one in items
    )  # fmt: skip
    return _short(Sheet(name, caption, columns, rows)).without_constant("method")


_TEXTS = (
    Column("question", "question", "text"),
    Column("options", "options", "text"),
    Column("answer", "right answer", "text"),
)


def _texts(found: tuple[str, Sequence[str], str] | None) -> tuple[str, str, str]:
    if found is None:
        return "", "", ""
    question, options, answer = found
    return question, " · ".join(options), answer


def subgroups(audit: Audit) -> Sheet:
    """One row a value of a named column."""
    columns = (
        Column("value", "subgroup", "text"),
        Column("column", "of", "text", filtered=True), MODEL, DATASET,
        Column("n", "questions", "count"),
        Column("images", "images", "count"),
        Column("accuracy", "accuracy", "share"),
        Column("overconfidence", "overconfidence", "points"),
        Column("policy_coverage", "answered under the policy", "share"),
        Column("policy_error", "errors under the policy", "share"),
        Column("warning", "warning", "text"),
    )  # fmt: skip
    told, alike = _telling(audit)
    rows = tuple(
        (
            one.value, one.column.replace("_", " "), one.model, one.dataset, one.accuracy.n,
            one.accuracy.n_clusters, accuracy_of_subgroup(audit, one), one.overconfidence, one.policy_coverage,
            one.policy_error, one.warning or "",
        )
        for one in told
    )  # fmt: skip
    caption = "Subgroups. Intervals: 95 %, not adjusted for the number of subgroups."
    if alike:
        caption += (
            f" All questions have one value of {', '.join(alike)}, so that nothing more is to be said of it."
        )
    return _short(Sheet("subgroups", caption, columns, rows).without_empty("warning"))


def _telling(audit: Audit) -> tuple[list[Subgroup], list[str]]:
    """Subgroups without those that hold all questions once more, and the columns and values of these."""
    values: dict[tuple[str, str, str], set[str]] = {}
    for one in audit.subgroups:
        values.setdefault((one.dataset, one.model, one.column), set()).add(one.value)
    told: list[Subgroup] = []
    alike: dict[str, None] = {}
    for one in audit.subgroups:
        if one.column and len(values[one.dataset, one.model, one.column]) == 1:
            alike[f"{one.column.replace('_', ' ')} (“{one.value}”)"] = None
        else:
            told.append(one)
    return told, list(alike)


def guidelines(audit: Audit) -> Sheet:
    """Items of reporting guidelines, and what of the audit serves them."""
    columns = (
        Column("guideline", "guideline", "text", filtered=True),
        Column("item", "item", "text"),
        Column("topic", "topic", "text"),
        Column("serves", "what serves it", "text"),
        Column("where", "where on this page", "text"),
    )
    rows = tuple((one.guideline, one.item, one.topic, one.serves, one.where) for one in audit.guidelines)
    return Sheet("guidelines", "Items that this audit's numbers can serve", columns, rows)


def curves(audit: Audit) -> str:
    """The points of all curves as CSV: too many for the page."""
    names = ("dataset", "model", "event", "method", "split")
    columns = (
        *(Column(name, name, "text") for name in names),
        Column("coverage", "", "share"),
        Column("risk", "", "share"),
    )
    rows = tuple(
        (one.dataset, one.model, one.event, one.method, one.split, bare(x), bare(y))
        for one in audit.curves
        for x, y in zip(one.coverage, one.risk, strict=True)
    )
    return Sheet("curves", "", columns, rows).csv


def _short(sheet: Sheet) -> Sheet:
    """The table with a column for the model, or for the data set, only where there are several."""
    return sheet.without_constant("model", "dataset")
