"""SHA-256 of a model's files, each read once until it changes: by this process, and for large ones by any.

Reading 16 GB of weights takes a minute, and every run and every process needs their digest. So the digest of a large
file is kept in the user's cache folder, together with the file's state: size, times of the last change of its content
and of anything about it, inode and device. A file in any other state is read again. Each entry is a file of its own
that is there whole or not at all, so processes need no lock, and an entry that cannot be read counts as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from vqa_canary.unfinished import write_file

CACHE = "VQA_CANARY_CACHE"
"""Environment variable that names the folder in which digests are kept, in place of the user's cache folder."""
LARGE = 16 * 2**20
"""Fewest bytes of a file whose digest outlives the process; smaller ones are read faster than looked up is worth."""
SETTLED = 2.0
"""Seconds for which a file must have stayed as it is before its digest is kept: within one tick of a file system's
clock a file could change twice, and no time would tell. FAT has the longest tick, of two seconds."""

State = tuple[int, int, int, int, int]


def sha256_of(paths: Sequence[Path]) -> list[str]:
    """SHA-256 of the content of each file, in hex. Files are read side by side, since hashing leaves Python's lock.

    Raises
    ------
    OSError : one of them cannot be read
    """
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(sha256, paths))


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hex; it is read once while its state stays the same.

    Raises
    ------
    OSError : it cannot be read
    """
    return _sha256(path.resolve(), _state(path))


@lru_cache(maxsize=4096)
def _sha256(path: Path, state: State) -> str:
    if state[0] < LARGE:
        return _read(path)
    entry = _folder() / f"{hashlib.sha256(os.fsencode(path)).hexdigest()}.json"
    about: list[str | int] = [str(path), *state]
    if (known := _kept(entry, about)) is not None:
        return known
    found = _read(path)
    # Of a file that changed while it was read nothing is kept, nor of one that may still change unnoticed.
    if _state(path) == state and time.time() - max(state[1:3]) / 1e9 > SETTLED:
        with suppress(OSError):  # a folder that cannot be written costs time, no result
            entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(entry, json.dumps({"about": about, "sha256": found}).encode(), durable=False)
    return found


def _state(path: Path) -> State:
    """Whatever changes when a file does. The time of any change (ctime) cannot be set back, that of the content can."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept(entry: Path, about: list[str | int]) -> str | None:
    """The digest that an entry holds, if it is about this file in this state."""
    try:
        found = json.loads(entry.read_bytes())
        digest = found["sha256"]
        whole = found["about"] == about and len(bytes.fromhex(digest)) == hashlib.sha256().digest_size
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return str(digest) if whole else None


def _folder() -> Path:
    if named := os.environ.get(CACHE):
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "vqa-canary" / "digests"
