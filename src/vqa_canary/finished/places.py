"""Where the catalog keeps a dataset, and the digest of what lies there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from vqa_canary.digests import digest_of_json
from vqa_canary.engines.local.file_digests import sha256_of

ABSENT = "not there"
"""Stands for the digest where there is no such file."""


def place_of(catalog: Any, name: str) -> str | None:
    """Path of a dataset's file or folder; None where it is kept in memory. Kedro has no public way to ask for it."""
    about = catalog.get(name)._describe()
    place = about.get("filepath") if isinstance(about, dict) else None
    return None if place is None else str(place)


def digest_of_place(place: Path) -> str:
    """SHA-256 of a file with its seal, where one lies beside it, or over all files of a folder with their names."""
    if place.is_dir():
        files = sorted(path for path in place.rglob("*") if path.is_file())
        return digest_of_json([[path.relative_to(place).as_posix(), digest] for path, digest in _read(files)])
    if not place.is_file():
        return ABSENT
    seal = place.with_name(f".{place.name}.seal")
    return digest_of_json([digest for _, digest in _read([place, *[seal] * seal.is_file()])])


def digests_of_outputs(pipeline: Pipeline, catalog: Any, root: Path) -> dict[str, str]:
    """Digest of every file and folder that the pipeline has made, by name of the dataset.

    Raises
    ------
    OSError : one cannot be read
    """
    places = {name: place_of(catalog, name) for name in sorted(pipeline.all_outputs())}
    return {name: digest_of_place(root / place) for name, place in places.items() if place is not None}


def _read(files: list[Path]) -> list[tuple[Path, str]]:
    return list(zip(files, sha256_of(files), strict=True))
