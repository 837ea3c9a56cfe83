"""Threads that can be left, a pace that is kept, and a budget that is not exceeded."""

from __future__ import annotations

import sys
import threading
import time
from threading import Barrier, Event, Thread

import pytest
from tests.engines.endpoint.fault_server import PATIENCE

from vqa_canary.engines.endpoint.failures import BudgetSpent, Stopped
from vqa_canary.engines.endpoint.options import Price
from vqa_canary.engines.endpoint.pacing import Budget, Pacer
from vqa_canary.engines.endpoint.workers import MANY, TURN, work_through


def test_every_item_is_done_once_and_together() -> None:
    barrier = Barrier(4)  # only four threads at once get past it

    def square(at: int) -> int:
        barrier.wait(PATIENCE)
        return at * at

    assert sorted(work_through(square, range(8), 4, Event())) == [at * at for at in range(8)]


def test_many_threads_take_longer_turns_while_they_work() -> None:
    before = sys.getswitchinterval()

    def turn(_: int) -> float:
        return sys.getswitchinterval()

    assert set(work_through(turn, range(MANY), MANY, Event())) == {before}
    results = work_through(turn, range(MANY + 1), MANY + 1, Event())
    assert next(results) == pytest.approx(max(TURN, before))
    results.close()
    assert sys.getswitchinterval() == pytest.approx(before)


def test_leaving_drops_what_waits_at_once() -> None:
    begun, stop, answered = [], Event(), Event()

    def work(at: int) -> int:
        begun.append(at)
        if at:
            answered.wait(PATIENCE)  # a server that does not answer
        return at

    before = set(threading.enumerate())
    results = work_through(work, range(20), 2, stop)
    assert next(results) == 0
    results.close()
    assert stop.is_set()
    left = set(threading.enumerate()) - before
    assert left  # nobody has waited for them
    answered.set()
    for thread in left:
        thread.join(PATIENCE)
    assert len(begun) <= 3


def test_an_exception_comes_through() -> None:
    def work(at: int) -> int:
        raise KeyError(at)

    with pytest.raises(KeyError):
        list(work_through(work, range(3), 2, Event()))


def test_nothing_to_do_is_nothing() -> None:
    assert list(work_through(str, [], 3, Event())) == []


def test_turns_are_spread_evenly_over_threads() -> None:
    pacer, stop, turns = Pacer(6000), Event(), []

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
    assert len(turns) == 20
    assert all(turn - start >= at * 0.01 for at, turn in enumerate(sorted(turns)))


def test_a_hold_keeps_all_waiting_and_a_stop_ends_it() -> None:
    pacer, stop = Pacer(None), Event()
    start = time.monotonic()
    pacer.hold(0.05)
    pacer.wait(stop)
    assert time.monotonic() - start >= 0.05
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


def test_the_budget_of_money_stops_the_next_call() -> None:
    """Two tokens that are read and three that are written, at 1 and 10 a million."""
    budget = Budget(None, None, 64e-6, Price(input=1, output=10, currency="EUR"))
    budget.take_call()
    budget.add_cost(2, 3)
    assert budget.cost == pytest.approx(32e-6)
    budget.take_call()
    budget.add_cost(2, 3)
    with pytest.raises(BudgetSpent, match=r"budget of 6.4e-05 EUR \(max_cost\) is spent"):
        budget.take_call()


def test_without_prices_nothing_is_known_to_cost() -> None:
    budget = Budget(None, None)
    budget.add_cost(10**9, 10**9)
    assert budget.cost == 0
    budget.take_call()


def test_the_first_uncounted_response_is_told_where_money_is_limited() -> None:
    price = Price(input=1, output=10)
    limited, free = Budget(None, None, 1.0, price), Budget(None, None, None, price)
    assert [limited.add_tokens(0, whole=False) for _ in range(2)] == [True, False]
    assert not free.add_tokens(0, whole=False)


def test_the_budget_of_tokens_stops_the_next_call() -> None:
    budget = Budget(None, 50)
    budget.take_call()
    budget.add_tokens(50)
    with pytest.raises(BudgetSpent, match="50 tokens"):
        budget.take_call()
