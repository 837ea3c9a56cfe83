"""The validator that Kedro's catalog key `validator:` names."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from kedro.validation import CheckFailure

from vqa_canary.contracts.failures import ContractError
from vqa_canary.contracts.images import FileState, file_state
from vqa_canary.contracts.schema import schema_failures
from vqa_canary.digests import digest
from vqa_canary.errors import BadInput
from vqa_canary.frames import from_frame
from vqa_canary.planned_embeddings import PlannedEmbeddings
from vqa_canary.planned_shard import PlannedShard, ShardPlan
from vqa_canary.tables import KEYS, SCHEMAS

if TYPE_CHECKING:
    import pyarrow as pa


class Contract:
    """Checks data against the suite of one table.

    In the catalog: `validator: {class: vqa_canary.contracts.Contract, options: {suite: items}}`.

    Parameters
    ----------
    suite : a table of `tables.SCHEMAS`, or `claims`

    Raises
    ------
    BadInput : there is no such suite
    """

    def __init__(self, suite: str) -> None:
        known = sorted([*SCHEMAS, "claims"])
        if suite not in known:
            near = get_close_matches(suite, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise BadInput(f"catalog: validator: no contract {suite!r}.{hint} Known: {', '.join(known)}.")
        self.suite = suite

    def validate(self, data: Any) -> Any:
        """The data as it came, or an error.

        Parameters
        ----------
        data : a frame; or shards, a mapping of names to frames or to planned shards.
            A planned shard is not computed here: it comes back with the check that whoever
            computes it has to make, and so do planned embeddings. For `claims`, what the JSON file holds.

        Raises
        ------
        ContractError : the data break the contract, or a check could not be computed
        """
        if isinstance(data, PlannedEmbeddings):
            return replace(data, check=self._checked)
        if isinstance(data, ShardPlan):
            return data.checked(lambda name, shard: self._checked_shard(name, shard))
        if self.suite != "claims" and isinstance(data, Mapping):
            return {name: self._checked_shard(name, shard) for name, shard in data.items()}
        return self._checked(data)

    def _checked(self, data: Any) -> Any:
        self._check(data, f"table {self.suite!r}")
        return data

    def _checked_shard(self, name: str, shard: Any) -> Any:
        def check(frame: Any) -> Any:
            self._check(frame, f"table {self.suite!r}, shard {name!r}")
            return frame

        if isinstance(shard, PlannedShard):
            return replace(shard, check=check)
        return check(shard)

    def _check(self, data: Any, what: str) -> None:
        if self.suite == "claims":
            from vqa_canary.contracts.claims import claim_failures

            failures = claim_failures(data)
        else:
            failures = _table_failures(data, self.suite)
        if failures:
            raise ContractError(f"{what} breaks its contract", failures=failures)


_ABOUT_FILES = frozenset({"items", "instances"})
"""Tables whose contract looks at image files too."""
_sound: set[tuple[str, str, frozenset[FileState]]] = set()
"""Tables that were found to keep their contract in this process, by digest and by state of their image files: nodes
load the same table again and again."""


def _table_failures(data: Any, table: str) -> list[CheckFailure]:
    failures = schema_failures(data, SCHEMAS[table], KEYS[table])
    if failures:
        return failures
    import pandas as pd

    values = from_frame(data, table)
    key = (table, digest(values), frozenset(map(file_state, _images(values, table))))
    if key in _sound:
        return []

    from vqa_canary.contracts.batch import suite_failures

    # Great Expectations pickles a frame to fingerprint it, which is slow unless lists are in Arrow memory.
    frame = values.to_pandas(types_mapper=pd.ArrowDtype)
    expectations = importlib.import_module(f"vqa_canary.contracts.{table}").suite()
    failures = suite_failures(frame, expectations, KEYS[table])
    if not failures:
        _sound.add(key)
    return failures


def _images(values: pa.Table, table: str) -> set[str]:
    """Paths of all images that a table names; a row of instances may name none."""
    if table not in _ABOUT_FILES:
        return set()
    more = values["more_images"].combine_chunks().flatten().field("image_path")
    named = (*values["image_path"].to_pylist(), *more.to_pylist())
    return {str(path) for path in named if path is not None}
