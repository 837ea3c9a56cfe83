"""What every log record and every traceback goes through before anything shows or keeps it.

Log records are masked where they are made, so that the loggers of libraries, and handlers that they bring along, are
covered like our own. Kedro quotes the exception of a failed node in the log; such a message may hold a question or an
answer, and the user is given it at the end of the run anyway, so the log gets its kind alone. At level DEBUG it lists
the tables that its hooks are given; the log gets the hooks' names alone.
"""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import Any

from vqa_canary.masking import mask

_NODES, _NODE_FAILED = "kedro.pipeline.node", "Node %s failed with error"
_HOOKS = "kedro.framework.hooks.manager"


def guard_output() -> None:
    """Mask the log and the tracebacks of this process; called again, it changes nothing that still holds."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _Guard):
        logging.setLogRecordFactory(_Guard(make))
    if not isinstance(sys.excepthook, _Hook):
        sys.excepthook = _Hook(sys.excepthook)


class _Guard:
    """Makes log records, masked."""

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*args, **kwargs)
        if record.name == _NODES and str(record.msg).startswith(_NODE_FAILED) and record.args:
            kind, node = sys.exc_info()[0], next(iter(record.args))
            record.msg = f"{_NODE_FAILED}: %s; what it says stands at the end"
            record.args = (str(node), kind.__name__ if kind else "an exception")
        if record.name == _HOOKS:
            record.msg, record.args = str(record.msg).partition("\n")[0], ()
        try:
            text = record.getMessage()
        except Exception:
            # Arguments that do not fit the message, or one whose own `__str__` raises anything. Logging would print the
            # record with all its arguments to stderr, unmasked, so it must not come to that.
            text = f"{record.msg} {record.args}"
        if (shown := mask(text)) != text:
            record.msg, record.args = shown, ()  # without arguments, logging takes a message as it stands
        if record.exc_info and record.exc_info[1] is not None:
            error = shielded(record.exc_info[1])
            record.exc_info = (type(error), error, record.exc_info[2])
        return record


class _Hook:
    """`sys.excepthook` that shows an exception masked."""

    def __init__(self, show: Any) -> None:
        self._show = show

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        guarded = shielded(error)
        self._show(type(guarded), guarded, trace)


def shielded(error: BaseException, _seen: frozenset[int] = frozenset()) -> BaseException:
    """The exception itself; where it or one behind it tells a secret, one that looks like it and tells none."""
    if id(error) in _seen:
        return error
    seen = _seen | {id(error)}
    cause, context = (
        None if behind is None else shielded(behind, seen) for behind in (error.__cause__, error.__context__)
    )
    text = str(error)
    more = [*getattr(error, "__notes__", ()), *(repr(inner) for inner in getattr(error, "exceptions", ()))]
    told = [mask(part) for part in (text, *more)]
    if told == [text, *more] and cause is error.__cause__ and context is error.__context__:
        return error
    kind = type(error)
    place = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    shown: BaseException = type(kind.__name__, (Exception,), place)(told[0])
    for note in told[1:]:
        shown.add_note(note)
    shown.__cause__, shown.__context__ = cause, context
    shown.__suppress_context__ = error.__suppress_context__
    return shown.with_traceback(error.__traceback__)
