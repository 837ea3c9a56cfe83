"""New MLflow databases as copies of one.

MLflow makes the tables of a new database by some fifty migrations, which take two seconds each time; a hundred and more
tests need a database of their own.
"""

from __future__ import annotations

import functools
import sqlite3
from contextlib import closing
from typing import Any


@functools.cache
def copy_tables_of_the_first() -> None:
    """From now on, only the first SQLite database that MLflow makes in this process is made by migrations."""
    from mlflow.store.db import utils as imported

    utils: Any = imported  # which has no types

    migrate = utils._initialize_tables
    first = sqlite3.connect(":memory:", check_same_thread=False)

    def make(engine: Any) -> None:
        if engine.dialect.name != "sqlite" or not engine.url.database:
            migrate(engine)
            return
        known = first.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
        if not known:
            migrate(engine)
        with closing(sqlite3.connect(engine.url.database)) as new:
            given, taker = (first, new) if known else (new, first)
            given.backup(taker)

    utils._initialize_tables = make
