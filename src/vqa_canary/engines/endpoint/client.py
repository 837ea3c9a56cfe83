"""Asking one endpoint until it gives a sound answer, within pace and budget."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.endpoint.dialect import Dialect, is_limit
from vqa_canary.engines.endpoint.doubts import Doubts
from vqa_canary.engines.endpoint.failures import CallFailed, Stopped
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.pacing import Budget, Pacer
from vqa_canary.engines.endpoint.responses import Completion, Usage, Wanted, read_completion
from vqa_canary.engines.endpoint.transport import Received, Transport
from vqa_canary.engines.stopping import Breaker

if TYPE_CHECKING:
    from tenacity import RetryCallState

log = logging.getLogger(__name__)


@dataclass
class Tally:
    """Requests that were made about one instance, and the tokens that they took."""

    calls: int = 0
    """Number of requests that were sent, those that failed included."""
    usages: list[Usage] = field(default_factory=list)
    """Token counts of each sound response, in the order in which they came."""

    @property
    def prompt_tokens(self) -> int | None:
        """Tokens of all prompts; None where the server did not count those of every response."""
        return _sum([usage.prompt_tokens for usage in self.usages])

    @property
    def completion_tokens(self) -> int | None:
        """Tokens of all answers; None where the server did not count those of every response."""
        return _sum([usage.completion_tokens for usage in self.usages])

    @property
    def reused_tokens(self) -> int | None:
        """Tokens of prompts that came from the server's cache; None where it does not say so of every response."""
        total = _sum([usage.cached_tokens for usage in self.usages])
        return total if total is not None and total <= (self.prompt_tokens or -1) else None


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


class Client:
    """Requests to one endpoint; threads share it.

    Parameters
    ----------
    breaker : told of every request that fails in a way that may pass, and of sound answers
    """

    def __init__(self, options: EndpointModel, breaker: Breaker | None = None) -> None:
        self._options, self._breaker = options, breaker
        self.stop = Event()
        """Once set, no thread waits any more, and no further request goes out."""
        self._transport: Transport | None = None
        self._pacer = Pacer(options.requests_per_minute)
        self.budget = Budget(
            options.max_calls, options.max_tokens, options.max_cost, options.price_per_million
        )
        self.doubts = Doubts()
        """Of answers whose tokens do not spell their text."""
        self.dialect = Dialect()
        """How requests are put; the canary finds it out."""
        self._lock, self._ids = Lock(), set[str | int]()
        self.ids_vary = False
        """Whether a response id that comes again means an answer that comes again.

        Of two responses with one id, the first to arrive is believed.
        """
        self.model_names: set[str] = set()
        """Names by which the server called the model."""
        self.server: str | None = None
        """The `Server` header."""

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Requests can be made; afterwards all waiting ends and connections are closed."""
        self.stop, self._transport = Event(), Transport(self._options)
        try:
            yield
        finally:
            self.stop.set()
            self._transport.close()

    def complete(self, body: dict[str, Any], wanted: Wanted, tally: Tally) -> Completion:
        """A sound answer to one chat request; failures that may pass are retried.

        Parameters
        ----------
        body : the request without `model`, put in the server's dialect here; `extra_body` of the options and of the
            credentials is put over it
        tally : counts every request

        Raises
        ------
        CallFailed : no sound answer after all retries, or a failure that stays
        BudgetSpent, Stopped : no answer was waited for
        TooManyFailures : nothing has been answered for too long
        """
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        extra = self._options.sent_with_all | self._options.secret_body.get_secret_value()
        put = self.dialect.spoken(body)
        # The user's own fields come last and win; null takes a field out. What the study's sampling sets is the user's
        # too, and closer, since only samples have it.
        whole = {"model": self._options.model} | put | extra
        whole |= {name: value for name, value in put.items() if is_limit(name, value)}
        whole = {name: value for name, value in whole.items() if value is not None}
        limits = (whole.get(name) for name in ("max_tokens", "max_completion_tokens"))
        wanted = replace(wanted, limit=next((limit for limit in limits if isinstance(limit, int)), None))
        attempts = Retrying(
            stop=stop_after_attempt(self._options.retries + 1),
            retry=retry_if_exception(lambda error: isinstance(error, CallFailed) and error.retry),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        return attempts(self._watched, whole, wanted, tally)

    def models(self) -> Any:
        """What `/models` answers, or None where it gives no answer: it is asked once, for information only."""
        try:
            return self._send("GET", "models", None).content
        except CallFailed:
            return None

    def _watched(self, body: dict[str, Any], wanted: Wanted, tally: Tally) -> Completion:
        """One attempt, of which the breaker is told. A server that says when to come again works as it should."""
        try:
            completion = self._attempt(body, wanted, tally)
        except CallFailed as error:
            busy = error.status == 429 or error.retry_after is not None
            if self._breaker and error.retry and not busy:
                self._breaker.request_failed(tally, str(error))
            raise
        if self._breaker:
            self._breaker.request_answered()
        return completion

    def _attempt(self, body: dict[str, Any], wanted: Wanted, tally: Tally) -> Completion:
        # Counted before it is sent, so that no run sends more than `max_calls` whatever becomes of its requests.
        self.budget.take_call()
        tally.calls += 1
        received = self._send("POST", "chat/completions", body)
        completion = read_completion(received.content, wanted)
        self.budget.add_cost(completion.usage.prompt_tokens or 0, completion.usage.completion_tokens or 0)
        if self.budget.add_tokens(completion.usage.total, completion.usage.whole):
            log.warning(
                "%s: a response does not say how many tokens it took; max_tokens and max_cost count only those of "
                "the others.",
                self._options.base_url,
            )
        self._note(completion, received.server)
        tally.usages.append(completion.usage)
        return completion

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> Received:
        self._pacer.wait(self.stop)
        if self._transport is None:
            raise RuntimeError("a request outside `connected`")
        return self._transport.send(method, path, body)

    def _note(self, completion: Completion, server: str | None) -> None:
        with self._lock:
            # Some gateways answer from a cache: samples that are one cached answer would look like certainty.
            if self.ids_vary and completion.id in self._ids:
                raise CallFailed("bad response: an answer given before, by its id")
            if completion.id is not None:
                self._ids.add(completion.id)
            if completion.model and completion.model not in self.model_names:
                if self.model_names:
                    log.warning("%s: another model answers now: %s", self._options.base_url, completion.model)
                self.model_names.add(completion.model)
            self.server = server or self.server

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next attempt: what the server asks for, else longer each time, with jitter."""
        from tenacity import wait_random_exponential

        longest = self._options.max_wait
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, CallFailed) and error.retry_after is not None:
            seconds = min(error.retry_after, longest)
            # A server that asks for a pause asks all threads for it.
            self._pacer.hold(seconds)
            return seconds
        shortest = self._options.min_wait
        wait = wait_random_exponential(multiplier=2 * shortest, max=longest, min=min(shortest, longest))
        return float(wait(state))

    def _sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped
