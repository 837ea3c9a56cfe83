"""What happens when MLflow cannot be reached: the errors, their messages, and how long it is waited for."""

from __future__ import annotations

import re
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

REPLAY = "kedro run --pipeline tracking"
"""The command that writes to MLflow what it missed."""

_LENGTH = 300
"""Most characters of a library's message that are shown."""
_USER = re.compile(r"//[^/\s@]*@")


class Away(Exception):
    """MLflow does not answer, or takes nothing now. The message says why, in one line and without secrets."""


class NotRecorded(Exception):
    """Results are complete and saved, but MLflow does not have them yet."""

    exit_status = 3
    """Exit status of the process that ends with this error."""


def reason(error: BaseException) -> str:
    """First line of a library's message, without the user and password of an address.

    Where a server could not be reached only the cause is given: the request before it is long, and no help.
    """
    first = str(error).strip().split("\n", 1)[0] or type(error).__name__
    said = first.rpartition("(Caused by ")[2]
    return _USER.sub("//hidden@", said)[:_LENGTH]


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of `call`, if it comes in time.

    The call runs in a thread that is left behind when the time is over, because waiting for a database or a name
    server cannot be broken off. Ctrl-C works meanwhile.

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
