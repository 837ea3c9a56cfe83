"""What MLflow shows at once of a study: few metrics of the whole, a leaderboard, and a note with the verdicts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from vqa_canary.rows import CLEAN
from vqa_canary.tracking.entry import KEY, Entry
from vqa_canary.tracking.record import RunRecord, legal_name

METRICS = ("accuracy", "auroc", "ece", "brier", "uncertainty_shift", "collapse_rate", "fragility_auroc")
"""Metrics that a child holds, each with its limits; all others are in the artifact `metrics.parquet`."""
OF_CLEAN = ("accuracy", "auroc", "ece", "brier")
OF_HIDDEN = ("accuracy", "uncertainty_shift", "collapse_rate", "fragility_auroc")
"""Metrics whose median over models the parent holds, clean and where the answer is hidden."""
CLAIMS = ("ue_tracks_accuracy", "nota_blindness", "fragility_is_foreseeable")
"""Claims whose number the parent holds, each with its limits."""
RANKED = ("accuracy.clean", "auroc.clean")
"""What the leaderboard is ordered by, the best first."""
LEADERBOARD = "leaderboard.json"
"""Artifact that MLflow shows as a table: a row a model and method."""
FIGURES = (".png", ".svg")
"""Endings of figures, of which each is an artifact."""
PICTURE = "overview_small.png"
"""Figure that stands in the note: MLflow shows it at its own size, so a larger one pushes the page apart."""

VIEW = "mlflow.sharedViewState.vqa-canary"
"""Tag of an experiment that holds how MLflow's page lists its runs for whoever follows the printed link."""
COLUMNS = ("accuracy.clean", "auroc.clean", "ece.clean")
"""What the page lists of each run, besides the metrics of the condition that hides the answer."""
FIXED_COLUMNS = {"1": 73, "attributes.`Run Name`": 280, "runDateAndNestInfo": 150, "duration": 80}
"""MLflow's own columns with their widths in pixels; names of runs would be cut off at its own 190."""
PIXELS_A_LETTER, MARGIN = 7, 40
"""Of the name of a metric above its column."""

Claim = Mapping[str, Any]


def headline_metrics(
    children: Sequence[RunRecord], claims: Sequence[Claim], nota: str | None
) -> dict[str, float]:
    """Metrics of the parent run: medians over models by the primary method, and the numbers of the claims.

    Parameters
    ----------
    children : the child runs by model and method
    nota : the condition that hides the answer, of which the first is told; None where none was asked
    """
    primary = {claim["method"] for claim in claims if claim["primary"]}
    own = [child for child in children if child.tags.get("method") in primary] or list(children)
    found = {"models": float(len({child.tags["model"] for child in children}))}
    asked = [(name, CLEAN) for name in OF_CLEAN] + [(name, nota) for name in OF_HIDDEN if nota]
    for metric, condition in asked:
        name = f"{metric}.{condition}"
        if values := [child.metrics[name] for child in own if name in child.metrics]:
            found[legal_name(f"median.{name}")] = median(values)
    return found | dict(_of_claims(claims))


def of_methods(children: Iterable[RunRecord]) -> list[RunRecord]:
    """The child runs that are about a model and a method."""
    return [child for child in children if {"model", "method"} <= child.tags.keys()]


def leaderboard(children: Iterable[RunRecord]) -> dict[str, list[Any]]:
    """`columns` and `data` of the table of all models and methods, the most accurate first; null: undefined."""
    rows = sorted(children, key=lambda row: tuple(-row.metrics.get(name, -1.0) for name in RANKED))
    names = sorted(
        {name for row in rows for name in row.metrics if not name.endswith((".ci_low", ".ci_high"))}
    )
    names = [*(name for name in RANKED if name in names), *(name for name in names if name not in RANKED)]
    # MLflow takes a dot in a column's name for a field of a field.
    columns = ["model", "method", *(name.replace(".", " ") for name in names)]
    data = [[row.tags["model"], row.tags["method"], *map(row.metrics.get, names)] for row in rows]
    return {"columns": columns, "data": data}


def note(study: str, verdicts: Sequence[str], artifacts: Collection[str], run_id: str) -> str:
    """The note of the parent run, in Markdown.

    Parameters
    ----------
    verdicts : the three claims in words, a line each
    artifacts : names of the figures that the run holds
    run_id : of the run itself, whose figures the note shows
    """
    lines = [f"**Study `{study}`**", *(f"- {line}" for line in verdicts)]
    if PICTURE in artifacts:
        lines.append(f"\n![Overview](get-artifact?path=figures%2F{PICTURE}&run_uuid={run_id})")
    return "\n".join([lines[0], "", *lines[1:], "", "The page is the artifact `report.html`; a table of all models and "
                      f"methods is `{LEADERBOARD}`; every metric is in `metrics.parquet`."])  # fmt: skip


def view_of(entry: Entry) -> str:
    """How MLflow shows the runs of an entry, as its page reads it: these alone, the best AUROC first, with the columns
    that matter; and as charts one of parallel coordinates, a line a run and an axis a metric.

    MLflow has no page that says what it reads; this is what its page of release 3.17 writes where a view is shared.
    """
    ours = ("uncertainty_shift", "fragility_auroc", "collapse_rate")
    medians = [name.removeprefix("median.") for name in entry.results.metrics if name.startswith("median.")]
    metrics = [*COLUMNS, *(name for metric in ours for name in medians if name.startswith(f"{metric}."))]
    columns = {f"metrics.`{name}`": PIXELS_A_LETTER * len(name) + MARGIN for name in metrics}
    section = {
        "uuid": "vqa-canary",
        "name": "Models and methods",
        "display": True,
        "columns": 1,
        "cardHeight": 420,
    }
    chart = {"uuid": "vqa-canary", "metricSectionId": "vqa-canary", "type": "PARALLEL", "showAllRuns": True}
    unchanged = {"isGenerated": False, "deleted": False}
    return json.dumps(
        {
            "searchFilter": f"tags.`{KEY}` = '{entry.key}'",
            "orderByKey": "metrics.`auroc.clean`",
            "orderByAsc": False,
            "selectedColumns": list(columns),
            "columnOrder": [*FIXED_COLUMNS, *columns],
            "columnWidths": FIXED_COLUMNS | columns,
            "runsHiddenMode": "SHOW_ALL",
            "compareRunSections": [section | unchanged | {"isReordered": False}],
            "compareRunCharts": [chart | unchanged | {"selectedMetrics": metrics, "selectedParams": []}],
        }
    )


def _of_claims(claims: Sequence[Claim]) -> Iterator[tuple[str, float]]:
    """Of each claim the first headline: of the first condition that hides the answer."""
    for name in CLAIMS:
        own = [claim for claim in claims if claim["claim"] == name and claim["level"] == "headline"]
        own = [claim for claim in own if claim["primary"]]
        for claim in own:
            if claim["condition"] != own[0]["condition"]:
                continue
            group = f".{claim['group']}" if claim["group"] else ""
            for suffix, part in (("", "estimate"), (".ci_low", "ci_low"), (".ci_high", "ci_high")):
                if claim[part] is not None:
                    yield legal_name(f"claim.{name}{group}{suffix}"), float(claim[part])
