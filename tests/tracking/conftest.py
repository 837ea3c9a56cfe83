"""A new MLflow store for each test, and Kedro's hook calls without a project."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from vqa_canary.tracking.hook import kill_open_runs


@pytest.fixture(autouse=True)
def _no_run_stays_open() -> Iterator[None]:
    """A run that a test leaves open would be ended when the tests exit, in a store that is gone by then."""
    yield
    kill_open_runs()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose tables exist: making them takes seconds."""
    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def project(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with an empty store."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path


@pytest.fixture
def client(project: Path) -> MlflowClient:
    """A client of the project's store."""
    return MlflowClient(tracking_uri=f"sqlite:///{project / 'mlflow.db'}")
