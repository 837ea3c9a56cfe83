"""How right the models are, how they answer, and whose answer the label is about."""

from __future__ import annotations

from vqa_canary.estimate import bare
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import Study, View
from vqa_canary.rows import CLEAN

_FINGERPRINTS = ("processor", "chat_template", "fingerprint")
"""Facts for comparing, not for reading: they stand last."""
_MANNERS = (
    ("option_mass", "mass on option letters"),
    ("named_share", "answers that name an option"),
    ("failed_share", "failed"),
)


def accuracy(view: View) -> Sheet:
    """One row a model, one column a condition."""
    study = view.study
    columns = [Column("model", "model", "text"), Column("group", "group", "text")]
    columns += [Column(condition, condition) for condition in study.conditions]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            model,
            study.groups.get(model, ""),
            *(view.shown_accuracy(model, condition, view.plainest) for condition in study.conditions),
        )
        for model in study.asked
    )
    caption = (
        f"Accuracy, {view.dataset}; 95 % intervals. Conditions named nota_...: items that stay a fair "
        "question when the answer is hidden; the others: all items."
    )
    return Sheet(view.name("accuracy"), caption, tuple(columns), rows).without_empty("group")


def answering(view: View) -> Sheet:
    """How much of a model's belief and of its text is an answer at all."""
    columns = (Column("model", "model", "text"), *(Column(key, title) for key, title in _MANNERS))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (model, *(view.get(model, CLEAN, key) for key, _ in _MANNERS)) for model in view.study.asked
    )
    return Sheet(view.name("answering"), f"How the models answer, {view.dataset}, clean", columns, rows)


def label_effect(study: Study) -> Sheet:
    """What judging each method on its own answer would change."""
    columns = (
        Column("model", "model", "text"),
        Column("dataset", "data set", "text"),
        Column("n_methods", "methods compared", "count"),
        Column("kendall_tau", "Kendall's tau of the two rankings"),
        Column("largest_change", "largest change of an AUROC"),
        Column("method", "of", "text"),
    )
    rows = tuple(
        (
            str(row["model"]),
            str(row["dataset"]),
            int(row["n_methods"]),
            bare(row["kendall_tau"]),
            bare(row["largest_change"]),
            row["method"] or "",
        )
        for row in study.labels
    )
    caption = f"If each method were judged on its own answer (here: scoring.label: {study.label})"
    return Sheet("label_effect", caption, columns, rows)


def facts(study: Study) -> Sheet:
    """What each model was when it answered; empty where its evidence says nothing of it."""
    names = list(dict.fromkeys(name for own in study.facts.values() for name in own))
    names.sort(key=lambda name: name in _FINGERPRINTS)
    columns = (
        Column("model", "model", "text"),
        *(Column(name, name.replace("_", " "), "text") for name in names),
    )
    rows = tuple(
        (model, *(study.facts.get(model, {}).get(name, "") for name in names)) for model in study.asked
    )
    return Sheet("models", "What answered, read off the loaded models", columns, rows).without_empty(*names)
