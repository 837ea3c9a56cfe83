"""The last lines of a run: what it found in few words, and where to look."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import click
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from vqa_canary.report.commands import command_line
from vqa_canary.report.readability import last_lines

PAGES = {"report": "Report", "audit_report": "Audit"}
MOST_REASONS = 20
"""Shown of those for refusing a record; the others are counted, and stand in the quarantine file."""
MOST_ERRORS = 5
"""Shown of those for which instances failed; the others are counted."""


class ClosingHook:
    """Says what can be asked and what it costs, what failed, and where the pages are that a run has made."""

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        made = pipeline.all_outputs()
        given = dict(run_params.get("runtime_params") or {}) | {"retry_failed": True}
        command = command_line(run_params.get("env"), given)
        if "forecast" in made:
            _tell_forecast(catalog.load("forecast"), _place_of(catalog, "quarantine_csv"))
        for name in sorted(name for name in made if name.endswith("_evidence") and name != "all_evidence"):
            _tell_failures(name.removesuffix("_evidence"), catalog.get(name), command)
        if "readability" in made:
            for line in last_lines(catalog.load("readability")):
                click.echo(line)
        if "audit" in made:
            for row in catalog.load("audit")["headline"]:
                click.echo(f"{row['model']} on {row['dataset']}: {row['answer']}")
        pages = {name: title for name, title in PAGES.items() if name in made}
        for name, title in pages.items():
            click.echo(f"{title}: {_place_of(catalog, name)}")
        if pages:
            click.echo("Pipelines: kedro viz run")


def _counted(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _place_of(catalog: Any, name: str) -> str:
    file = getattr(catalog.get(name), "_filepath", None)
    return "in memory" if file is None else os.path.relpath(str(file))


def _tell_forecast(forecast: dict[str, Any], quarantine: str) -> None:
    refused = sum(row["n"] for row in forecast["refused"])
    items, images, instances = (forecast[name] for name in ("items", "images", "instances"))
    click.echo(
        f"{items:,} usable questions with {images:,} images, {instances:,} instances to ask; "
        f"{refused:,} records or instances quarantined."
    )
    shown, others = forecast["refused"][:MOST_REASONS], forecast["refused"][MOST_REASONS:]
    for row in shown:
        click.echo(f"  {row['n']:,} x {row['reason']} ({row['stage']})")
    if others:
        click.echo(f"  {sum(row['n'] for row in others):,} x {_counted(len(others), 'other reason')}")
    if refused:
        click.echo(f"  Each with its place in the file: {quarantine}")
    for name, cost in forecast["endpoints"].items():
        few, most = cost["fewest_calls"], cost["most_calls"]
        calls = f"{most:,}" if few == most else f"{few:,} to {most:,}"
        click.echo(
            f"Cost of {name}: {calls} calls, each with an image; at most about {cost['text_tokens']:,} tokens of "
            f"text read and {cost['new_tokens']:,} written (4 characters a token; images and retries come on top)."
        )
        if cost["money"] is not None:
            money = f"{cost['money']:,.2f} {cost['currency']}".strip()
            click.echo(
                f"  By price_per_million: at most {money} for that text; images and retries come on top."
            )
        for limit, needed in (("max_calls", most), ("max_tokens", cost["text_tokens"] + cost["new_tokens"])):
            if cost[limit] is not None and cost[limit] < needed:
                click.echo(f"  Its {limit} of {cost[limit]:,} may end the run before everything is asked.")


def _tell_failures(model: str, evidence: Any, command: str) -> None:
    failures = getattr(evidence, "failures", None)
    if not callable(failures) or not (found := failures()):
        return
    from vqa_canary.lasting_failures import advice, kind_of, may_pass

    reasons = Counter[str]()
    for error, n in found.items():
        reasons[kind_of(error)] += n
    told = "; ".join(f"{n:,} x {reason}" for reason, n in reasons.most_common(MOST_ERRORS))
    others = reasons.most_common()[MOST_ERRORS:]
    more = f"; {sum(n for _, n in others):,} x {_counted(len(others), 'other error')}" if others else ""
    lasting = sum(n for error, n in found.items() if not may_pass(error))
    click.echo(
        f"{model}: {found.total():,} instances failed and are left out ({told}{more}). "
        f"{advice(lasting, found.total())} {command}"
    )
