"""Workers of several processes leave what one run leaves, in a folder and in a bucket, though one of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from tests.s3_server import SECRET, options
from tests.s3_server import s3_address as s3_address

from vqa_canary.datasets.store import configure_store, file_system

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("s3_address")]

KEDRO = "from kedro.framework.cli import main; main()"
SMALL = "instances_per_shard=40"
"""So that there are some shards to share."""
EVIDENCE = "07_model_output/phantom/evidence/"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, s3_address: str | None, project: Path) -> Iterator[str]:
    """Where the workers meet."""
    if request.param == "folder":
        yield str(project / "shared")
        return
    if s3_address is None:
        pytest.skip("no S3 server can be started")
    (project / "conf/local").mkdir(exist_ok=True)
    credentials = yaml.safe_dump({"store": options(s3_address)})
    (project / "conf/local/credentials.yml").write_text(credentials)
    configure_store("s3://bucket", options(s3_address))
    yield "s3://bucket/study"
    configure_store("data", {})


def start(project: Path, *words: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*filter(None, sys.path)])}
    with (project / f"told-{len(list(project.glob('told-*')))}").open("w") as told:
        return subprocess.Popen(
            [sys.executable, "-c", KEDRO, "run", *words], cwd=project, env=environment, text=True,
            stdout=told, stderr=told, start_new_session=True,
        )  # fmt: skip


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not what():
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.1)


def contents(url: str) -> dict[str, bytes]:
    """Shards and manifests of a store, by name."""
    fs, root = file_system(url)
    found = {path.removeprefix(root).lstrip("/"): path for path in fs.find(root)}
    return {name: fs.cat_file(path) for name, path in found.items() if name.startswith(EVIDENCE)}


def test_workers_leave_what_one_run_leaves(project: Path, store: str) -> None:
    def run(*words: str) -> None:
        assert start(project, *words).wait() == 0, [path.read_text() for path in project.glob("told-*")][-1]

    inference = "--pipelines", "inference", "--params"
    run(
        "--pipelines", "data_engineering,inference", "--params", f"store=alone,tracking.enabled=false,{SMALL}"
    )
    run("--pipelines", "data_engineering", "--params", f"store={store}")
    workers = [
        start(project, *inference, f"store={store},worker={number}/3,workers=1,{SMALL}")
        for number in (1, 2, 3)
    ]
    try:
        until(lambda: bool(contents(store)))
        workers[0].send_signal(signal.SIGKILL)
        assert [worker.wait() for worker in workers] == [-signal.SIGKILL, 0, 0]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    made = {name: content for name, content in contents(store).items() if not name.endswith(".claim")}
    assert made == contents(str(project / "alone"))
    assert len(made) > 6
    run("--pipelines", "ue_scoring", "--params", f"store={store}")
    for told in project.glob("told-*"):
        assert SECRET not in told.read_text()
