"""The address of a project's MLflow store, and faults of it that can be found before MLflow is asked."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

from vqa_canary.errors import BadInput
from vqa_canary.tracking.away import reason

VARIABLE = "MLFLOW_TRACKING_URI"

_WRONG = {"INVALID_PARAMETER_VALUE", "UNAUTHENTICATED", "PERMISSION_DENIED"}
"""MLflow's codes of errors that waiting does not mend."""


def address_of(project: Path) -> str:
    """The address in the environment variable MLFLOW_TRACKING_URI, else that of `mlflow.db` in the project.

    Raises
    ------
    BadInput : no server could have that address
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return f"sqlite:///{project / 'mlflow.db'}"
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise bad_address(error) from error
    if parts.scheme in ("http", "https") and not host:
        raise bad_address(ValueError("the address names no host, such as http://127.0.0.1:5000"))
    return given


def is_server(address: str) -> bool:
    """Whether the store is a server that is asked over HTTP, not a database that this process opens itself."""
    return address.startswith(("http://", "https://"))


def bad_address(error: Exception) -> BadInput:
    """The error for an address, or a database driver, that cannot work however long one waits."""
    return BadInput(
        f"MLflow cannot record this run: {reason(error)}\nMend {VARIABLE} or the store, or run with "
        "`--params tracking.enabled=false`."
    )


def is_mistake(error: Exception) -> bool:
    """Whether the error is about the configuration: no driver, no such kind of address, or a login that is refused."""
    from sqlalchemy.exc import ArgumentError

    code = getattr(error, "error_code", None)
    return isinstance(error, ImportError | ArgumentError) or code in _WRONG


def check_database(address: str, seconds: float) -> None:
    """Refuse an SQLite file that cannot be written to: MLflow itself would wait for minutes. Other addresses pass.

    Parameters
    ----------
    seconds : how long to wait for a file that another process has locked

    Raises
    ------
    sqlite3.Error : it is locked, read-only, or no database
    """
    from sqlalchemy.engine import make_url

    if not address.startswith("sqlite:"):
        return
    file = make_url(address).database
    if not file or not Path(file).is_file():
        return
    place = f"file:{quote(str(Path(file).absolute()))}?mode=rw"
    with closing(sqlite3.connect(place, timeout=seconds, isolation_level=None, uri=True)) as database:
        database.execute("BEGIN IMMEDIATE")
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
