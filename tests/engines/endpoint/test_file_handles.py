"""Connections that the machine cannot open are not taken for failures of the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from tests.engines.endpoint.fault_server import serving

ROOT = Path(__file__).parents[3]
ASK = """
import os, resource, sys
sys.path.insert(0, ".")
from tests.engines.endpoint.asking import make_engine, make_instances, draw

class Server:
    url = sys.argv[1]

engine = make_engine(Server, concurrency=64, retries=0)
instances = make_instances(130)
others = [open(os.devnull) for _ in range(64)]  # so that the limit lies above the number of connections
few = len(os.listdir("/proc/self/fd")) + int(sys.argv[2])
list(engine.answer(instances[:6], draw))  # imports what it needs
print("ready", flush=True)
sys.stdin.readline()
resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))
try:
    found = list(engine.answer(instances[6:], draw))
except OSError as error:
    print(type(error).__name__, error)
else:
    print({row.status for row in found})
"""


def asked(handles: int) -> str:
    """What comes of many questions with 64 connections at once, where so many more files may be open.

    The server answers none of them before 40 are under way.
    """
    many = Event()

    def wait_for_many(*_: object) -> None:
        if server.under_way >= 40:
            many.set()
        many.wait()

    with serving() as server:
        command = [sys.executable, "-c", ASK, server.url, str(handles)]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            server.script = wait_for_many
            told: str = process.communicate("\n")[0]
        many.set()
    return told.strip()


@pytest.mark.slow
def test_too_few_handles_end_the_run() -> None:
    assert asked(200) == "{'ok'}"
    assert asked(20) == "OSError [Errno 24] Too many open files: 'a connection to the endpoint'"
