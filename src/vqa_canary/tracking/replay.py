"""Entries that MLflow could not take: kept beside the reports, and written as soon as MLflow is there again.

An entry is a folder `data/08_reporting/<study>/tracking/<key>/`: `entry.json` and copies of the artifacts as they were.
It appears as a whole or not at all, and is removed when MLflow has all of it.
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from glob import escape
from pathlib import Path

from vqa_canary.errors import BadInput
from vqa_canary.tracking.away import Away
from vqa_canary.tracking.entry import Entry, from_json, to_json

REPORTING, FOLDER, FILE = "data/08_reporting", "tracking", "entry.json"

_logger = logging.getLogger(__name__)


def keep(project: Path, entry: Entry) -> Path:
    """Write the entry to its folder.

    Raises
    ------
    OSError : it cannot be written; then nothing is left of it
    """
    folder = project / REPORTING / entry.study / FOLDER / entry.key
    part = folder.with_name(f".{entry.key}.part")
    try:
        part.mkdir(parents=True)
        for file in entry.results.artifacts:
            shutil.copyfile(file, part / file.name)
        with (part / FILE).open("w", encoding="utf-8") as told:
            told.write(to_json(entry))
            told.flush()
            os.fsync(told.fileno())
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def kept(project: Path, study: str | None = None) -> list[Path]:
    """Folders of entries, of one study or of all, in the order in which their runs began."""
    place = "**" if study is None else escape(study)
    files = (project / REPORTING).glob(f"{place}/{FOLDER}/[!.]*/{FILE}")
    return sorted((file.parent for file in files), key=lambda folder: folder.name)


def replay(project: Path, study: str | None = None) -> dict[Path, str]:
    """Write kept entries to MLflow; returns the folders of those that are still left, each with the reason.

    Several processes may do so at once: each entry is written by one of them.
    """
    from filelock import FileLock, Timeout

    left: dict[Path, str] = {}
    for folder in kept(project, study):
        try:
            with FileLock(folder.with_name(f".{folder.name}.lock"), timeout=0):
                if folder.is_dir():
                    _write(project, folder)
        except Timeout:
            left[folder] = "another process is at it"
        except (Away, BadInput, OSError, ValueError) as error:
            left[folder] = str(error)
            if isinstance(error, Away):  # nor will it take the others
                left |= {other: str(error) for other in kept(project, study) if other not in left}
                break
    return left


def _write(project: Path, folder: Path) -> None:
    from vqa_canary.tracking.client import Store

    entry = from_json((folder / FILE).read_text(encoding="utf-8"))
    copies = [folder / file.name for file in entry.results.artifacts]
    store = Store(project, entry.study)
    store.record(replace(entry, results=replace(entry.results, artifacts=copies)))
    done = folder.with_name(f".{folder.name}.done")
    folder.rename(done)
    shutil.rmtree(done, ignore_errors=True)
    with suppress(OSError):  # the last one leaves nothing
        folder.with_name(f".{folder.name}.lock").unlink()
        folder.parent.rmdir()
    _logger.info("MLflow has the run %s now: %s", entry.key, store.where_to_look())
