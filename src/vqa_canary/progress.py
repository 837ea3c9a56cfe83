"""How far a long step is: for the display of a terminal where one is shown, else few lines in a log.

Where somebody counts inside what another counts already, the inner count goes to the outer one, so that one thing is
shown. In a log there is at most one line for each tenth of the way, and none within a minute of another.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import Self

PAUSE = 60.0
"""How many seconds lie between two lines in a log at least."""
PARTS = 10
"""Most lines in a log for one step, not counting the last one."""

READINGS = "vqa_canary.readings"
"""Logger of how a model's prompts are read: `<model>: <how>`."""

_logger = logging.getLogger(__name__)
_open = threading.local()
"""Its attribute `outermost` is the `Progress` that is shown in this thread, if any."""


class Display(Protocol):
    """What shows the progress of this process, in place of lines in a log."""

    def count(self, done: int, total: int, unit: str, note: str) -> None:
        """Show how far the present step is; what was shown of the step before is gone."""

    def models(self, done: int, total: int) -> None:
        """Show of how many models all is answered."""


_display: Display | None = None


def show_on(display: Display | None) -> None:
    """Show the progress of this process there; None: in the log."""
    global _display
    _display = display


def display() -> Display | None:
    """Where the progress of this process is shown; None: in the log."""
    return _display


class Progress:
    """Counts what is done of `total`; to be entered before and left behind the step.

    Parameters
    ----------
    total : how much there is to do
    name : what is done, as the display has it
    unit : what is counted, in the singular
    clock : gives the time in seconds, never going back
    """

    def __init__(
        self, total: int, name: str, unit: str = "instance", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.done = self.failed = 0
        self._total, self._name, self._unit, self._clock = total, name, unit, clock
        self._outer: Progress | None = None
        self._begun = self._told_at = clock()
        self._told = 0

    def __enter__(self) -> Self:
        self._outer = getattr(_open, "outermost", None)
        if self._outer is None:
            _open.outermost = self
            self._begun = self._told_at = self._clock()
            self._show("")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._outer is not None:
            return
        _open.outermost = None
        if 0 < self._told < self.done and kind is None:
            self._tell()

    def update(self, n: int = 1, note: str = "", failed: int = 0) -> None:
        """Count `n` more as done.

        Parameters
        ----------
        note : shown beside the number, such as an accuracy
        failed : how many of them failed; from the first one on, the display has their number
        """
        self.done += n
        self.failed += failed
        if self._outer is not None:
            self._outer.update(n, note, failed)
        elif _display is not None:
            self._show(note)
        elif self._is_time():
            self._tell(note)

    def reach(self, done: int, failed: int = 0) -> None:
        """Raise the counts to so many done and failed, where they are lower."""
        more, worse = max(done - self.done, 0), max(failed - self.failed, 0)
        if more or worse:
            self.update(more, failed=worse)

    def _show(self, note: str) -> None:
        if _display is not None:
            _display.count(self.done, self._total, self._unit, self._beside(note))

    def _beside(self, note: str) -> str:
        return ", ".join(part for part in (note, f"{self.failed:,} failed" if self.failed else "") if part)

    def _is_time(self) -> bool:
        further = (self.done - self._told) * PARTS >= self._total
        return further and self.done < self._total and self._clock() - self._told_at >= PAUSE

    def _tell(self, note: str = "") -> None:
        self._told, self._told_at = self.done, self._clock()
        spent = (self._told_at - self._begun) / 60
        share = 100 * self.done // max(self._total, 1)
        told = self._beside(note)
        more = f", {told}" if told else ""
        _logger.info(
            "%s: %d of %d %ss (%d %%) after %.0f min%s",
            *(self._name, self.done, self._total, self._unit, share, spent, more),
        )


class Counted(Progress):
    """Counts for somebody elsewhere who has the display: whatever is counted inside goes to a function.

    Parameters
    ----------
    count : told how many are done in all, and how many of them failed, each time that some more are
    """

    def __init__(self, count: Callable[[int, int], None]) -> None:
        super().__init__(0, "")
        self._count = count

    def __enter__(self) -> Self:
        _open.outermost = self
        return self

    def __exit__(self, *_: object) -> None:
        _open.outermost = None

    def update(self, n: int = 1, note: str = "", failed: int = 0) -> None:
        """Count `n` more as done."""
        self.done += n
        self.failed += failed
        self._count(self.done, self.failed)
