"""What a test must not leave behind: processes, threads, files where it was started, changes of the environment."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

PATIENCE = 60.0
"""Seconds that a thread is given to end: it may still be closing a connection."""
POOLS = ("MlflowLocalArtifactRepository", "fsspecIO", "asyncio_")
"""Names of threads that a library keeps for its next work."""
OF_LIBRARIES = ("tqdm",)
"""Packages whose threads watch over the whole process."""
SET_BY_IMPORTS = {
    "GX_ANALYTICS_ENABLED",
    "KMP_DUPLICATE_LIB_OK",
    "KMP_INIT_AT_FORK",
    "TORCHINDUCTOR_CACHE_DIR",
}
SET_BY_IMPORTS |= {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"}
SET_BY_IMPORTS |= {"HF_HUB_DISABLE_PROGRESS_BARS", "TQDM_DISABLE"}
SET_BY_IMPORTS |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"}
"""Variables that are set for the whole process when libraries are imported."""


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The current folder of every test that chooses no other: no project, and no store of anybody's runs."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(autouse=True)
def nothing_is_left(elsewhere: Path) -> Iterator[None]:
    """Fails a test that leaves something to the next, and clears it away."""
    os.chdir(elsewhere)
    environment, path = os.environ.copy(), sys.path.copy()
    threads, children = set(threading.enumerate()), _children()
    yield
    left = [f"thread {one.name}" for one in set(threading.enumerate()) - threads if not _may_stay(one)]
    left += [f"process {pid}" for pid in _children() - children]
    left += [f"file {one.name}" for one in elsewhere.iterdir()]
    # Kedro puts each project's sources in front of both paths.
    left += [f"variable {name}" for name in _put_back(environment) if name != "PYTHONPATH"]
    sys.path[:] = path
    if Path.cwd() != elsewhere:
        left.append(f"current folder {Path.cwd()}")
    if left:
        pytest.fail(f"the test leaves behind: {', '.join(left)}", pytrace=False)


def _may_stay(thread: threading.Thread) -> bool:
    """Whether it ends in time, or belongs to a library that keeps one for the whole process."""
    if type(thread).__module__.startswith(OF_LIBRARIES) or thread.name.startswith(POOLS):
        return True
    thread.join(PATIENCE)
    return not thread.is_alive()


def _children() -> set[int]:
    """Processes that this one has started and not seen the end of, where the system tells."""
    found: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended in the meantime
            found |= set(map(int, file.read_text().split()))
    return found


def _put_back(before: dict[str, str]) -> list[str]:
    """Names of the variables that were not as `before`."""
    changed = {name for name, _ in before.items() ^ os.environ.copy().items()}
    names = changed - SET_BY_IMPORTS - {"PYTEST_CURRENT_TEST"}
    for name in names:
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]
    return sorted(names)
