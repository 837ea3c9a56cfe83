"""An audit by an address elsewhere: what the dry run says, what is refused, and that nothing is sent unasked."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.engines.endpoint.fault_server import serving
from tests.images.made_dicom import CT, header_of, written
from tests.phantom_audit import set_up

NO_MLFLOW = {"tracking": {"enabled": False}}
ELSEWHERE = "http://192.0.2.1:9/v1"
Run = Callable[..., Any]


def with_ultrasound(project: Path) -> int:
    """Questions of which one image is a DICOM file that may name its patient; how many show it."""
    folder = project / "data/01_raw/audit"
    with (folder / "questions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    name = rows[0]["image"]
    header = header_of(CT, 12, Modality="US")
    (folder / "images/us.dcm").write_bytes(written(header))
    (folder / name).unlink()
    n = [row["image"] for row in rows].count(name)
    for row in rows:
        row["image"] = row["image"].replace(name, "images/us.dcm")
    with (folder / "questions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return n


def point_to(project: Path, edit_yaml: Callable[..., None], **settings: Any) -> None:
    file = project / "conf/audit/parameters_inference.yml"
    edit_yaml(file, lambda p: p["models"]["my-model"].update(settings))


def refused(project: Path) -> pd.DataFrame:
    rows: pd.DataFrame = pq.read_table(project / "data/02_intermediate/audit/quarantine.parquet").to_pandas()
    return rows[rows["reason"].str.contains("BurnedInAnnotation")]


@pytest.mark.whole
def test_an_audit_elsewhere(
    project: Path, run: Run, edit_yaml: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(project, edit_yaml, n_images=4, engine="endpoint", base_url=ELSEWHERE, model="m", min_wait=0.001)
    n = with_ultrasound(project)
    run(project, "data_engineering", env="audit", params=NO_MLFLOW)
    told = capsys.readouterr().out
    assert f"Leaves the site: my-model sends to {ELSEWHERE} the text of " in told
    assert "3 images, each as a PNG of its pixels alone" in told
    assert "Not agreed to yet" in told
    rows = refused(project)
    assert len(rows) == n > 0
    assert all(
        "us.dcm" in reason and "models.my-model sends images away" in reason for reason in rows["reason"]
    )
    with pytest.raises(Exception, match="is not this machine"):
        run(project, "inference", env="audit", params=NO_MLFLOW)

    with serving() as server:
        # The address is the site's own: all images stay, and none is refused.
        point_to(project, edit_yaml, base_url=server.url)
        run(project, "data_engineering", env="audit", params=NO_MLFLOW)
        assert len(refused(project)) == 0
        assert "Leaves the site" not in capsys.readouterr().out
        # Items that were made then are not sent away later.
        point_to(project, edit_yaml, data_leave_the_site=True)
        with pytest.raises(Exception, match="of 1 image the DICOM header"):
            run(project, "inference", env="audit", params=NO_MLFLOW)
        assert server.requests == []
        run(project, "data_engineering", "inference", env="audit", params=NO_MLFLOW)
        assert len(refused(project)) == n
        assert "Not agreed" not in capsys.readouterr().out
        # Somebody has looked at them.
        point_to(project, edit_yaml, identity_checked=True)
        run(project, "data_engineering", env="audit", params=NO_MLFLOW)
        assert len(refused(project)) == 0
