"""The log and the tracebacks of a process, own and others', with secrets in them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vqa_canary.guarded_output import guard_output, shielded

KEY = "sk-planted-0123456789"


@pytest.fixture(autouse=True)
def _guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    factory = logging.getLogRecordFactory()
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    guard_output()
    yield
    logging.setLogRecordFactory(factory)


def test_every_logger_is_masked_with_its_arguments_and_traceback(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("some_library.client")
    caplog.set_level(logging.DEBUG, logger=log.name)
    log.info(
        "HTTP Request: GET %s %s",
        f"http://me:{KEY}@host/v1?api_key=abc123def",
        {"Authorization": f"Bearer {KEY}"},
    )
    try:
        try:
            raise ValueError(f"401 for url https://host/?key={KEY}")
        except ValueError as error:
            raise RuntimeError("refused") from error
    except RuntimeError:
        log.exception("failed")
    log.warning("%s of %d", "3 %", 4)
    log.warning("100 %% of %(n)s", {"n": 5})
    assert KEY not in caplog.text
    assert "abc123def" not in caplog.text
    assert "http://hidden@host/v1?api_key=hidden" in caplog.text
    assert "ValueError: 401 for url https://host/?key=hidden" in caplog.text
    assert "RuntimeError: refused" in caplog.text
    assert "3 % of 4" in caplog.text
    assert "100 % of 5" in caplog.text


def test_a_record_without_secrets_keeps_its_arguments(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").warning("%s is %d", "this", 4)
    [record] = caplog.records
    assert (record.msg, record.args) == ("%s is %d", ("this", 4))


def test_what_cannot_be_formatted_is_masked_too() -> None:
    record = logging.getLogRecordFactory()("x", 30, "f", 1, "%d", (f"token={KEY}",), None)
    assert KEY not in f"{record.msg} {record.args}"


def test_an_exception_without_secrets_is_itself() -> None:
    error = ValueError("fine")
    error.__cause__ = KeyError("fine too")
    assert shielded(error) is error


def test_a_stand_in_looks_like_the_exception_and_tells_nothing() -> None:
    first, second = ValueError(f"token={KEY}"), RuntimeError("second")
    first.add_note(f"key: {KEY}")
    second.__cause__, first.__context__ = first, second  # a circle, as a retried exception may make
    shown = shielded(second)
    assert (type(shown).__name__, str(shown)) == ("RuntimeError", "second")
    assert shown.__cause__ is not None
    assert type(shown.__cause__).__qualname__ == "ValueError"
    assert str(shown.__cause__) == "token=hidden"
    assert shown.__cause__.__notes__ == ["key: hidden"]
    group = shielded(ExceptionGroup("several", [ValueError(f"token={KEY}")]))
    assert group.__notes__ == ["ValueError('token=hidden')"]


def test_the_log_does_not_quote_what_a_failed_node_says(caplog: pytest.LogCaptureFixture) -> None:
    from kedro.pipeline import Node

    def fail() -> None:
        raise ValueError("'Does the patient of room 7 have a tumour?' has no answer")

    with pytest.raises(ValueError, match="tumour"):
        Node(fail, None, "nothing", name="fail").run()
    assert "failed with error: ValueError; what it says stands at the end" in caplog.text
    assert "tumour" not in caplog.text


@pytest.mark.parametrize("handler", ["logging.StreamHandler", "kedro.logging.RichHandler"])
def test_an_exception_that_nobody_catches_is_masked(handler: str, tmp_path: Path) -> None:
    """As the process of a user ends, with Kedro's own traceback or Python's."""
    rich = "\n    rich_tracebacks: True" if "Rich" in handler else ""
    (tmp_path / "logging.yml").write_text(
        f"version: 1\nhandlers:\n  h:\n    class: {handler}{rich}\nroot: {{handlers: [h]}}\n"
    )
    code = (
        "import kedro.framework.project, vqa_canary.settings, logging, os\n"
        "key = os.environ['PLANTED']\n"
        "def ask(address):\n    raise ConnectionError(f'no answer from {address}')\n"
        "try:\n    ask('http://me:' + key + '@host')\n"
        "except ConnectionError:\n    logging.exception('first, token=%s', key)\n"
        "ask('http://host?token=' + key)\n"
    )
    environment = os.environ | {
        "PLANTED": KEY,
        "KEDRO_LOGGING_CONFIG": str(tmp_path / "logging.yml"),
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert said.count("no answer from http://hidden@host") == 1
    assert said.count("no answer from http://host?token=hidden") == 1
    assert "first, token=hidden" in said
    assert KEY not in said
