"""The notebooks run from top to bottom, and are kept without outputs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["one_question", "read_a_study", "your_answers"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.stem))
def test_no_output_is_kept(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def outputs(path: Path, project: Path) -> str:
    """What the cells print and show, as text, when the notebook is run in a project's folder of notebooks."""
    from nbclient import NotebookClient

    shutil.copytree(path.parent, project / "notebooks", dirs_exist_ok=True)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        resources={"metadata": {"path": str(project / "notebooks")}},
        coalesce_streams=True,  # else a slow kernel's line may come as two outputs
    ).execute()
    found = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in found if output.output_type == "error"]
    return "\n".join(one.get("text") or one["data"].get("text/plain", "") for one in found)


@pytest.fixture
def as_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels find the package and one another as in a shell, and no server that whoever tests has set."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")


@pytest.mark.whole
@pytest.mark.usefixtures("as_a_user")
def test_a_study_is_read(shared_project: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(shared_project, tmp_path / "project", symlinks=True))
    said = outputs(NOTEBOOKS[1], project)
    assert "metrics of 1 models" in said
    assert r"\toprule" in said
    assert "phantom-idefics3-nota-1600 & 0." in said
    pages = project / "data/08_reporting/phantom"
    assert (pages / "auroc_against_accuracy.pdf").read_bytes().startswith(b"%PDF")
    assert "<svg" in (pages / "auroc_against_accuracy.svg").read_text(encoding="utf-8")


@pytest.mark.whole
@pytest.mark.usefixtures("as_a_user")
def test_answers_in_a_csv_come_to_a_threshold(tmp_path: Path) -> None:
    said = outputs(NOTEBOOKS[2], tmp_path)
    assert "n = 353, 120 images" in said
    assert "label_nll" in said
    assert "Of 100 calibration questions it answers" in said
    assert "threshold: 0." in said


@pytest.mark.whole
@pytest.mark.usefixtures("as_a_user")
def test_one_question_is_looked_at(root: Path, tmp_path: Path) -> None:
    for name in ("conf", "data"):  # are read alone
        (tmp_path / name).symlink_to(root / name)
    said = outputs(NOTEBOOKS[0], tmp_path)
    for condition in ("clean", "answer_removed", "wrong_image"):
        assert condition in said
    assert "radial_dispersion" in said
    assert "gini" in said.rpartition("accuracy:")[2]
