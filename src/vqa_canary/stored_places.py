"""Where the catalog keeps a dataset: in a file or folder of this machine, in a bucket, or in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

LOCAL = ("file", "local")
"""Protocols of folders of this machine, network file systems that are mounted in it included."""


class Place(NamedTuple):
    """A file or folder."""

    protocol: str
    """How it is reached, such as `file` or `s3`."""
    path: str
    """Its path, without the protocol."""

    @property
    def is_local(self) -> bool:
        """Whether it lies on this machine."""
        return self.protocol in LOCAL


def place_of(catalog: Any, name: str) -> Place | None:
    """Where a dataset lies; None where it is kept in memory, or the catalog does not know it.

    Kedro has no public way to ask for it, so this is what the dataset itself says to whoever prints it.
    """
    dataset = catalog.get(name)
    about = {} if dataset is None else dataset._describe()
    path = about.get("filepath") if isinstance(about, dict) else None
    return None if path is None else Place(str(about.get("protocol") or "file"), str(path))
