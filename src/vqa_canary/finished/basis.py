"""What the results of a run rest on, as digests by name: settings, files, tables, code and installed packages.

Two runs with equal digests make equal results. More is counted than has to be: an update of any installed package, or
a changed comment in the source, only costs a run.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import EntryPoint, distributions, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline
from pydantic import BaseModel

from vqa_canary.digests import digest_of_json
from vqa_canary.finished.places import digest_of_place
from vqa_canary.pipelines.origins import PARAMETERS, plain_setting
from vqa_canary.stored_places import place_of

PACKAGE = Path(__file__).parents[1]
"""Folder of this package."""
OWN = "vqa-canary"
"""Name by which this package is installed."""
GROUPS = "vqa_canary."
"""Begins the names of the entry-point groups by which installed packages add methods, conditions, sources, engines."""
UNIMPORTANT = frozenset(
    {"wait_for_lock", "worker", "workers", "ray", "retry_failed", "shown_images", "tracking"}
)
"""Parameters on which no result rests. What they make besides results is seen to where they are read."""
MAY_NAME_FILES = ("models", "review", "conditions", "prompts", "scoring")
"""Parameters whose texts may be paths of files or folders. Of `datasets` the items are compared instead (`hook`)."""
FILTERS = (
    "namespaces",
    "tags",
    "node_names",
    "from_nodes",
    "to_nodes",
    "from_inputs",
    "to_outputs",
    "load_versions",
)


def basis_of(
    run_params: Mapping[str, Any], pipeline: Pipeline, catalog: Any, entries: Mapping[str, Any]
) -> dict[str, str]:
    """Digest of everything that the pipeline's results rest on, by a name that a message can tell.

    Parameters
    ----------
    run_params : as Kedro gives them to hooks
    entries : the configuration of the catalog
    """
    root = Path(run_params["project_path"])
    parameters = catalog.load("parameters")
    return {
        **dict(_settings(parameters)),
        **dict(_files({name: parameters.get(name) for name in MAY_NAME_FILES}, root)),
        **dict(_tables(pipeline, catalog, root)),
        "the catalog's entries": digest_of_json(json.loads(json.dumps(entries, default=str))),
        "the nodes": digest_of_json(sorted(str(node) for node in pipeline.nodes)),
        "the source of vqa_canary": digest_of_folder(PACKAGE),
        **dict(_plugins()),
        "Python": f"{platform.python_version()} on {platform.machine()}",
        **{f"the package {name}": version for name, version in _installed()},
    }


def code_changed_at() -> float:
    """When the newest part of the code that is counted here was changed or installed, in seconds since 1970."""
    places = [PACKAGE, *(place for places in _plugin_places().values() for place in places)]
    sources = [file for place in places for file in source_files(place)]
    return max(path.stat().st_mtime for path in [*sources, *_records_of_installers()])


def uncounted_packages() -> list[str]:
    """Packages that are installed as a folder which somebody edits, and whose source is not counted here: neither this
    package nor those that add members to a registry. Nobody can tell which files they consist of."""
    counted = {OWN, *(point.dist.name for point in _plugin_points() if point.dist is not None)}
    found = []
    for package in distributions():
        place = json.loads(package.read_text("direct_url.json") or "{}")
        if place.get("dir_info", {}).get("editable") and package.name not in counted:
            found.append(package.name)
    return found


def key_of(run_params: Mapping[str, Any]) -> str:
    """A short name for a command: runs of other pipelines, of a part of them or of another environment have another."""
    asked = {name: list(run_params.get(name) or ()) for name in FILTERS}
    names = sorted(run_params.get("pipeline_names") or ())
    return digest_of_json([names, run_params.get("env"), asked])[:8]


def digest_of_folder(folder: Path) -> str:
    """SHA-256 over the names and contents of a package's files; see `source_files`."""
    hashed = sha256()
    for path in source_files(folder):
        hashed.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return hashed.hexdigest()


def source_files(folder: Path) -> list[Path]:
    """Files of a package, compiled ones left out; of a package that is one file, that."""
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")


def _settings(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        if name not in UNIMPORTANT:
            yield f"the parameter {name}", digest_of_json(plain_setting(f"{PARAMETERS}{name}", value))


def _files(value: Any, root: Path) -> Iterator[tuple[str, str]]:
    """Whatever a text among the settings names, if it is there."""
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _files(part, root)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _files(part, root)
    elif isinstance(value, str) and value:
        try:
            place = (root / value).resolve()
            if place.exists() and not root.resolve().is_relative_to(place):
                yield value, digest_of_place(place)
        except (OSError, ValueError):  # too long for a path, or with a mark that none may hold
            return


def _tables(pipeline: Pipeline, catalog: Any, root: Path) -> Iterator[tuple[str, str]]:
    """What the pipeline reads from disk and does not make itself."""
    for name in sorted(pipeline.inputs()):
        if not name.startswith(PARAMETERS) and (place := place_of(catalog, name)) is not None:
            yield f"the table {name}", digest_of_place(root / place.path)


def _plugins() -> Iterator[tuple[str, str]]:
    for name, places in _plugin_places().items():
        yield f"the source of {name}", digest_of_json([digest_of_folder(place) for place in places])


def _plugin_places() -> dict[str, list[Path]]:
    """Files and folders of the packages that add members to a registry, by the package's name. An installed package may
    lie in a folder of its user."""
    found = {}
    for name in sorted({point.module.partition(".")[0] for point in _plugin_points()}):
        spec = find_spec(name)
        places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
        if spec and not places and spec.origin:
            places = [Path(spec.origin)]
        found[name] = places
    return found


def _plugin_points() -> list[EntryPoint]:
    points = entry_points()
    groups = sorted(group for group in points.groups if group.startswith(GROUPS))
    return [point for group in groups for point in points.select(group=group)]


@cache
def _installed() -> tuple[tuple[str, str], ...]:
    """Name and version of each installed package, from the name of the folder that its installer leaves.

    They are looked for once: setuptools, when it is imported during a run, adds a folder of its own to where packages
    are found. What is installed during a run is seen by its time; see `code_changed_at`.
    """
    found: dict[str, str] = {}
    for path in _records_of_installers():
        name, _, version = path.stem.partition("-")
        found.setdefault(name, version)
    return tuple(sorted(found.items()))


def _records_of_installers() -> Iterator[Path]:
    for folder in map(Path, dict.fromkeys(sys.path)):
        if folder.is_dir():
            yield from folder.glob("*.dist-info")
