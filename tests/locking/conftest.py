"""A project whose runs wait where a test wants them to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

SOURCES = {
    "pyproject.toml": """
        [tool.kedro]
        package_name = "held"
        project_name = "Held"
        kedro_init_version = "1.7.0"
    """,
    ".telemetry": "consent: false",
    "conf/base/parameters.yml": "study: ${runtime_params:study,held}",
    "conf/base/catalog.yml": """
        done: {type: text.TextDataset, filepath: data/done.txt}
        other: {type: text.TextDataset, filepath: data/other.txt}
        model: {type: vqa_canary.datasets.model_folder.ModelFolder, filepath: data/model}
    """,
    "conf/local/.gitkeep": "",
    "src/held/__init__.py": "",
    "src/held/settings.py": """
        from vqa_canary.locking import LockHook
        HOOKS = (LockHook(),)
    """,
    "src/held/pipeline_registry.py": """
        from kedro.pipeline import Node, Pipeline
        from held.nodes import fail, train, work

        def register_pipelines():
            two = [Node(work, "params:study", name, name=f"make_{name}") for name in ("done", "other")]
            return {
                "work": Pipeline(two),
                "fail": Pipeline([Node(fail, "params:study", "done")]),
                "train": Pipeline([Node(train, "params:study", "model")]),
            }
    """,
    "src/held/nodes.py": """
        import os, time
        from pathlib import Path

        def work(study):
            Path(f"began-{os.getpid()}").write_text(study)
            while os.environ.get("WAIT") and not Path("go").exists():
                time.sleep(0.01)
            return study

        def fail(study):
            raise RuntimeError("out of memory")

        def train(study):
            work(study)
            return lambda folder: (folder / "weights").write_text(study)
    """,
}
KEDRO = (  # a process that was started in the background may have inherited deafness to Ctrl-C
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "import sys; from kedro.framework.cli import main; main()"
)


class Project:
    """Starts `kedro` in its folder; each process in a group of its own, all of which are killed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []
        for name, text in SOURCES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("\n".join(line.removeprefix(" " * 8) for line in text.splitlines()))

    def start(self, *words: str, wait: bool = False) -> subprocess.Popen[str]:
        """`kedro <words>`; its nodes wait for the file `go` where `wait`."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([*filter(None, sys.path), "src"])}
        environment |= {"WAIT": "yes"} if wait else {}
        with (self.folder / f"told-{len(self._started)}").open("w") as told:
            process = subprocess.Popen(
                [sys.executable, "-c", KEDRO, *words], cwd=self.folder, env=environment, text=True,
                stdout=told, stderr=told, start_new_session=True,
            )  # fmt: skip
        self._started.append(process)
        return process

    def told(self, process: subprocess.Popen[str]) -> str:
        """What a process has said so far, without line ends."""
        text = (self.folder / f"told-{self._started.index(process)}").read_text()
        return " ".join(text.split())

    def run(self, *words: str) -> tuple[int, str]:
        """Exit status and words of `kedro run <words>`."""
        process = self.start("run", *words)
        return process.wait(), self.told(process)

    def workers(self) -> list[int]:
        """Processes that have begun a node."""
        return [int(path.name.removeprefix("began-")) for path in self.folder.glob("began-*")]

    def holding(self, *words: str, nodes: int = 1) -> subprocess.Popen[str]:
        """A `kedro run` that has begun its nodes, and waits in them."""
        process = self.start("run", *words, wait=True)
        until(lambda: len(self.workers()) >= nodes or process.poll() is not None)
        assert process.poll() is None, self.told(process)
        return process

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def kill_all(self) -> None:
        for process in self._started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(what: Callable[[], bool]) -> None:
    """Wait for an event; a test that waits for ever is ended after minutes, whatever the load."""
    end = time.monotonic() + 300
    while not what():
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.02)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Project]:
    """The project."""
    project = Project(tmp_path)
    yield project
    project.kill_all()
