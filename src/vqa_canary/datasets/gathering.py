"""The shards of a plan are gathered: those that stand are found, and the others computed, by whoever has the claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from vqa_canary.datasets.ask_again import AskAgain
from vqa_canary.datasets.claims import ClaimLost, Claims, Unclaimed
from vqa_canary.datasets.journals import Journals
from vqa_canary.datasets.missing_shards import AskRest, Kept, MissingShard
from vqa_canary.datasets.other_calls import OtherCalls
from vqa_canary.datasets.shard_files import ShardFiles
from vqa_canary.datasets.worker_share import WaitForOthers, Worker
from vqa_canary.errors import TooManyFailures
from vqa_canary.frames import from_frame
from vqa_canary.masking import mask
from vqa_canary.planned_shard import PlannedShard, Row, do_nothing
from vqa_canary.seals import Seal
from vqa_canary.workers.pieces import Found

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Shards = Mapping[str, PlannedShard]
"""Plans of shards by key; one is carried out only if its shard is missing, or has failures that shall be retried."""

Compute = Callable[[list[MissingShard]], Found[MissingShard]]
"""Gives each piece that is still wanted with its result, as they come."""


class Gathering:
    """The shards of one plan; a block of it, while they are computed.

    Parameters
    ----------
    data : the plan; what is computed of it is decided here once, though other workers may finish some meanwhile
    worker : which of several workers this process is, if it is one
    retry_failed : compute the failed rows of finished shards again, and these alone
    ask_again : what a run that stopped of itself wants asked again: failed rows of such instances are computed anew,
        those of finished shards by a run alone
    other_calls : counts requests that no row tells of
    """

    def __init__(
        self,
        data: Shards,
        files: ShardFiles,
        journals: Journals,
        claims: Claims | Unclaimed,
        worker: Worker | None = None,
        retry_failed: bool = False,
        ask_again: AskAgain | None = None,
        other_calls: OtherCalls | None = None,
    ) -> None:
        self.data = data
        self.seals: dict[str, Seal] = {}
        """Of the shards that stand."""
        self.failures: dict[str, Counter[str]] = {}
        """Errors of the failed rows of those that stand."""
        self._files, self._journals, self._claims = files, journals, claims
        self._worker, self._retry_failed = worker, retry_failed
        self._ask_again, self._other_calls = ask_again, other_calls
        self._given_up: dict[str, int] = {}
        """Requests of failed rows that are asked again, by shard."""
        self._untold_before = 0
        self._once_more = ask_again.ids() if ask_again else frozenset[str]()
        """Instances whose failed rows a run that stopped of itself wants computed anew."""
        self._again: set[str] = set()
        self.look()
        self._again.update(key for key, failed in self.failures.items() if retry_failed and failed)

    @property
    def left(self) -> list[str]:
        """Keys of the shards that are to be computed, by this process or another."""
        return [key for key in self.data if key not in self.seals or key in self._again]

    def look(self) -> None:
        """Find what stands and was not seen before: another worker may have finished it."""
        for key, planned in self.data.items():
            if key in self.seals:
                continue
            if standing := self._files.standing(key, planned, set_aside=self._worker is None):
                self._note(key, *standing)
                if self._worker is None and self._once_more & _failed_ids(standing[0]):
                    self._again.add(key)
                self._journals.remove_what_it_has(key, planned, standing[0])

    def pieces(self) -> list[MissingShard]:
        """What is left. It may be computed anywhere and in any order, and each result is given to `store`."""
        left = set(self.left)
        keys = list(self.data) if self._worker is None else self._worker.in_turn(list(self.data))
        own = [key for key in keys if key in left]
        return [self._piece(key) for key in sorted(own, key=self._again.__contains__)]

    def store(self, piece: MissingShard, shard: pd.DataFrame) -> None:
        """Write what was computed for a piece.

        Raises
        ------
        ContractError : it breaks the contract of the catalog's entry; nothing is written
        """
        for at, error in shard["error"].dropna().items():  # another machine does not know what is secret here
            shard.at[at, "error"] = mask(error)
        key, planned = piece.key, piece.planned
        table, facts = from_frame(planned.check(shard), "evidence"), joined_facts(shard.attrs["facts"])
        if self._worker is None:
            seal = self._files.write(key, planned, table, facts)
        else:
            table, seal = self._files.write_first(key, planned, table, facts)
        self._journals.remove(key, planned)
        self._claims.clear(key)
        self._note(key, table, seal)
        self._again.discard(key)
        self._count_calls(self._given_up.pop(key, 0))

    def __enter__(self) -> Self:
        self._untold_before = self._untold_calls()
        self._claims.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with suppress(OSError) if error else nullcontext():  # what went wrong first is what to tell
                self._count_calls(self._untold_calls() - self._untold_before)
                if isinstance(error, TooManyFailures):
                    self._have_asked_again(error)
        finally:
            self._claims.__exit__(kind, error, trace)

    def _have_asked_again(self, error: TooManyFailures) -> None:
        """Leave word of what failed just before a model was left."""
        if self._ask_again is not None:
            of_this = [planned for planned in self.data.values() if planned.model == error.model]
            expected = frozenset(one for planned in of_this for one in planned.expected)
            self._ask_again.add(expected & frozenset(error.instances))

    def _note(self, key: str, table: pa.Table, seal: Seal) -> None:
        self.seals[key], self.failures[key] = seal, _failures_of(table)

    def _piece(self, key: str) -> MissingShard:
        """One shard to be computed, from what is there of it and what is not."""
        planned = self.data[key]
        failed = self.failures[key].total() if key in self._again else 0
        # What is computed in another process cannot ask for the claim there, and keeps no rows before it has all.
        go_on = partial(self._claims.check, key) if planned.needs is None else do_nothing
        run = AskRest(planned.compute, partial(self._kept, key), self._journals.own(key, planned), go_on)
        return MissingShard(
            planned.model, key, failed or len(planned.expected), run=run, needs=planned.needs, planned=planned,
            wanted=partial(self._claims.take, key), put_away=planned.put_away,
        )  # fmt: skip

    def _kept(self, key: str) -> Kept:
        """What is there of a shard that this process is about to compute."""
        rows, facts = self._journals.rows(key, self.data[key]), []
        if key in self._again:
            table, seal = self._files.read(key)
            rows, facts = [*table.to_pylist(), *rows], [seal.origin.about["facts"]]
        elif self.data[key].stored_as:
            taken, facts = self._files.taken_over(self.data[key])
            there = {row["instance_id"] for row in rows}
            rows = [*(row for row in taken if row["instance_id"] not in there), *rows]
        again = {
            at: row for at, row in enumerate(rows) if row["status"] == "failed" and self._is_asked_again(row)
        }
        self._given_up[key] = self._journals.calls_given_way + sum(
            row["calls"] or 0 for row in again.values()
        )
        rows = [row for at, row in enumerate(rows) if at not in again]
        return Kept({row["instance_id"]: row for row in rows}, facts)

    def _untold_calls(self) -> int:
        """Of the engine of this plan, which all its shards share."""
        return next((planned.untold_calls() for planned in self.data.values()), 0)

    def _count_calls(self, n: int) -> None:
        if n > 0 and self._other_calls is not None:
            self._other_calls.add(n, next(planned.settings for planned in self.data.values()))

    def _is_asked_again(self, failed: Row) -> bool:
        return self._retry_failed or failed["instance_id"] in self._once_more


def gather_once(gatherings: Iterable[Gathering], compute: Compute) -> bool:
    """Compute and store what is left of all; whether anything was."""
    owners = {piece.key: (one, piece) for one in gatherings for piece in one.pieces()}
    made = False
    # One that has lost its claim stops; whoever has it now goes on from what is answered.
    with suppress(ClaimLost), closing(compute([piece for _, piece in owners.values()])) as found:
        for piece, shard in found:
            owners[piece.key][0].store(piece, shard)
            made = True
    return made


def gather_all(gatherings: Sequence[Gathering], compute: Compute, waiting: WaitForOthers) -> None:
    """Compute and store what is left of all, and wait for what other workers are at, until nothing is left."""
    made = gather_once(gatherings, compute)
    while True:
        for one in gatherings:
            one.look()
        if not (n := sum(len(one.left) for one in gatherings)):
            return
        if made:
            waiting.begin_anew()
        else:
            waiting.wait(n)
        # To begin may cost a connection to a cluster, so from now on one piece has to be free.
        free = any(piece.wanted() for one in gatherings for piece in one.pieces())
        made = free and gather_once(gatherings, compute)


def joined_facts(shards: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Facts of several shards as those of one: values that differ are joined by `; ` in order of appearance."""
    values: dict[str, dict[str, None]] = {}
    for facts in shards:
        for name, text in facts.items():
            values.setdefault(name, {})[text] = None
    return {name: "; ".join(texts) for name, texts in values.items()}


def _failed_ids(shard: pa.Table) -> set[str]:
    """Ids of the instances of a shard that failed."""
    ids, status = shard["instance_id"].to_pylist(), shard["status"].to_pylist()
    return {one for one, state in zip(ids, status, strict=True) if state == "failed"}


def _failures_of(shard: pa.Table) -> Counter[str]:
    """How many instances of a shard failed, for each error."""
    status, errors = shard["status"].to_pylist(), shard["error"].to_pylist()
    return Counter(str(error) for state, error in zip(status, errors, strict=True) if state == "failed")
