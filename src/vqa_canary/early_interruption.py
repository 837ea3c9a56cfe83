"""Ctrl-C while a command is still being loaded ends it by one line, too: imported before anything that takes long."""

from __future__ import annotations

import sys
from types import TracebackType

_show = sys.excepthook


def _show_interruption(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("\nInterrupted.", file=sys.stderr)
    else:
        _show(kind, error, trace)


sys.excepthook = _show_interruption
