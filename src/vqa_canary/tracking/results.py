"""What a finished run has made, from Kedro's catalog to MLflow."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqa_canary.tracking.children import children
from vqa_canary.tracking.curves import SUFFIX, training
from vqa_canary.tracking.datasets import dataset_inputs
from vqa_canary.tracking.fingerprints import fingerprints
from vqa_canary.tracking.verification import write_certificates

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

    from vqa_canary.tracking.client import Store

_ARTIFACTS = ("report", "claims", "metrics")
_logger = logging.getLogger(__name__)


def write_results(
    store: Store, parent_id: str, project: Path, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
) -> None:
    """Add to the parent run what the pipeline has made, and a child run for each model and method
    or each training run."""
    datasets = []
    if "items" in pipeline.datasets():
        datasets = list(dataset_inputs(catalog.load("items"), _file(catalog, "items")))
        store.link(parent_id, datasets)
    made = pipeline.all_outputs()
    for name in (name for name in _ARTIFACTS if name in made):
        if (file := _file(catalog, name)).is_file():
            store.attach(parent_id, file)
        else:
            _logger.warning("%s is no local file, so MLflow does not get it: %s", name, file)
    parameters = catalog.load("parameters")
    for name in sorted(name for name in made if name.endswith(SUFFIX)):
        record = training(name.removesuffix(SUFFIX), catalog.load(name), parameters)
        with store.child(record, parent_id) as run_id:
            store.write(run_id, record)
    write_certificates(store, parent_id, made, catalog)
    if "metrics" not in made:
        return
    facts = catalog.load("model_facts") if catalog.exists("model_facts") else {}
    for record in children(catalog.load("metrics"), parameters, fingerprints(parameters, project), facts):
        with store.child(record, parent_id) as run_id:
            store.write(run_id, record)
            store.link(run_id, datasets)


def _file(catalog: CatalogProtocol[Any, Any], name: str) -> Path:
    """Where a file dataset lies; Kedro has no public way to ask."""
    return Path(str(getattr(catalog.get(name), "_filepath", "in memory")))
