"""When a run stops of itself because a model fails too often: the settings, and the breaker that keeps to them."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from threading import Lock

from pydantic import BaseModel, Field

from vqa_canary.counting import counted
from vqa_canary.errors import TooManyFailures
from vqa_canary.lasting_failures import kinds_of
from vqa_canary.rows import Evidence

WINDOW = 100
"""Questions among which the share of failed ones is looked at."""
MOST_KINDS = 5
"""How many kinds of errors a message names; the others are counted."""


class Stopping(BaseModel):
    """Settings of a model that say after how many failures its run stops; no answer rests on them."""

    stop_after_failures: int | None = Field(10, ge=1)
    """Questions that fail one after the other, after which the run stops; null: never for that reason."""
    stop_at_failure_share: float | None = Field(0.5, gt=0, le=1)
    """Share of failed questions among the last 100 at which the run stops; null: never for that reason."""


class Breaker:
    """Watches what becomes of questions and of single requests, and opens, like the one in a fuse box, when asking on
    is of no use. Threads share it.

    It is told of rows by the thread that reads them, in their order, and of requests by those that send them. Rows of
    questions that were never sent, such as those whose image does not open, count neither as failed nor as answered.

    Parameters
    ----------
    model : name of the configured model
    settings : how many failures are too many
    outage : seconds in which no request of several questions is answered soundly, after which requests alone open it;
        None: never
    kept : what is kept when the run stops, as a sentence; `{}` in it stands for how many questions were answered
    clock : gives the time in seconds, never going back
    """

    def __init__(
        self,
        model: str,
        settings: Stopping,
        outage: float | None = None,
        kept: str = "What was answered in this run is kept: {}.",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model, self._settings, self._outage, self._kept = model, settings, outage, kept
        self._clock, self._lock = clock, Lock()
        self._last: deque[Evidence] = deque(maxlen=WINDOW)
        self._row: list[Evidence] = []
        self._answered = 0
        self._requests = Counter[str]()
        """Failures of requests since the last sound answer, by their words."""
        self._since, self._of_several = 0.0, False
        self._first_about: object = None

    def count(self, row: Evidence) -> None:
        """Take note of a question that was answered or failed.

        Raises
        ------
        TooManyFailures : it is one failure too many
        """
        if row.status == "failed" and row.calls == 0:
            return
        self._last.append(row)
        if row.status == "ok":
            self._row.clear()
            self._answered += 1
            return
        self._row.append(row)
        most, share = self._settings.stop_after_failures, self._settings.stop_at_failure_share
        if most is not None and len(self._row) >= most:
            what = "1 question" if most == 1 else f"{most:,} questions in a row"
            raise self._open(f"{what} failed", self._row, "stop_after_failures")
        failed = [one for one in self._last if one.status == "failed"]
        if share is not None and len(self._last) == WINDOW and len(failed) >= share * WINDOW:
            raise self._open(
                f"{len(failed)} of the last {WINDOW} questions failed", failed, "stop_at_failure_share"
            )

    def request_answered(self) -> None:
        """A request had a sound answer: whatever failed before, the server works."""
        with self._lock:
            self._requests.clear()
            self._of_several = False

    def request_failed(self, about: object, error: str) -> None:
        """A request failed in a way that may pass.

        Parameters
        ----------
        about : what stands for the question that it is about; two that are not the same object are two questions

        Raises
        ------
        TooManyFailures : no request has been answered for too long, and more than one question is at fault
        """
        with self._lock:
            if not self._requests:
                self._since, self._first_about = self._clock(), about
            self._requests[error] += 1
            self._of_several |= about is not self._first_about
            lasted, n = self._clock() - self._since, self._requests.total()
            most = self._settings.stop_after_failures
            if self._outage is None or most is None or not self._of_several:
                return
            if n < most or lasted < self._outage:
                return
            told = _told(self._requests)
        what = f"no request had a sound answer for {lasted:.0f} s ({counted(n, 'request')} failed"
        raise self._stopped(f"{what}: {told})", "stop_after_outage", self._failed_of_late())

    def _failed_of_late(self) -> list[Evidence]:
        return [one for one in list(self._last) if one.status == "failed"]

    def _open(self, what: str, failed: list[Evidence], setting: str) -> TooManyFailures:
        told = _told(Counter(str(one.error) for one in failed))
        again = {one.instance_id: one for one in (*failed, *self._row)}
        return self._stopped(f"{what}: {told}", setting, [*again.values()])

    def _stopped(self, what: str, setting: str, failed: list[Evidence]) -> TooManyFailures:
        kept = self._kept.format(counted(self._answered, "question"))
        message = (
            f"models.{self._model}: stopped, because {what}. {kept} See to the model or its server, then run the same "
            "command again: it goes on where it stopped, and asks those that failed again. To go on in spite of "
            f"failures, set models.{self._model}.{setting} higher, or to null."
        )
        return TooManyFailures(message, self._model, tuple(one.instance_id for one in failed))


def _told(errors: Counter[str]) -> str:
    """The kinds of errors with their numbers, without names and quotations."""
    kinds = kinds_of(errors).most_common()
    told = "; ".join(f"{n:,} x {kind}" for kind, n in kinds[:MOST_KINDS])
    others = kinds[MOST_KINDS:]
    return told + (
        f"; {sum(n for _, n in others):,} x {counted(len(others), 'other error')}" if others else ""
    )
