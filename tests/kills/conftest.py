"""What all tests of kills begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.kills.study import Runner, runner, small_study


@pytest.fixture(scope="session")
def victims() -> Iterator[Runner]:
    """Runs `kedro` in processes that can be killed."""
    with runner() as running:
        yield running


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, victims: Runner) -> Path:
    """The small study, run without disturbance; its file `steps` has a byte for each step."""
    project = small_study(tmp_path_factory.mktemp("undisturbed"))
    assert not victims.run(project).killed
    return project
