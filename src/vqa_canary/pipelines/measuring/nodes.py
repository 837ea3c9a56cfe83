"""Nodes of `measuring`."""

from __future__ import annotations

from typing import Any

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.configuration import repeated_by
from vqa_canary.pipelines.gathered import AskedTables, Checks
from vqa_canary.pipelines.parameters import Evaluation, Scoring, typed
from vqa_canary.pipelines.verification.certificate import standing
from vqa_canary.pipelines.verification.identity import identity


def gather(*evidence: Any) -> tuple[Any, dict[str, dict[str, str]]]:
    """Evidence of all models: read, and held against its contract, once for all nodes; and what each model is."""
    import pandas as pd

    facts = {str(table["model"].iloc[0]): table.attrs.get("engine", {}) for table in evidence if len(table)}
    return pd.concat(evidence, ignore_index=True), facts


def build_grids(
    scores: Any, instances: Any, items: Any, evidence: Any, evaluation: Evaluation, seed: int
) -> list[Any]:
    """The scores as one grid a data set, with confidences, if items, instances and evidence fit together.

    That the scores are those of this evidence and of these settings is known by their seal: see `pipelines.binding`.

    Raises
    ------
    BadInput : a table that does not fit the others, or a NOTA condition that does not hide the answer
    """
    from vqa_canary.conditions.agreement import refuse_disagreement
    from vqa_canary.evaluation.confidences import with_confidence
    from vqa_canary.evaluation.grid import grids
    from vqa_canary.frames import spread, to_rows
    from vqa_canary.nota import refuse_shown_answer
    from vqa_canary.rows import Instance, Item
    from vqa_canary.ue.coverage import refuse_unasked, refuse_unscored

    if items["answer_index"].isna().any():
        raise BadInput(
            "items, answer_index: right answers are missing, so there is nothing to measure. Questions without labels "
            "are for `kedro run --env monitor` alone; see docs/how-to/monitor.md."
        )
    refuse_disagreement(to_rows(items, Item), to_rows(instances, Instance), seed)
    refuse_unasked(evidence, instances)
    refuse_unscored(scores, evidence)
    built = grids(scores, instances, spread(items))
    refuse_shown_answer(instances, evaluation.nota_conditions)
    return [with_confidence(grid, evaluation.calibration, seed) for grid in built]


def evaluate(
    grids: list[Any], evidence: Any, instances: Any, items: Any, evaluation: Evaluation, seed: int
) -> Any:
    """Rows of `metrics`."""
    import pandas as pd

    from vqa_canary.evaluation.answering import answering_table
    from vqa_canary.pipelines.measuring.side_by_side import metrics_side_by_side
    from vqa_canary.tables import KEYS
    from vqa_canary.ue.configured import lower_bounds

    answering = answering_table(evidence, instances, items)
    lowest = lower_bounds({name for grid in grids for name in grid.methods})
    metrics = metrics_side_by_side(grids, seed, evaluation.subgroups, lowest, evaluation.ece.binning)
    return pd.concat([metrics, answering]).sort_values(list(KEYS["metrics"]), ignore_index=True)


def read_answers(
    grids: list[Any], evidence: Any, instances: Any, items: Any, evaluation: Evaluation
) -> list[dict[str, Any]]:
    """Rows of `readability`: what could be read of the answers, and what accuracy is where little could."""
    from vqa_canary.evaluation.readability import readability_table

    return readability_table(evidence, instances, items, grids, evaluation.subgroups)


def gather_asked(
    items: Any,
    instances: Any,
    scores: Any,
    quarantine: Any,
    image_record: dict[str, Any],
    facts: dict[str, dict[str, str]],
) -> AskedTables:
    """What was asked and what came of it, in one."""
    return AskedTables(items, instances, scores, quarantine, image_record, facts)


def draw_parts(
    items: Any, instances: Any, quarantine: Any, conditions: Any, seed: int
) -> dict[str, frozenset[tuple[str, str]] | None]:
    """For each condition the items that it was to be shown on, by dataset and id; None where these are all."""
    from vqa_canary.evaluation.accounting import asked_items
    from vqa_canary.frames import to_rows
    from vqa_canary.pipelines.asked_conditions import conditions_of, parts_of
    from vqa_canary.rows import Item

    names = conditions_of(conditions)
    if all(asked_of.whole for asked_of in names.values()):
        return dict.fromkeys(names)
    shown = asked_items(instances, quarantine)
    asked = [item for item in to_rows(items, Item) if (item.dataset, item.item_id) in shown]
    parts = parts_of(asked, conditions, seed)
    return {name: parts.get(name) for name in names}


def account(
    asked: AskedTables,
    parts: dict[str, frozenset[tuple[str, str]] | None],
    evidence: Any,
    metrics: Any,
    models: dict[str, dict[str, Any]],
    scoring: Scoring,
) -> list[dict[str, Any]]:
    """Where the rows of each stage went; an equation that does not hold stops the run."""
    from vqa_canary.evaluation.accounting import AccountedTables
    from vqa_canary.evaluation.accounting import account as account_for
    from vqa_canary.like_reasons import alike

    told = alike(asked.scores["reason"].dropna().unique())  # an error may quote what it is about
    scores = asked.scores.assign(reason=asked.scores["reason"].map(told, na_action="ignore"))
    tables = AccountedTables(asked.items, asked.instances, asked.quarantine, evidence, scores, metrics)
    limited = {name: part for name, part in parts.items() if part is not None}
    return account_for(tables, sorted(models), [*parts], scoring.names, limited)


def gather_certificates(
    evidence: Any, parameters: dict[str, Any], *certificates: dict[str, Any]
) -> list[dict[str, Any]]:
    """What each model's certificate is worth today, in the order of the configured models: rows of `verifications`."""
    from vqa_canary.engines.answered_rows import fingerprint_of
    from vqa_canary.engines.registration import make_engine
    from vqa_canary.project import project_root
    from vqa_canary.report.commands import command_line

    settings = typed(parameters)
    prompts, sampling, seed = settings["prompts"], settings["sampling"], settings["seed"]
    env, given = repeated_by()
    given = {
        key: value for key, value in given.items() if key != "tracking"
    }  # the page is the same without MLflow
    command = f"{command_line(env, given)} --pipeline verification"

    def present(name: str, model: dict[str, Any]) -> dict[str, str]:
        try:
            fingerprint = fingerprint_of(
                name, make_engine(name, model, prompts, sampling, seed, project_root())
            )
        except BadInput as error:  # its folder is gone: the evidence is all that there is
            fingerprint = f"unknown: {error}"
        return identity(fingerprint, prompts, sampling, seed, evidence[evidence["model"] == name])

    return [
        standing(name, made, present(name, model) if made else None, command)
        for (name, model), made in zip(parameters["models"].items(), certificates, strict=True)
    ]


def gather_checks(
    accounting: list[dict[str, Any]], verifications: list[dict[str, Any]], readability: list[dict[str, Any]]
) -> Checks:
    """What a reader must know before any number, in one."""
    return Checks(accounting, verifications, readability)
