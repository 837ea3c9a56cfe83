"""The last lines of a run: what it found in few words, and where to look."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

import click
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from vqa_canary.counting import counted
from vqa_canary.report.accuracy import Rows
from vqa_canary.report.commands import command_line
from vqa_canary.report.endangered import conditions_without_answers
from vqa_canary.report.forecast_lines import forecast_lines
from vqa_canary.report.readability import last_lines
from vqa_canary.report.study.accuracy_lines import accuracy_lines
from vqa_canary.stored_places import place_of

PAGES = {
    "report": "Report",
    "audit_report": "Audit",
    "committee_page": "For the committee",
    "review_page": "For review",
    "watch_report": "Watch",
}
MOST_ERRORS = 5
"""How many errors of failed instances are shown; the others are counted."""


class ClosingHook:
    """Says what can be asked and what it costs, what failed, and where the pages are that a run has made."""

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        made = pipeline.all_outputs()
        given = dict(run_params.get("runtime_params") or {}) | {"retry_failed": True}
        command = command_line(run_params.get("env"), given)
        if "forecast" in made:
            for line in forecast_lines(catalog.load("forecast"), shown_place(catalog, "quarantine_csv")):
                click.echo(line)
        if "plan" in made and "audit" not in made:  # what was found says more than what could be
            _tell_plan(catalog.load("plan"), shown_place(catalog, "plan"))
        readable = catalog.load("readability") if "readability" in made else []
        for name in sorted(name for name in made if name.endswith("_evidence") and name != "all_evidence"):
            _tell_failures(name.removesuffix("_evidence"), catalog.get(name), command, readable)
        for line in _about_answers(catalog, made, readable):
            click.echo(line)
        if "audit" in made:
            from vqa_canary.audit.record.protocol import Protocol
            from vqa_canary.report.audit.attempts import sentence

            audit = catalog.load("audit")
            click.echo(sentence(Protocol.model_validate(audit["protocol"]), audit["package"]))
            for row in audit["headline"]:
                click.echo(f"{row['model']} on {row['dataset']}: {row['answer']}")
            for row in audit["model_choices"]:
                click.echo(f"Models on {row['dataset']}: {row['reason']}")
        if "watch_entries" in made:
            for line in _about_watch(catalog):
                click.echo(line)
        for line in findings(catalog, made):
            click.echo(line)


def findings(catalog: Any, made: Collection[str]) -> list[str]:
    """The last lines: the verdicts of the three claims, and where the pages are.

    Parameters
    ----------
    made : names of the datasets that the run has made
    """
    lines = []
    if "claims" in made:
        from vqa_canary.report.verdict_lines import verdict_lines

        lines = verdict_lines(catalog.load("claims"))
    pages = {name: title for name, title in PAGES.items() if name in made}
    lines += [f"{title}: {shown_place(catalog, name)}" for name, title in pages.items()]
    return [*lines, "Pipelines: kedro viz run"] if pages else lines


def _about_watch(catalog: Any) -> list[str]:
    """What the watch says after this run."""
    from vqa_canary.monitoring.record import read_log
    from vqa_canary.monitoring.standing import standings
    from vqa_canary.monitoring.verdicts import of_drift, of_errors

    entries = read_log(catalog.load("watch_entries"))
    last = standings(entries)[-1]
    so_far = counted(len(entries), "entry", "entries")
    log = f"Watch {catalog.load('params:watch')}: {so_far}, the latest of {last.entry.day}."
    return [log, of_errors(last, entries), of_drift(last.entry.drift, last)]


def _about_answers(catalog: Any, made: set[str], readable: Rows) -> list[str]:
    """Lines on which answers could not be read, and how many answers were right."""
    lines = last_lines(readable)
    return lines + (accuracy_lines(catalog.load("metrics"), readable) if "metrics" in made else [])


def shown_place(catalog: Any, name: str) -> str:
    """Where a dataset's file is: its path from here, or the URL of one in a bucket."""
    place = place_of(catalog, name)
    if place is None:
        return "in memory"
    return os.path.relpath(place.path) if place.is_local else f"{place.protocol}://{place.path}"


def _tell_plan(plan: dict[str, Any], place: str) -> None:
    from vqa_canary.audit.planning.record import Plan
    from vqa_canary.report.audit.plan_lines import plan_lines

    for line in plan_lines(Plan.model_validate(plan)):
        click.echo(line)
    click.echo(f"Plan: {place}")


def _tell_failures(model: str, evidence: Any, command: str, readable: Rows) -> None:
    failures = getattr(evidence, "failures", None)
    if not callable(failures) or not (failed := failures()):
        return
    from vqa_canary.lasting_failures import advice, kinds_of

    reasons = kinds_of(failed).most_common()
    told = "; ".join(f"{n:,} x {reason}" for reason, n in reasons[:MOST_ERRORS])
    others = reasons[MOST_ERRORS:]
    more = f"; {sum(n for _, n in others):,} x {counted(len(others), 'other error')}" if others else ""
    what, again = advice(failed, *conditions_without_answers(_of(model, readable)))
    click.echo(
        f"{model}: {counted(failed.total(), 'instance')} failed and {'is' if failed.total() == 1 else 'are'} left out "
        f"({told}{more}). {what}{f' {command}' if again else ''}"
    )


def _of(space: str, readable: Rows) -> Rows:
    """Rows about one model, which is known by the namespace that its Kedro datasets have."""
    if not readable:
        return []
    from vqa_canary.pipelines.configuration import namespaces

    spaces = namespaces(sorted({row["model"] for row in readable}))
    return [row for row in readable if spaces[row["model"]] == space]
