"""`kedro run` in processes that are killed at a step that is ordered, forked from one that has imported all.

A step is a change of files in the project's data: a file opened for writing, renamed or removed, a folder made or
removed. Counting steps, not seconds, brings the kill to the same place on any machine. Processes forked by the victim
are watched, too.

`python -m tests.kills.victim` reads tasks as lines of JSON, and answers each with a line for the process id and
one for the exit status. Importing takes longer than what is killed here, so it is done once.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

IMPORTED = (
    "great_expectations", "kedro.framework.cli", "kedro.runner", "matplotlib.pyplot", "pandas", "pyarrow.parquet",
    "scipy.stats", "sklearn.metrics", "torch", "transformers",
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR
CHANGES = ("writing", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


@dataclass(frozen=True)
class Order:
    """Where a process is to be killed."""

    at: int = 0
    """The step before which the kill comes; 0 for never."""
    steps_of: str = "main"
    """`main`: the process of `kedro run`; `workers`: those that it forks."""
    dies: str = "itself"
    """Whom it hits: `itself`, whose step it is, or `main`."""
    line: int = 0
    """In place of a step, the written journal line of which only one half is written; 0 for none."""


@dataclass(frozen=True)
class Task:
    """One `kedro run`."""

    folder: str
    """The project; standard output goes to its file `told`, a byte for each step to `steps`."""
    words: list[str]
    order: Order

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


def obey(order: Order, folder: Path) -> None:
    """Watch this process and those that it forks."""
    main, data = os.getpid(), str(folder / "data")
    log = os.open(folder / "steps", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            event = "writing" if isinstance(args[2], int) and args[2] & WRITING else "reading"
        if event not in CHANGES or not str(args[0]).startswith(data):
            return
        if (os.getpid() == main) != (order.steps_of == "main"):
            return
        os.write(log, b".")
        if os.fstat(log).st_size == order.at:
            os.kill(main if order.dies == "main" else os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    if order.line:
        cut_a_line(order.line)


def cut_a_line(number: int) -> None:
    """Die in the middle of writing journal line `number`."""
    from vqa_canary.datasets import journal

    write, lines = journal._write, 0

    def half(file: Any, line: bytes) -> None:
        nonlocal lines
        lines += 1
        if lines == number:
            file.write(line[: len(line) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        write(file, line)

    journal._write = half


def run(task: Task) -> None:
    """The rest of a forked process's life."""
    os.setsid()
    os.chdir(task.folder)
    told = os.open("told", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(told, stream)
    sys.path.insert(0, f"{task.folder}/src")
    sys.argv = ["kedro", "run", *task.words]
    obey(task.order, Path(task.folder))
    from kedro.framework.cli import main as kedro

    kedro()


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries speak when they are imported
    for name in IMPORTED:
        importlib.import_module(name)
    for text in sys.stdin:
        about = json.loads(text)
        if (child := os.fork()) == 0:
            run(Task(**about | {"order": Order(**about["order"])}))
            sys.exit()
        print(child, file=answers, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)
