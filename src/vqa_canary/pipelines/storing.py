"""What a run needs of the place where its study lies, and of the other workers, before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from glob import escape
from pathlib import Path
from typing import Any

from fsspec.core import split_protocol
from kedro.pipeline import Pipeline

from vqa_canary.datasets.store import check_store, configure_store, file_system, is_local
from vqa_canary.datasets.worker_share import Worker
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.masking import mask
from vqa_canary.project import project_root

ENTRY = "store"
"""Name of the entry of `credentials.yml` with which a bucket is opened."""


def store_of(parameters: Mapping[str, Any], project: Path | None = None) -> str:
    """Where the study lies: the absolute path of a folder, or the URL of a bucket."""
    store = str(parameters.get("store", "data"))
    if not is_local(store):
        return store
    return str((project or project_root()) / split_protocol(store)[1])


def open_store(parameters: Mapping[str, Any], credentials: Mapping[str, Any]) -> None:
    """Let every dataset reach the store, with the entry `store` of `credentials`, if there is one.

    Raises
    ------
    BadInput : there is no such protocol, its package is not installed, or the entry is no mapping; no value is quoted
    """
    store = store_of(parameters)
    check_store(store, "parameters: store")
    if not is_local(store) and store.endswith("/"):
        raise BadInput(f"parameters: store: {store!r}: leave out the / at its end")
    entry = credentials.get(ENTRY) or {}
    if not isinstance(entry, Mapping):
        raise BadInput(
            f"conf/local/credentials.yml: {ENTRY}: must be a mapping of what opens the store, such as "
            "`{key: ..., secret: ...}` for s3://"
        )
    configure_store(store, {str(name): value for name, value in entry.items()})


def check_reachable(parameters: Mapping[str, Any]) -> None:
    """Refuse a bucket that is not there or does not answer, before anything runs.

    Raises
    ------
    BadInput : with what the store says, and the remedy
    """
    store = store_of(parameters)
    if is_local(store):
        return
    try:
        fs, root = file_system(store)
        try:
            fs.ls(root, detail=False)
            return
        except FileNotFoundError:  # no bucket, or nothing in it yet
            bucket = root.split("/")[0]
            if fs.exists(bucket) or not bucket:
                return
        why = f"there is no bucket {bucket!r}, or it may not be seen with these credentials"
    except BadInput:
        raise
    except Exception as error:  # of whatever library speaks the protocol
        why = f"it cannot be read: {type(error).__name__}: {mask(str(error))}".split("\n")[0]
    raise BadInput(
        f"parameters: store: {store!r}: {why}. Credentials and the address of the server are read from the entry "
        f"`{ENTRY}` of conf/local/credentials.yml, or from the environment; see docs/how-to/several_machines.md."
    )


def check_worker(pipeline: Pipeline, parameters: Mapping[str, Any], catalog: Any) -> None:
    """Refuse a setting `worker` that names none, or a run that several workers cannot share.

    Raises
    ------
    BadInput : with the remedy
    """
    if Worker.parsed(parameters.get("worker")) is None:
        return
    others = sorted(name for name in pipeline.all_outputs() if not name.endswith("_evidence"))
    if others or not pipeline.all_outputs():
        raise BadInput(
            "parameters: worker: several workers can share the pipeline `inference` alone, and this run would make "
            f"{', '.join(others[:3]) or 'nothing'}. Run `kedro run --pipeline data_engineering` once, then the workers "
            "(`kedro run --pipeline inference --params worker=i/N`), and then the rest once, without `worker`."
        )
    for name in sorted(pipeline.all_outputs()):
        if getattr(catalog.get(name), "worker", None) is None:
            raise BadInput(
                f"parameters: worker: the dataset {name} does not know of it. It is given on the command line "
                "(`--params worker=i/N`), and the catalog's entry needs the line `worker: "
                "${runtime_params:worker,null}`, as in conf/base/catalog.yml"
            )
    if parameters.get("retry_failed"):
        raise BadInput(
            "parameters: worker: failed instances are asked again by one run: use `retry_failed=true` without "
            "`worker`, when the workers have finished"
        )


def check_baseline(study: str, parameters: Mapping[str, Any]) -> None:
    """Refuse to hold an audit against a study that is not there.

    Raises
    ------
    BadInput : with those that are there
    """
    fs, root = file_system(store_of(parameters))
    made = {path.split("/")[-2] for path in fs.glob(f"{escape(root)}/07_model_output/*/scores.parquet")}
    if study and study not in made:
        raise BadInput(
            f"parameters: baseline: there is no audit {study!r}.{did_you_mean(study, made)} "
            f"There are: {', '.join(sorted(made)) or 'none yet'}."
        )
