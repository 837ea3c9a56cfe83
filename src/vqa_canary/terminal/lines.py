"""The lines of the log on the terminal: what is said, without times, and without what Kedro says of every node.

The file that `conf/logging.yml` names has all of it, with its times.
"""

from __future__ import annotations

import logging
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kedro.logging import RichHandler

if TYPE_CHECKING:
    from rich.console import Console

BARS = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "TQDM_DISABLE": "1"}
"""Environment in which libraries draw no bars of their own. TQDM_DISABLE is read when tqdm is imported first."""


@cache
def console() -> Console:
    """The console of standard error, which lines and the display share."""
    from rich.console import Console

    return Console(stderr=True)


class Lines(logging.Handler):
    """Shows each record as one line, above the display where there is one; a warning says that it is one."""

    def emit(self, record: logging.LogRecord) -> None:
        from rich.text import Text

        try:
            told = self.format(record)
            if record.levelno > logging.INFO:
                told = f"{record.levelname}: {told}"
            console().print(Text(told), soft_wrap=True)
        except Exception:
            self.handleError(record)


def is_for_people(record: logging.LogRecord) -> bool:
    """Whether the terminal shows a record: what Kedro says of each node and table is for the file, and so is how it
    would resume a run that has failed, for here the same command goes on by itself."""
    of_kedro = record.name.startswith("kedro")
    how_to_resume = record.name.startswith("kedro.runner") and record.levelno == logging.WARNING
    return not how_to_resume and (record.levelno > logging.INFO or not of_kedro)


def quiet_terminal() -> None:
    """Show plain lines in place of Kedro's; called again, it changes nothing. A logging configuration of one's own,
    with other handlers, stays as it is."""
    for name, value in BARS.items():
        os.environ.setdefault(name, value)
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, RichHandler):
            lines = Lines(logging.INFO)
            lines.addFilter(is_for_people)
            root.removeHandler(handler)
            root.addHandler(lines)
        elif isinstance(handler, logging.FileHandler) and not _can_write(Path(handler.baseFilename)):
            root.removeHandler(handler)


def _can_write(file: Path) -> bool:
    return os.access(file if file.exists() else file.parent, os.W_OK)
