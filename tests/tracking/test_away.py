"""MLflow is away: the pipelines run and save, the exit status says so, and what MLflow missed is recorded later."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.tracking.three_pipelines import kedro_run, runs_of, statuses_of

from vqa_canary.errors import BadInput
from vqa_canary.tracking.away import within
from vqa_canary.tracking.client import Store

Outage = Callable[[Path], AbstractContextManager[dict[str, Any]]]
"""Takes MLflow away; what it gives goes to `kedro_run`."""


def to(address: str) -> dict[str, Any]:
    return {"environment": {"MLFLOW_TRACKING_URI": address}}


@contextmanager
def refusing(_: Path) -> Iterator[dict[str, Any]]:
    """Nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield to(f"http://me:s3cret@127.0.0.1:{reserved.getsockname()[1]}")


@contextmanager
def hanging(_: Path) -> Iterator[dict[str, Any]]:
    """A server that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield to(f"http://me:s3cret@127.0.0.1:{server.getsockname()[1]}")


@contextmanager
def failing(_: Path) -> Iterator[dict[str, Any]]:
    """A gateway whose server is down."""
    with answering(503) as address:
        yield to(address)


@contextmanager
def locked(project: Path) -> Iterator[dict[str, Any]]:
    """Another process writes to the database, and does not come to an end."""
    with closing(sqlite3.connect(project / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield {}


@contextmanager
def full(project: Path) -> Iterator[dict[str, Any]]:
    """Nothing can be written that lies further back in a file; other files are small."""
    most = 2**16
    assert (project / "mlflow.db").stat().st_size > most
    yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))}


@contextmanager
def broken(project: Path) -> Iterator[dict[str, Any]]:
    """No database any more."""
    whole = (project / "mlflow.db").read_bytes()
    (project / "mlflow.db").write_bytes(b"x" * len(whole))
    yield {}
    (project / "mlflow.db").write_bytes(whole)


@contextmanager
def read_only(project: Path) -> Iterator[dict[str, Any]]:
    """The database may not be written to."""
    with without_rights(project / "mlflow.db") as environment:
        yield environment


@contextmanager
def read_only_folder(project: Path) -> Iterator[dict[str, Any]]:
    """Nor may anything beside it; only results have a place."""
    kedro_run(project, "tracking")  # writes the project
    (project / "data").mkdir()
    with without_rights(project, project / "mlflow.db") as environment:
        yield environment


@contextmanager
def without_rights(*paths: Path) -> Iterator[dict[str, Any]]:
    before = {path: path.stat().st_mode for path in paths}
    for path, mode in before.items():
        path.chmod(mode & ~0o222)
    yield {"preexec_fn": heed_rights}
    for path, mode in before.items():
        path.chmod(mode)


def heed_rights() -> None:
    """Take from root, if it is root, the capability to write to every file (PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Address of a server that answers everything so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def entries(project: Path) -> list[Path]:
    return sorted((project / "data/08_reporting/three/tracking").glob("*/entry.json"))


OUTAGES = [hanging, failing, locked, full, broken, read_only, read_only_folder]


@pytest.mark.whole
@pytest.mark.parametrize(
    "outage", [refusing, *(pytest.param(one, marks=pytest.mark.slow) for one in OUTAGES)]
)
def test_results_come_first_and_mlflow_has_them_later(project: Path, outage: Outage) -> None:
    with ExitStack() as stack:
        away = stack.enter_context(outage(project))
        done = kedro_run(project, "succeed", **away)
        said = done.stdout + done.stderr
        assert done.returncode == 3, said
        assert (project / "data/made.txt").read_text() == "made by three"
        assert said.count("MLflow cannot be reached") == 1
        assert said.count("WARNING") == 1
        assert "Traceback" not in said
        assert "s3cret" not in said
        last = said.rstrip().splitlines()[-1]
        assert last.startswith("The results are complete and saved. MLflow does not have this run yet")
        assert last.endswith("kedro run --pipeline tracking")
        [entry] = entries(project)
        assert "s3cret" not in entry.read_text()
        again = kedro_run(project, "tracking", **away)
        assert (again.returncode, entries(project)) == (3, [entry])
    assert runs_of(project) == []
    done = kedro_run(project, "tracking")
    assert done.returncode == 0, done.stderr
    assert (statuses_of(project), entries(project)) == (["FINISHED"], [])
    [run] = runs_of(project)
    assert run.data.params["pipelines"] == "succeed"


@pytest.mark.slow
def test_the_next_run_of_the_study_records_what_was_kept(project: Path) -> None:
    with refusing(project) as away:
        for pipeline, status in {"succeed": 3, "fail": 1, "interrupt": 130}.items():
            assert kedro_run(project, pipeline, **away).returncode == status
    assert len(entries(project)) == 3
    assert kedro_run(project, "succeed").returncode == 0
    assert statuses_of(project) == ["FINISHED", "FAILED", "KILLED", "FINISHED"]
    assert entries(project) == []


@pytest.mark.slow
def test_mlflow_that_goes_away_during_a_run_gets_that_run_completed(project: Path) -> None:
    """The node itself makes off with the database."""
    kedro_run(project, "tracking")  # writes the project
    nodes = project / "src/three/nodes.py"
    steal = 'import os\n    os.rename("mlflow.db", "away.db")\n    os.mkdir("mlflow.db")\n    return f"made'
    changed = {"src/three/nodes.py": nodes.read_text().replace('return f"made', steal)}
    done = kedro_run(project, "succeed", sources=changed)
    assert (done.returncode, len(entries(project))) == (3, 1), done.stderr
    assert "MLflow cannot be reached" not in done.stdout + done.stderr
    (project / "mlflow.db").rmdir()
    (project / "away.db").rename(project / "mlflow.db")
    assert statuses_of(project) == ["RUNNING"]
    assert kedro_run(project, "tracking").returncode == 0
    assert statuses_of(project) == ["FINISHED"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense://host", "unsupported URI"),
        ("http://", "names no host"),
        ("http://me:s3cret@host:port", "Port"),
        ("some/folder", "maintenance mode"),
        ("sqlite+nonsense:///x.db", "nonsense"),
        ("sqlite", "maintenance mode"),
        ("mssql://me:s3cret@host/db", "No module named"),
    ],
)
def test_an_address_that_can_never_do_is_a_mistake(
    project: Path, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(BadInput, match=rf"{said}[\s\S]*tracking.enabled=false") as raised:
        Store(project, "s")
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_is_refused_is_a_mistake(
    project: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with answering(status) as address, pytest.raises(BadInput, match="MLFLOW_TRACKING_URI"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        Store(project, "s")


@pytest.mark.slow
def test_a_mistake_is_told_before_anything_runs(project: Path) -> None:
    done = kedro_run(project, "succeed", **to("nonsense://host"))
    assert done.returncode == 1
    assert "tracking.enabled=false" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (project / "data").exists()


@pytest.mark.slow
def test_without_tracking_nothing_is_recorded_or_kept(project: Path) -> None:
    (project / "mlflow.db").unlink()
    with refusing(project) as away:
        done = kedro_run(project, "succeed", "--params", "tracking.enabled=false", **away)
        asked = kedro_run(project, "tracking", "--params", "tracking.enabled=false", **away)
    assert (done.returncode, entries(project)) == (0, [])
    assert asked.returncode == 1
    assert "tracking.enabled" in asked.stderr
    assert not (project / "mlflow.db").exists()


def test_what_takes_too_long_is_left_behind() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError, match=r"within 0\.01 seconds"):
        within(0.01, never.wait)
    assert within(60, lambda: 7) == 7
    nothing: dict[str, int] = {}
    with pytest.raises(KeyError):
        within(60, lambda: nothing["a"])
    never.set()


@pytest.mark.slow
def test_a_real_server_that_comes_back_gets_everything_once(project: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    away = to(f"http://127.0.0.1:{port}")
    assert kedro_run(project, "succeed", **away).returncode == 3
    [folder] = [entry.parent for entry in entries(project)]
    shutil.copytree(folder, project / "copy")
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--backend-store-uri",
        f"sqlite:///{project}/server.db",
    ]
    command += ["--artifacts-destination", str(project / "served"), "--port", str(port), "--workers", "1"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    server = subprocess.Popen(command, env=environment, start_new_session=True, **quiet)  # type: ignore[call-overload]  # a dictionary of pipes
    try:
        while kedro_run(project, "tracking", **away).returncode == 3:
            assert server.poll() is None
        shutil.copytree(project / "copy", folder)
        assert kedro_run(project, "tracking", **away).returncode == 0
        assert kedro_run(project, "succeed", **away).returncode == 0
    finally:
        os.killpg(server.pid, 15)
        server.wait()
    assert [run.info.status for run in runs_of(project, "server.db")] == ["FINISHED", "FINISHED"]
