"""What a store or a worker lacks is said before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.io import AbstractDataset, DataCatalog
from kedro.pipeline import Node, Pipeline

from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.storing import check_baseline, check_worker, open_store, store_of


def making(*outputs: str) -> Pipeline:
    return Pipeline([Node(lambda study: study, "parameters", name, name=name) for name in outputs])


@pytest.mark.parametrize(
    ("outputs", "parameters", "told"),
    [
        (("m_evidence", "items"), {}, "the pipeline `inference` alone, and this run would make items"),
        (("m_evidence",), {"worker": "0/4"}, "counted from 1, as in `#SBATCH --array=1-4`"),
        (("m_evidence",), {"retry_failed": True}, "asked again by one run"),
        (("other_evidence",), {}, "the dataset other_evidence does not know of it"),
    ],
)
def test_what_workers_cannot_do_is_refused(
    tmp_path: Path, outputs: tuple[str, ...], parameters: dict[str, Any], told: str
) -> None:
    data: dict[str, AbstractDataset[Any, Any]] = {
        "m_evidence": EvidenceShards(str(tmp_path), worker="2/4"),
        "other_evidence": EvidenceShards(str(tmp_path)),
    }
    with pytest.raises(BadInput, match=told):
        check_worker(making(*outputs), {"worker": "2/4"} | parameters, DataCatalog(data))
    check_worker(making("m_evidence"), {"worker": "2/4"}, DataCatalog(data))
    check_worker(making(*outputs), {"worker": None}, DataCatalog(data))


def test_a_baseline_is_looked_for_in_the_store(tmp_path: Path) -> None:
    (tmp_path / "07_model_output/january").mkdir(parents=True)
    (tmp_path / "07_model_output/january/scores.parquet").touch()
    check_baseline("january", {"store": str(tmp_path)})
    with pytest.raises(BadInput, match=r"no audit 'januari'\. Did you mean 'january'"):
        check_baseline("januari", {"store": str(tmp_path)})


def test_a_folder_is_found_from_the_project() -> None:
    assert store_of({}, Path("/p")) == "/p/data"
    assert store_of({"store": "file:///shared/x"}, Path("/p")) == "/shared/x"
    assert store_of({"store": "s3://b/x"}, Path("/p")) == "s3://b/x"
    with pytest.raises(BadInput, match="leave out the / at its end"):
        open_store({"store": "memory://x/"}, {})
