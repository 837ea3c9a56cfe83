"""Threads that can be left, a pace that is kept, and a budget that is not exceeded."""

from __future__ import annotations

import time
from threading import Barrier, Event, Thread

import pytest

from vqa_canary.engines.endpoint.failures import BudgetSpent, Stopped
from vqa_canary.engines.endpoint.pacing import Budget, Pacer
from vqa_canary.engines.endpoint.workers import work_through


def test_every_item_is_done_once_and_together() -> None:
    barrier = Barrier(4)  # only four threads at once get past it

    def square(at: int) -> int:
        barrier.wait(5)
        return at * at

    assert sorted(work_through(square, range(8), 4, Event())) == [at * at for at in range(8)]


def test_leaving_drops_what_waits_at_once() -> None:
    begun, stop = [], Event()

    def work(at: int) -> int:
        begun.append(at)
        if at:
            Event().wait(30)  # a server that does not answer
        return at

    results = work_through(work, range(20), 2, stop)
    assert next(results) == 0
    start = time.monotonic()
    results.close()
    assert time.monotonic() - start < 1
    assert stop.is_set()
    assert len(begun) <= 3


def test_an_exception_comes_through() -> None:
    def work(at: int) -> int:
        raise KeyError(at)

    with pytest.raises(KeyError):
        list(work_through(work, range(3), 2, Event()))


def test_nothing_to_do_is_nothing() -> None:
    assert list(work_through(str, [], 3, Event())) == []


def test_turns_are_spread_evenly_over_threads() -> None:
    pacer, stop, turns = (
        Pacer(
            6000,
        ),
        Event(),
        [],
    )

    def go() -> None:
        for _ in range(5):
            pacer.wait(stop)
            turns.append(time.monotonic())

    start = time.monotonic()
    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(turns) - start >= 19 * 0.01
    assert all(later - start >= at * 0.01 - 1e-4 for at, later in enumerate(sorted(turns)))


def test_a_hold_keeps_all_waiting_and_a_stop_ends_it() -> None:
    pacer, stop = Pacer(None), Event()
    pacer.hold(0.05)
    start = time.monotonic()
    pacer.wait(stop)
    assert time.monotonic() - start >= 0.049
    pacer.hold(60)
    stop.set()
    with pytest.raises(Stopped):
        pacer.wait(stop)


def test_the_budget_of_calls_is_exact_under_threads() -> None:
    budget, taken = Budget(100, None), []

    def take() -> None:
        try:
            while True:
                budget.take_call()
                taken.append(1)
        except BudgetSpent:
            return

    threads = [Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == budget.calls == 100


def test_the_budget_of_tokens_stops_the_next_call() -> None:
    budget = Budget(None, 50)
    budget.take_call()
    budget.add_tokens(50)
    with pytest.raises(BudgetSpent, match="50 tokens"):
        budget.take_call()
