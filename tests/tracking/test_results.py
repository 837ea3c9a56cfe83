"""What MLflow is to hold of a run, put together from the catalog."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from tests.tracking.test_children import PARAMETERS, row

from vqa_canary.datasets.sealed import WholeText
from vqa_canary.frames import frame
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
