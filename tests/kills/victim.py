"""`python -m tests.kills.victim run ...` is `kedro run ...`, killed at the step that the environment names.

A step is a change of files in the project's data: a file opened for writing, renamed or removed, a folder made or
removed. Counting steps, not seconds, brings the kill to the same place on any machine. Processes forked by the victim
are watched, too.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from typing import Any

ORDER = "KILL_ORDER"
"""Environment variable with an `Order` as JSON."""

WRITING = os.O_WRONLY | os.O_RDWR
CHANGES = ("writing", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


@dataclass(frozen=True)
class Order:
    """Where a process is to be killed."""

    data: str
    """Folder whose changes are steps."""
    log: str
    """File that gets a byte a step."""
    at: int = 0
    """The step before which the kill comes; 0 for never."""
    steps_of: str = "main"
    """`main`: the process that was started; `workers`: those that it forks."""
    dies: str = "itself"
    """Whom it hits: `itself`, whose step it is, or `main`."""
    line: int = 0
    """In place of a step, the written journal line of which only one half is written; 0 for none."""


def obey(order: Order) -> None:
    """Watch this process and those that it forks."""
    main = os.getpid()
    log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            event = "writing" if isinstance(args[2], int) and args[2] & WRITING else "reading"
        if event not in CHANGES or not str(args[0]).startswith(order.data):
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


def ordered(order: Order) -> dict[str, str]:
    """The order as environment."""
    return {ORDER: json.dumps(asdict(order))}


if __name__ == "__main__":
    obey(Order(**json.loads(os.environ[ORDER])))
    from kedro.framework.cli import main as kedro

    kedro()
