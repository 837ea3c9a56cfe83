"""When the next request may go out, shared by all threads of a run, and whether it may at all."""

from __future__ import annotations

import time
from threading import Event, Lock

from vqa_canary.counting import counted
from vqa_canary.engines.endpoint.failures import BudgetSpent, Stopped
from vqa_canary.engines.endpoint.options import Price


class Pacer:
    """Spreads requests evenly, at most so many a minute, and holds all of them while a server asks to wait.

    Parameters
    ----------
    requests_per_minute : None: as fast as they come
    """

    def __init__(self, requests_per_minute: float | None) -> None:
        self._gap = 60 / requests_per_minute if requests_per_minute else 0.0
        self._lock, self._next = Lock(), 0.0

    def wait(self, stop: Event) -> None:
        """Return when it is the calling thread's turn to send a request.

        Raises
        ------
        Stopped : `stop` was set first
        """
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if stop.wait(turn - now) if turn > now else stop.is_set():
            raise Stopped

    def hold(self, seconds: float) -> None:
        """Let no thread send a request before so many seconds have passed."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class Budget:
    """Counts requests, tokens and money of one run against their limits.

    The limit on requests is kept exactly. Tokens, and so money, are known only when a response is there: those
    under way when the limit is reached may exceed it.

    Parameters
    ----------
    max_cost : in the currency of `price`, without which nothing is known to cost
    """

    def __init__(
        self,
        max_calls: int | None,
        max_tokens: int | None,
        max_cost: float | None = None,
        price: Price | None = None,
    ) -> None:
        self._max_calls, self._max_tokens, self._lock = max_calls, max_tokens, Lock()
        self._max_cost, self._price = max_cost, price
        self.calls = self.tokens = self.uncounted = 0
        self.cost = 0.0

    def take_call(self) -> None:
        """Count one request that is about to go out.

        Raises
        ------
        BudgetSpent : it may not
        """
        with self._lock:
            if self._max_calls is not None and self.calls >= self._max_calls:
                raise BudgetSpent(f"the budget of {counted(self._max_calls, 'call')} (max_calls) is spent")
            if self._max_tokens is not None and self.tokens >= self._max_tokens:
                raise BudgetSpent(f"the budget of {counted(self._max_tokens, 'token')} (max_tokens) is spent")
            if self._max_cost is not None and self.cost >= self._max_cost:
                currency = self._price.currency if self._price else ""
                budget = f"{self._max_cost:,.10g} {currency}".rstrip()
                raise BudgetSpent(f"the budget of {budget} (max_cost) is spent")
            self.calls += 1

    def add_tokens(self, tokens: int, whole: bool = True) -> bool:
        """Count what a response says it took.

        Parameters
        ----------
        whole : whether it says so of all its tokens

        Returns
        -------
        whether this is the first response on which a limit of tokens or of money cannot be kept
        """
        with self._lock:
            self.tokens += tokens
            self.uncounted += not whole
            limited = self._max_tokens is not None or self._max_cost is not None
            return limited and not whole and self.uncounted == 1

    def add_cost(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Count what so many tokens cost."""
        if self._price is not None:
            with self._lock:
                self.cost += self._price.of(prompt_tokens, completion_tokens)
