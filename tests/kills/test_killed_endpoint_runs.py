"""A run that asks an endpoint is killed while it writes its journal."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from random import Random
from threading import Lock

import pytest
from tests.conftest import copy_project, edit
from tests.engines.endpoint.fault_server import serving
from tests.kills.study import Runner, rows
from tests.phantom_audit import set_up

pytestmark = pytest.mark.slow

N_KILLS = 20
AUDIT = ("--env", "audit")


def journal_lines(project: Path) -> int:
    """Lines in the journals of unfinished shards."""
    journals = (project / "data/07_model_output/audit/evidence/my-model").glob(".*.jsonl")
    return sum(path.read_bytes().count(b"\n") for path in journals)


class Killer:
    """Kills a run at the request at which the journal is long enough: the server's script."""

    def __init__(self, project: Path) -> None:
        self._project, self._lock = project, Lock()
        self._victim = self.wanted = 0

    def begun(self, pid: int) -> None:
        with self._lock:
            self._victim = pid

    def __call__(self, *_: object) -> None:
        with self._lock:
            if self._victim and journal_lines(self._project) >= self.wanted:
                os.kill(self._victim, signal.SIGKILL)
                self._victim = 0


def test_killed_while_the_journal_is_written(tmp_path: Path, victims: Runner) -> None:
    """When the journal has so many lines, and in the middle of a line, by turns."""
    random = Random("kills of an endpoint's run")
    whole, project = copy_project(tmp_path / "whole"), copy_project(tmp_path / "killed")
    killer = Killer(project)
    with serving(script=killer) as server:
        for folder in (whole, project):
            endpoint = {"engine": "endpoint", "base_url": server.url, "model": "m", "min_wait": 0.001}
            set_up(folder, edit, n_images=8, **endpoint)
        assert not victims.run(whole, *AUDIT).killed
        grown = []
        for number in range(N_KILLS):
            more = random.randint(1, 4)
            if number % 2:
                ended = victims.run(project, *AUDIT, line=more)
            else:
                killer.wanted = journal_lines(project) + more
                ended = victims.run(project, *AUDIT, while_it_runs=killer.begun)
            assert ended.killed
            assert "cannot be used" not in ended.told
            grown.append(journal_lines(project))
        assert grown == sorted(grown)
        assert grown[-1] >= N_KILLS
        assert not victims.run(project, *AUDIT).killed
    assert rows(project) == rows(whole)
    assert any("evidence" in name for name in rows(whole))
