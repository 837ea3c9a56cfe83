"""Collects from Kedro's catalog what MLflow shall hold of a finished run."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqa_canary.nota import FAIR, offering
from vqa_canary.stored_places import Place, place_of
from vqa_canary.tracking.children import children, nota_conditions
from vqa_canary.tracking.curves import SUFFIX, training
from vqa_canary.tracking.datasets import described_datasets
from vqa_canary.tracking.entry import Results
from vqa_canary.tracking.fingerprints import fingerprints, settings_of_methods
from vqa_canary.tracking.headlines import FIGURES, headline_metrics, of_methods
from vqa_canary.tracking.verification import SUFFIX as CERTIFICATE
from vqa_canary.tracking.verification import verification
from vqa_canary.tracking.watching import ENTRIES, watching

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

    from vqa_canary.tracking.record import RunRecord

_ARTIFACTS = ("report", "claims", "metrics", "watch_report")
_logger = logging.getLogger(__name__)


def results_of(project: Path, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> Results:
    """The results of the pipeline: datasets, artifacts, and a child run for each model and method or training run."""
    datasets = []
    if "items" in pipeline.datasets():
        datasets = list(described_datasets(catalog.load("items"), _path(place_of(catalog, "items"))))
    artifacts = []
    made = sorted(name for name in pipeline.all_outputs() if name.endswith(CERTIFICATE))
    for name in (*(name for name in _ARTIFACTS if name in pipeline.all_outputs()), *made):
        file = _path(place := place_of(catalog, name))
        if place is not None and place.is_local and file.is_file():
            artifacts.append(file)
        else:
            _logger.warning("%s is no local file, so MLflow does not get it: %s", name, file)
    if "report_figures" in pipeline.all_outputs():
        place = place_of(catalog, "report_figures")
        artifacts += _figures(_path(place)) if place is not None and place.is_local else []
    children = _children(pipeline, catalog)
    if "claims" not in pipeline.all_outputs():
        return Results(children, datasets, artifacts)
    from vqa_canary.report.verdict_lines import verdict_lines

    claims = catalog.load("claims")
    nota = next(iter(nota_conditions(catalog.load("parameters"), ())), None)
    judged = of_methods(children)
    own = headline_metrics(judged, claims, nota) if judged else {}
    return Results(children, datasets, artifacts, own, verdict_lines(claims))


def _figures(folder: Path) -> list[Path]:
    """Figures that MLflow shows: it draws no PDF."""
    return sorted(path for ending in FIGURES for path in folder.glob(f"*{ending}"))


def _path(place: Place | None) -> Path:
    return Path("in memory" if place is None else place.path)


def _children(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> list[RunRecord]:
    parameters, made = catalog.load("parameters"), pipeline.all_outputs()
    records = [
        training(name.removesuffix(SUFFIX), catalog.load(name), parameters)
        for name in sorted(name for name in made if name.endswith(SUFFIX))
    ]
    records += [verification(catalog.load(name)) for name in sorted(made) if name.endswith(CERTIFICATE)]
    if ENTRIES in made:
        records.append(watching(catalog.load(ENTRIES), str(parameters["watch"])))
    if "metrics" in made:
        facts = catalog.load("model_facts") if catalog.exists("model_facts") else {}
        asked = fingerprints(parameters, facts)
        read = catalog.load("readability") if "readability" in made else ()
        # A part of the pipeline may make metrics without readability, which knows each condition's subset, too.
        of_nota = {row["condition"] for row in read if row["headline"] == FAIR}
        from_instances = not read and "instances" in pipeline.datasets()
        offers_nota = offering(catalog.load("instances")) if from_instances else of_nota
        settings = settings_of_methods(parameters)
        metrics = catalog.load("metrics")
        records += children(metrics, parameters, asked, offers_nota, facts, read, settings)
    return records
