"""A copy of the project in a temporary folder, small enough to run in seconds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SMALL = {"datasets": {"phantom": {"folder": "data/02_intermediate/phantom/images", "n_images": 8}}}
"""Runtime parameters of a study of some forty items."""

Run = Callable[..., Any]


def real_data(name: str) -> Path:
    """Folder of a published data set; skips the test where it is not there."""
    folder = Path(os.environ.get("VQA_CANARY_DATA", ROOT.parent / "shared" / "data")) / name
    if not folder.is_dir():
        pytest.skip(f"no {name} data: set VQA_CANARY_DATA to a folder that holds {name}/")
    return folder


def copy_project(target: Path) -> Path:
    """What a clone holds that a run needs; `src` is the installed package."""
    for name in ("conf", "data/06_models/reference"):
        shutil.copytree(ROOT / name, target / name)
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, target / name)
    return target


@pytest.fixture(scope="session")
def study_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that the tests of a session share: what one has run, the next finds."""
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of one's own."""
    return copy_project(tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """`run(project, pipeline_names=[...], env=..., params=...)`, as `kedro run` would."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def run_once(
        project: Path, *pipelines: str, env: str | None = None, params: dict[str, Any] | None = None, **options: Any
    ) -> Any:
        monkeypatch.chdir(project)
        bootstrap_project(project)
        with KedroSession.create(project_path=project, env=env, runtime_params=params or SMALL) as session:
            return session.run(pipeline_names=list(pipelines) or None, **options)

    yield run_once
