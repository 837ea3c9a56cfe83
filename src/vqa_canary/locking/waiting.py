"""What is in the way of a lock, and waiting until it is gone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from vqa_canary.errors import BadInput

_logger = logging.getLogger(__name__)


class Obstacle(NamedTuple):
    """Another process that has what a lock is for."""

    who: str
    """Which one, as a sentence."""
    more: str = ""
    """What else there is to know, for the message at the end."""


def wait_for(attempt: Callable[[], Obstacle | None], wait: float, poll: float) -> None:
    """Attempt until nobody is in the way, for at most `wait` seconds; who is, is told once.

    Raises
    ------
    BadInput : another process has it; the message says which
    """
    until, told = time.monotonic() + wait, False
    while (obstacle := attempt()) is not None:
        if time.monotonic() >= until:
            waited = f" This run has waited for {wait:g} seconds." if wait else ""
            raise BadInput(
                f"{obstacle.who}{waited} Two at once would mix their tables, so nothing was begun. Run again when it "
                f"has ended, or let this run wait for it: `--params wait_for_lock=3600` (seconds).{obstacle.more}"
            )
        if not told:
            _logger.warning("%s Waiting for at most %g seconds.", obstacle.who, wait)
            told = True
        time.sleep(min(poll, max(0.0, until - time.monotonic())))


def owner_of(what: str, holder: Mapping[str, Any]) -> str:
    """Who writes `what`, as a sentence.

    Parameters
    ----------
    holder : what that process says of itself; empty where it has not said anything yet
    """
    if not holder:
        return f"Another process that has just begun writes {what}."
    about = {name: holder.get(name, "unknown") for name in ("pid", "host", "since")}
    command = f" ({holder['command']})" if "command" in holder else ""
    return f"Another process writes {what}: process {about['pid']} on {about['host']} since {about['since']}{command}."
