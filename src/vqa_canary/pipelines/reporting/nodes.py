"""Nodes of `reporting`."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict
from typing import Any

from vqa_canary.pipelines.configuration import repeated_by
from vqa_canary.pipelines.gathered import AskedTables, Checks, Findings
from vqa_canary.pipelines.parameters import Evaluation, ReportSettings, Scoring, typed


def compare(grids: list[Any], seed: int) -> list[dict[Hashable, Any]]:
    """Every pair of methods on clean input, model by model and over models."""
    from vqa_canary.evaluation.comparison import comparison_table

    table = comparison_table(grids, seed)
    return table.astype(object).where(table.notna(), None).to_dict("records")


def compare_labels(
    grids: list[Any], evidence: Any, instances: Any, items: Any, scoring: Scoring
) -> list[dict[str, Any]]:
    """How much it matters whose answer the label is about, for each model: today's label against the other one.

    It is asked of clean questions, so these alone are scored again.
    """
    from vqa_canary.evaluation.grid import grids as grids_of
    from vqa_canary.evaluation.label_effect import label_effect
    from vqa_canary.rows import CLEAN
    from vqa_canary.ue.table import scores_table

    other: Any = "native" if scoring.label == "choice" else "choice"
    clean = instances[instances["condition"] == CLEAN]
    if clean.empty:
        return []
    scores = scores_table(
        evidence[evidence["instance_id"].isin(clean["instance_id"])], clean, scoring.methods, other
    )
    asked = [grid for grid in grids if CLEAN in grid.conditions]
    by_label = {scoring.label: asked, other: grids_of(scores, clean, items)}
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
    return claims_table(
        own,
        families,
        groups,
        seed,
        evaluation.nota_conditions,
        logprobs,
        evaluation.primary,
        evaluation.tracking_over,
    )


def variants_of(models: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Each configured variant with its baseline and the settings in which it differs."""
    from vqa_canary.engines.registration import ABOUT
    from vqa_canary.evaluation.variant_difference import Variant
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


def trace(grids: list[Any], models: dict[str, dict[str, Any]], evaluation: Evaluation) -> Any:
    """Points of the curves that the report draws."""
    from vqa_canary.evaluation.curves import curves_table

    groups = {
        name: str(model.get("group", "all models"))
        for name, model in models.items()
        if "baseline" not in model
    }
    return curves_table(grids, evaluation.nota_conditions, evaluation.ece.binning, groups)


def gather_findings(
    metrics: Any,
    curves: Any,
    claims: list[dict[str, Any]],
    labels: list[dict[str, Any]],
    variants: list[dict[str, Any]],
    comparison: list[dict[str, Any]],
) -> Findings:
    """The numbers of the report, in one."""
    return Findings(metrics, curves, claims, labels, variants, comparison)


def render(
    asked: AskedTables,
    findings: Findings,
    checks: Checks,
    evidence: Any,
    report: ReportSettings,
    parameters: dict[str, Any],
) -> tuple[str, dict[str, str | bytes], dict[str, str]]:
    """The report as one HTML page, its figures as SVG and PDF files, its tables as CSV and LaTeX files."""
    from vqa_canary.evaluation.image_clusters import clusters_by_dataset
    from vqa_canary.evaluation.variants import RULE
    from vqa_canary.frames import to_rows
    from vqa_canary.project import project_root
    from vqa_canary.report.commands import command_line
    from vqa_canary.report.images import summary_of
    from vqa_canary.report.settings import settings_to_repeat
    from vqa_canary.report.study.contents import Study
    from vqa_canary.report.study.explorer import option_probabilities
    from vqa_canary.report.study.page import make_report
    from vqa_canary.report.study.thumbnails import thumbnails
    from vqa_canary.rows import Instance
    from vqa_canary.sources.images import image_opener
    from vqa_canary.ue.configured import summaries

    settings, models = typed(parameters), parameters["models"]
    items, instances = asked.items, asked.instances
    env, given = repeated_by()
    study = Study(
        name=parameters["study"],
        items=items,
        instances=instances,
        scores=asked.scores,
        quarantine=asked.quarantine,
        metrics=findings.metrics,
        curves=findings.curves,
        claims=findings.claims,
        labels=findings.labels,
        comparison=findings.comparison,
        facts=asked.facts,
        baselines={name: variant.baseline for name, variant in variants_of(models).items()},
        variants=findings.variants,
        accounting=checks.accounting,
        readability=checks.readability,
        verifications=checks.verifications,
        clusters=clusters_by_dataset(items[items["item_id"].isin(instances["item_id"])]),
        variant_rule=RULE,
        label=settings["scoring"].label,
        calibration=settings["evaluation"].calibration,
        bins=settings["evaluation"].ece.bins,
        settings=settings_to_repeat(settings),
        groups=_named(models, "group"),
        families=_named(models, "family"),
        nota_conditions=settings["evaluation"].nota_conditions,
        primary=settings["evaluation"].primary,
        margins=_margins(),
        show_questions=report.allows(report.show_questions, items),
        images=summary_of(asked.image_record),
        probabilities=option_probabilities(evidence),
        notes=summaries(settings["scoring"].methods),
        retry=command_line(env, given | {"retry_failed": "true"}),
        thumbnails=thumbnails(to_rows(instances, Instance), image_opener(project_root()))
        if report.allows(report.show_images, instances)
        else None,
    )
    return make_report(study)


def _margins() -> dict[str, float]:
    """Limits in the rules of the claims' verdicts, which the report draws and names."""
    from vqa_canary.evaluation.claims import foresight, nota_blindness

    return {"drop": nota_blindness.LEAST_DROP, "shift": nota_blindness.MARGIN, "weak": foresight.WEAK}


def _named(models: dict[str, Any], setting: str) -> dict[str, str]:
    """A setting of the models that have it, such as `group`, by model."""
    return {name: str(model[setting]) for name, model in models.items() if setting in model}
