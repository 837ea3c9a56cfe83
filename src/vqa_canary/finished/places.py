"""Digests of the files and folders in which datasets lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import MemoryDataset, SharedMemoryDataset
from kedro.pipeline import Pipeline

from vqa_canary.digests import digest_of_json
from vqa_canary.engines.local.file_digests import sha256_of
from vqa_canary.stored_places import place_of

ABSENT = "not there"
"""Stands for the digest where there is no such file."""


def are_comparable(pipeline: Pipeline, catalog: Any) -> bool:
    """Whether every dataset lies on this machine, where its digest can be taken, or is kept in memory."""
    return all(_is_comparable(catalog, name) for name in pipeline.datasets())


def _is_comparable(catalog: Any, name: str) -> bool:
    if (place := place_of(catalog, name)) is not None:
        return place.is_local
    dataset = catalog.get(name)  # of a name that no entry has, Kedro makes one in memory
    return dataset is None or isinstance(dataset, MemoryDataset | SharedMemoryDataset)


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
    return {name: digest_of_place(root / place.path) for name, place in places.items() if place is not None}


def _read(files: list[Path]) -> list[tuple[Path, str]]:
    return list(zip(files, sha256_of(files), strict=True))
