"""Ctrl-C while the command is being loaded is one line, with the status of an interrupted process."""

from __future__ import annotations

import signal
import subprocess
import sys


def test_it_is_one_line_and_errors_stay_as_they_are() -> None:
    def ended(code: str) -> tuple[int, str]:
        words = [sys.executable, "-c", f"import vqa_canary.early_interruption; raise {code}"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    assert ended("KeyboardInterrupt") == (-signal.SIGINT, "\nInterrupted.\n")
    status, told = ended("ValueError('broken')")
    assert status == 1
    assert "Traceback" in told
    assert "broken" in told
