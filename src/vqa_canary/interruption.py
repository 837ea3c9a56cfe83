"""Ctrl-C and SIGTERM end a run at once and tidily: what is open is closed, and the exit status says why.

What a run has made by then is whole: tables appear under their names only when they are complete, and answers
are kept one by one. So nothing waits for a node to finish.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import active_children
from threading import RLock, Timer, current_thread, main_thread
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

GRACE = 3.0
"""How many seconds an interrupted run gets to end by itself. Afterwards the process ends, whatever its threads
(`--runner ThreadRunner`) are still doing."""


class Interrupted(KeyboardInterrupt):
    """A signal that ends the run.

    It is a `KeyboardInterrupt`, so that SIGTERM takes the same way as Ctrl-C through every library.
    """


class Interruption:
    """A block that Ctrl-C and SIGTERM end by `Interrupted`; outside the main thread, only Ctrl-C is seen to.

    The first signal raises in the main thread and ends the workers of `--runner ParallelRunner`. A second one does
    not wait for the way out: it closes and ends the process. Closing is never cut off, so it must be bounded by
    itself. A signal that this process was told to ignore, as `nohup` and background jobs of a script do, stays ignored.

    Parameters
    ----------
    close : closes what the block has open, and is given the signal; called once, before `Interrupted` leaves the block
    """

    def __init__(self, close: Callable[[signal.Signals], None]) -> None:
        self._close, self._closing, self._closed = close, RLock(), False
        self._process = os.getpid()
        self._before: dict[signal.Signals, Any] = {}
        self._late = Timer(GRACE, self._leave)
        self._late.daemon = True
        self.signal: signal.Signals | None = None
        """The first signal that arrived; None while there was none."""

    @property
    def status(self) -> int:
        """The exit status that shells give for the signal: 130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + (self.signal or signal.SIGINT)

    def __enter__(self) -> Self:
        if current_thread() is main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if self.signal is not None or isinstance(error, KeyboardInterrupt):
                self._close_once()
        finally:
            self._late.cancel()
            for number, handler in self._before.items():
                signal.signal(number, handler)
        if self.signal is not None and not isinstance(error, KeyboardInterrupt):
            raise Interrupted from error  # something on the way out failed, or took the signal for its own

    def _handle(self, number: int, _: FrameType | None) -> None:
        if os.getpid() != self._process:  # a forked worker has this handler, too; whoever awaits it is ending
            os._exit(128 + number)
        if self.signal is None:
            self.signal = signal.Signals(number)
            self._late.start()
            with suppress(Exception):
                for worker in active_children():
                    worker.terminate()
            raise Interrupted
        if not self._closed:
            self._leave()

    def _close_once(self) -> None:
        with self._closing:
            if not self._closed:
                self._closed = True
                with suppress(Exception):
                    self._close(self.signal or signal.SIGINT)

    def _leave(self) -> NoReturn:
        """End the process at once, without returning to what the main thread was doing."""
        self._close_once()
        os._exit(self.status)
