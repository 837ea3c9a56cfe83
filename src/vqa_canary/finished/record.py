"""The record of a finished run: what it rested on, what it made, and what MLflow was told. It lies beside the pages."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from vqa_canary.unfinished import write_file

MOST_NAMED = 4
"""Most things that one line names of those that changed."""


@dataclass(frozen=True)
class Finished:
    """A run that ended well."""

    ended: str
    """When, in UTC, such as 2026-11-30 07:40."""
    rests_on: dict[str, str]
    """Digest of everything that its results rest on, by name; see `basis_of`."""
    made: dict[str, str]
    """Digest of everything that it made, by name of the dataset."""
    told: str | None
    """Fingerprint of what MLflow was told; None where it was told nothing."""

    def changed(self, rests_on: dict[str, str], made: dict[str, str]) -> list[str]:
        """Names of what is not as it was."""
        before = self.rests_on | {f"what it made ({name})": digest for name, digest in self.made.items()}
        now = rests_on | {f"what it made ({name})": digest for name, digest in made.items()}
        return [name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)]


def write(path: Path, finished: Finished) -> None:
    """Write the record, whole or not at all."""
    write_file(path, json.dumps(asdict(finished), indent=1).encode())


def read(path: Path) -> Finished | None:
    """The record, if there is one that can be read; one that cannot only costs a run."""
    try:
        stated = json.loads(path.read_bytes())
        return Finished(stated["ended"], dict(stated["rests_on"]), dict(stated["made"]), stated["told"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def told(names: list[str]) -> str:
    """Names of what changed, for a line."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
