"""The command that repeats a run can be typed as it stands."""

from __future__ import annotations

import shlex

from vqa_canary.report.commands import command_line


def test_a_run_without_settings_is_the_bare_command() -> None:
    assert command_line(None, {}) == "kedro run"


def test_environment_and_parameters_are_given_again() -> None:
    params = {"study": "audit-2", "tracking": {"enabled": False}, "seed": 8}
    wanted = "kedro run --env audit --params study=audit-2,tracking.enabled=false,seed=8"
    assert command_line("audit", params) == wanted


def test_what_a_shell_would_cut_is_quoted() -> None:
    assert shlex.split(command_line("my audit", {"study": "a b"}))[-3:] == [
        "my audit",
        "--params",
        "study=a b",
    ]
