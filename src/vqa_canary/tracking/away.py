"""What is said where MLflow cannot be reached, and how long it is waited for."""

from __future__ import annotations

import re
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

REPLAY = "kedro run --pipeline tracking"
"""The command that gives MLflow what it missed."""

_LENGTH = 300
_USER = re.compile(r"//[^/\s@]*@")


class Away(Exception):
    """MLflow does not answer, or takes nothing now. The message says why, in one line and without secrets."""


class NotRecorded(Exception):
    """Results are complete and saved, but MLflow does not have them yet."""

    exit_status = 3
    """Of the process."""


def reason(error: BaseException) -> str:
    """First line of what a library says, without the user and password of an address.

    Of a server that could not be reached, only why: what was asked of it is long, and no help.
    """
    first = str(error).strip().split("\n", 1)[0] or type(error).__name__
    said = first.rpartition("(Caused by ")[2]
    return _USER.sub("//hidden@", said)[:_LENGTH]


def within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` gives, if it gives it in time.

    It runs in a thread that is left behind when the time is over, for a database or a name server that does not
    answer cannot be told to stop. Ctrl-C is heard meanwhile.

    Raises
    ------
    TimeoutError : it takes longer than `seconds`
    """
    done: SimpleQueue[tuple[T] | BaseException] = SimpleQueue()

    def run() -> None:
        try:
            done.put((call(),))
        except BaseException as error:  # handed to the thread that waits
            done.put(error)

    try:
        Thread(target=run, name="mlflow", daemon=True).start()
    except RuntimeError:  # Python is at its end, and starts no thread any more
        run()
    try:
        outcome = done.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no answer within {seconds:g} seconds") from None
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome[0]
