"""What MLflow is to hold of a run, put together from the catalog."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from tests.tracking.test_children import PARAMETERS, row

from vqa_canary.datasets.sealed import WholeText
from vqa_canary.datasets.whole_folder import WholeFolder
from vqa_canary.frames import frame
from vqa_canary.tracking.headlines import note
from vqa_canary.tracking.results import results_of


def test_metrics_made_without_readability_are_told_on_the_subset_that_the_instances_say() -> None:
    """As by `kedro run --pipeline reporting --to-nodes evaluate`."""
    rows = [
        row("auroc", value, condition="withheld", subset=subset)
        for subset, value in (("all", 0.5), ("nota_valid", 0.75))
    ]
    instances = pd.DataFrame({"condition": ["withheld"], "nota_index": [1]})
    tables = {"metrics": frame(rows, "metrics"), "instances": instances}
    parameters = PARAMETERS | {"conditions": [], "prompts": {}}
    catalog = DataCatalog(
        {name: MemoryDataset(data) for name, data in (tables | {"parameters": parameters}).items()}
    )
    pipeline = Pipeline([Node(lambda instances: instances, "instances", "metrics", name="evaluate")])
    [child] = results_of(Path(), pipeline, catalog).children
    assert child.metrics == {"auroc.withheld": 0.75}


def test_a_page_in_a_bucket_is_no_file_of_the_same_path_here(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "report.html"
    file.write_text("of something else")
    pipeline = Pipeline([Node(len, "parameters", "report", name="render")])
    for url, artifacts in ((f"memory://bucket{file}", []), (str(file), [file])):
        page = WholeText(filepath=url)
        catalog = DataCatalog({"report": page, "parameters": MemoryDataset(PARAMETERS)})
        assert results_of(tmp_path, pipeline, catalog).artifacts == artifacts
    assert [record.message for record in caplog.records] == [
        f"report is no local file, so MLflow does not get it: {file}"
    ]


def test_figures_that_mlflow_shows_are_artifacts_and_the_small_overview_stands_in_the_note(
    tmp_path: Path,
) -> None:
    figures = WholeFolder(str(tmp_path / "figures"))
    names = ["claim1.png", "claim1.svg", "claim1_single.pdf", "overview.png", "overview_small.png"]
    figures.save(dict.fromkeys(names, "drawn"))
    pipeline = Pipeline([Node(len, "parameters", "report_figures", name="render")])
    catalog = DataCatalog({"report_figures": figures, "parameters": MemoryDataset(PARAMETERS)})
    held = [file.name for file in results_of(tmp_path, pipeline, catalog).artifacts]
    assert held == [name for name in names if not name.endswith(".pdf")]
    told = note("s", ["Claim: supported."], held, "run-7")
    assert "\n![Overview](get-artifact?path=figures%2Foverview_small.png&run_uuid=run-7)\n" in told
    assert "get-artifact" not in note("s", ["Claim: supported."], held[:2], "run-7")
