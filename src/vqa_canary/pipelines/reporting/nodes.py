"""Nodes of `reporting`."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict
from typing import Any

from vqa_canary.pipelines.configuration import repeated_by
from vqa_canary.pipelines.parameters import Evaluation, Report, Scoring, typed


def gather(*evidence: Any) -> tuple[Any, dict[str, dict[str, str]]]:
    """Evidence of all models: read, and held against its contract, once for all nodes; and what each model is."""
    import pandas as pd

    facts = {str(one["model"].iloc[0]): one.attrs.get("engine", {}) for one in evidence if len(one)}
    return pd.concat(evidence, ignore_index=True), facts


def build_grids(
    scores: Any, instances: Any, items: Any, evidence: Any, evaluation: Evaluation, seed: int
) -> list[Any]:
    """The scores as one grid a data set, if items, instances and evidence fit together.

    That the scores are those of this evidence and of these settings is known by their seal: see `pipelines.binding`.

    Raises
    ------
    BadInput : a table that does not fit the others, or a NOTA condition that does not hide the answer
    """
    from vqa_canary.conditions.agreement import refuse_disagreement
    from vqa_canary.evaluation.grid import grids, refuse_shown_answer
    from vqa_canary.tables import Instance, Item, spread, to_rows
    from vqa_canary.ue.coverage import refuse_unasked

    refuse_disagreement(to_rows(items, Item), to_rows(instances, Instance), seed)
    refuse_unasked(evidence, instances)
    found = grids(scores, instances, spread(items))
    refuse_shown_answer(found, evaluation.nota_conditions)
    return found


def evaluate(
    grids: list[Any], evidence: Any, instances: Any, items: Any, evaluation: Evaluation, seed: int
) -> Any:
    """Rows of `metrics`."""
    import pandas as pd

    from vqa_canary.evaluation.answering import answering_table
    from vqa_canary.evaluation.table import metrics_table
    from vqa_canary.tables import KEYS

    answering = answering_table(evidence, instances, items)
    metrics = metrics_table(grids, seed, evaluation.subgroups)
    return pd.concat([metrics, answering]).sort_values(list(KEYS["metrics"]), ignore_index=True)


def read_answers(
    grids: list[Any], evidence: Any, instances: Any, items: Any, evaluation: Evaluation
) -> list[dict[str, Any]]:
    """Rows of `readability`: what could be read of the answers, and what accuracy is where little could."""
    from vqa_canary.evaluation.readability import readability_table

    return readability_table(evidence, instances, items, grids, evaluation.subgroups)


def account(
    scores: Any,
    instances: Any,
    items: Any,
    evidence: Any,
    metrics: Any,
    quarantine: Any,
    models: dict[str, dict[str, Any]],
    conditions: list[str],
    scoring: Scoring,
) -> list[dict[str, Any]]:
    """Where the rows of each stage went; an equation that does not hold stops the run."""
    from vqa_canary.evaluation.accounting import Tables
    from vqa_canary.evaluation.accounting import account as account_for
    from vqa_canary.like_reasons import alike

    told = alike(scores["reason"].dropna().unique())  # an error may quote what it is about
    scores = scores.assign(reason=scores["reason"].map(told, na_action="ignore"))
    tables = Tables(items, instances, quarantine, evidence, scores, metrics)
    return account_for(tables, sorted(models), conditions, scoring.methods)


def compare(grids: list[Any], seed: int) -> list[dict[Hashable, Any]]:
    """Every pair of methods on clean input, model by model and over models."""
    from vqa_canary.evaluation.comparison import comparison_table

    table = comparison_table(grids, seed)
    return table.astype(object).where(table.notna(), None).to_dict("records")


def compare_labels(
    grids: list[Any], evidence: Any, instances: Any, items: Any, scoring: Scoring
) -> list[dict[str, Any]]:
    """How much it matters whose answer the label is about, for each model: today's label against the other one."""
    from vqa_canary.evaluation.grid import grids as grids_of
    from vqa_canary.evaluation.label_effect import label_effect
    from vqa_canary.ue.table import scores_table

    other: Any = "native" if scoring.label == "choice" else "choice"
    scores = scores_table(evidence, instances, scoring.methods, other)
    by_label = {scoring.label: grids, other: grids_of(scores, instances, items)}
    return [asdict(effect) for effect in label_effect(by_label["choice"], by_label["native"])]


def judge(
    grids: list[Any],
    evidence: Any,
    instances: Any,
    models: dict[str, dict[str, Any]],
    evaluation: Evaluation,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of `claims`; a variant is no model of its own, so it has no say in them."""
    from vqa_canary.evaluation.claims.table import claims_table, option_logprobs

    whole = set(models) - set(variants_of(models))
    own = [part for grid in grids if (part := grid.of_models(whole)).models]
    families, groups = (
        {name: str(model[key]) for name, model in models.items() if key in model}
        for key in ("family", "group")
    )
    logprobs = option_logprobs(evidence[evidence["model"].isin(whole)], instances)
    return claims_table(own, families, groups, seed, evaluation.nota_conditions, logprobs)


def variants_of(models: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Each configured variant with its baseline and the settings in which it differs."""
    from vqa_canary.engines.registration import ABOUT
    from vqa_canary.evaluation.variants import Variant
    from vqa_canary.masking import masked

    def change(own: dict[str, Any], whole: dict[str, Any]) -> str:
        names = [name for name in {**whole, **own} if name not in ABOUT and own.get(name) != whole.get(name)]
        return ", ".join(f"{name}: {masked(own.get(name, 'default'), name)}" for name in names) or "none"

    return {
        name: Variant(model["baseline"], change(model, models[model["baseline"]]))
        for name, model in models.items()
        if "baseline" in model
    }


def compare_variants(
    grids: list[Any], models: dict[str, dict[str, Any]], evaluation: Evaluation
) -> list[dict[str, Any]]:
    """Rows of `variants`: none in a study without variants."""
    from vqa_canary.evaluation.variants import variants_table

    return variants_table(grids, variants_of(models), evaluation.nota_conditions)


def trace(grids: list[Any], evaluation: Evaluation) -> Any:
    """Points of the curves that the report draws."""
    from vqa_canary.evaluation.curves import curves_table

    return curves_table(grids, evaluation.nota_conditions)


def render(
    items: Any,
    instances: Any,
    scores: Any,
    quarantine: Any,
    metrics: Any,
    curves: Any,
    claims: list[dict[str, Any]],
    labels: list[dict[str, Any]],
    scoring: Scoring,
    evaluation: Evaluation,
    report: Report,
    parameters: dict[str, Any],
    facts: dict[str, dict[str, str]],
    variants: list[dict[str, Any]],
    accounting: list[dict[str, Any]],
    verifications: list[dict[str, Any]],
    readability: list[dict[str, Any]],
    image_record: dict[str, Any],
) -> tuple[str, dict[str, str], dict[str, str]]:
    """The report as one HTML page, its figures as SVG files, its tables as CSV and LaTeX files."""
    from vqa_canary.evaluation.claims import foresight as foresight_claims
    from vqa_canary.evaluation.claims import nota_blindness
    from vqa_canary.evaluation.image_clusters import clusters_by_dataset
    from vqa_canary.evaluation.variants import RULE
    from vqa_canary.project import project_root
    from vqa_canary.report.commands import command_line
    from vqa_canary.report.images import summary_of
    from vqa_canary.report.settings import settings_to_repeat
    from vqa_canary.report.study.contents import Study
    from vqa_canary.report.study.page import make_report
    from vqa_canary.report.study.thumbnails import thumbnails
    from vqa_canary.sources.images import image_opener
    from vqa_canary.tables import Instance, to_rows

    models = parameters["models"]
    env, given = repeated_by()
    study = Study(
        name=parameters["study"],
        items=items,
        instances=instances,
        scores=scores,
        quarantine=quarantine,
        metrics=metrics,
        curves=curves,
        claims=claims,
        labels=labels,
        facts=facts,
        baselines={name: one.baseline for name, one in variants_of(models).items()},
        variants=variants,
        accounting=accounting,
        readability=readability,
        verifications=verifications,
        clusters=clusters_by_dataset(items[items["item_id"].isin(instances["item_id"])]),
        variant_rule=RULE,
        label=scoring.label,
        settings=settings_to_repeat(typed(parameters)),
        groups={name: str(model["group"]) for name, model in models.items() if "group" in model},
        families={name: str(model["family"]) for name, model in models.items() if "family" in model},
        nota_conditions=evaluation.nota_conditions,
        margins={
            "drop": nota_blindness.LEAST_DROP,
            "shift": nota_blindness.MARGIN,
            "weak": foresight_claims.WEAK,
        },
        show_questions=report.allows(report.show_questions, items),
        images=summary_of(image_record),
        retry=command_line(env, given | {"retry_failed": "true"}),
        thumbnails=thumbnails(to_rows(instances, Instance), image_opener(project_root()))
        if report.allows(report.show_images, instances)
        else None,
    )
    return make_report(study)
