"""When a run stops of itself: the rules, against their definition."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.engines.stopping import WINDOW, Breaker, Stopping
from vqa_canary.errors import TooManyFailures
from vqa_canary.rows import Evidence


def row(at: int, ok: bool, calls: int | None = 1, error: str = "HTTP status 503") -> Evidence:
    return (
        Evidence("m", str(at), calls=calls)
        if ok
        else Evidence("m", str(at), status="failed", error=error, calls=calls)
    )


def opened_at(answers: list[bool], **settings: Any) -> tuple[int, TooManyFailures] | None:
    """At which row the breaker opens, and what it says."""
    breaker = Breaker("m", Stopping(**settings))
    for at, ok in enumerate(answers):
        try:
            breaker.count(row(at, ok))
        except TooManyFailures as error:
            return at, error
    return None


@given(
    st.lists(st.booleans(), max_size=300),
    st.integers(1, 12) | st.none(),
    st.sampled_from([None, 0.05, 0.5, 1.0]),
)
def test_it_opens_where_the_definition_says(
    answers: list[bool], most: int | None, share: float | None
) -> None:
    found = opened_at(answers, stop_after_failures=most, stop_at_failure_share=share)
    expected = None
    for at in range(len(answers)):
        in_a_row = most is not None and at + 1 >= most and not any(answers[at + 1 - most : at + 1])
        last = answers[max(at + 1 - WINDOW, 0) : at + 1]
        of_last = share is not None and len(last) == WINDOW and last.count(False) >= share * WINDOW
        # a share is reached by a failure; an answer that fills the window comes after it
        if not answers[at] and (in_a_row or of_last):
            expected = at
            break
    assert (None if found is None else found[0]) == expected
    if found is not None:
        ids = set(found[1].instances)
        assert ids <= {str(at) for at in range(found[0] + 1) if not answers[at]}
        assert str(found[0]) in ids


def test_what_was_never_sent_counts_neither_way() -> None:
    breaker = Breaker("m", Stopping(stop_after_failures=3))
    for at in range(50):
        breaker.count(row(at, ok=False, calls=0, error="image 'a.png': gone"))
    breaker.count(row(50, ok=False))
    breaker.count(row(51, ok=False))
    breaker.count(row(52, ok=False, calls=0, error="not asked: the budget is spent"))
    with pytest.raises(TooManyFailures):
        breaker.count(row(53, ok=False))


def test_the_message_says_why_what_is_kept_and_how_to_go_on() -> None:
    breaker = Breaker("mine", Stopping(stop_after_failures=4))
    breaker.count(row(0, ok=True))
    for at, error in enumerate(
        ["HTTP status 503, 6 calls in all", "HTTP status 503, 2 calls in all", "no answer within 5 s"], 1
    ):
        breaker.count(row(at, ok=False, error=error))
    with pytest.raises(TooManyFailures) as caught:
        breaker.count(row(4, ok=False, error="image 'patient Smith.png': gone"))
    told = str(caught.value)
    assert told.startswith(
        "models.mine: stopped, because 4 questions in a row failed: 2 x HTTP status 503; 1 x "
    )
    assert "What was answered in this run is kept: 1 question." in told
    assert "run the same command again" in told
    assert "models.mine.stop_after_failures" in told
    assert "Smith" not in told
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.model, again.instances) == (told, "mine", ("1", "2", "3", "4"))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_requests_alone_open_it_after_a_while_if_they_are_about_several_questions() -> None:
    clock = Clock()
    breaker = Breaker("m", Stopping(stop_after_failures=5), outage=15, clock=clock)
    first, second = object(), object()

    def fail(about: object, seconds: float) -> None:
        clock.now += seconds
        breaker.request_failed(about, "connection refused")

    for _ in range(40):
        fail(first, 1)  # one question that no server survives says nothing of the others
    fail_of_second = pytest.raises(TooManyFailures, match="no request had a sound answer for 40 s")
    with fail_of_second as caught:
        fail(second, 1)
    assert "41 x connection refused" in str(caught.value)
    breaker.request_answered()
    for about in (first, second) * 10:
        fail(about, 1.5 / 2)  # in less than 15 s nothing happens, however many fail
    with pytest.raises(TooManyFailures):
        fail(first, 1)
    breaker.request_answered()
    fail(first, 1)
    fail(second, 100)
    fail(first, 100)
    fail(second, 100)  # four: too few, however long it lasts
    with pytest.raises(TooManyFailures):
        fail(first, 1)


@pytest.mark.parametrize("how", [{"stop_after_failures": None}, {}])
def test_what_is_switched_off_never_opens(how: dict[str, Any]) -> None:
    clock = Clock()
    breaker = Breaker("m", Stopping(**how), outage=None if not how else 1.0, clock=clock)
    for at in range(100):
        clock.now += 1
        breaker.request_failed(object(), f"{at}")
    assert opened_at([False] * 300, stop_after_failures=None, stop_at_failure_share=None) is None
