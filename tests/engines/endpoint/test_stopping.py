"""A dead or failing endpoint is found out, and the run stops."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.engines.endpoint.asking import CANARY_CALLS, ask, draw, make_engine, make_instances
from tests.engines.endpoint.fake_model import shown
from tests.engines.endpoint.fault_server import FOREVER, Fault, Json, Script, serving
from tests.engines.endpoint.faults import SECRET, error_body

from vqa_canary.errors import TooManyFailures
from vqa_canary.rows import Evidence


def dying(after: int, fault: Fault) -> Script:
    return lambda number, body: fault if number >= CANARY_CALLS + after else None


def stopped(server: Any, n: int = 400, **options: Any) -> tuple[list[Evidence], TooManyFailures]:
    """What is given before the run stops, and what it says."""
    found: list[Evidence] = []
    with pytest.raises(TooManyFailures) as caught:
        for one in make_engine(server, **options).answer(make_instances(n), draw):
            found.append(one)
    return found, caught.value


@pytest.mark.parametrize("concurrency", [1, 4, 16])
def test_a_server_that_refuses_everything_is_asked_little_more(concurrency: int) -> None:
    fault = Fault(500, body=error_body(code="boom"))
    with serving(script=dying(40, fault)) as server:
        found, error = stopped(server, concurrency=concurrency, retries=1, stop_after_outage=None)
        asked = len(server.requests)
    failed = [one.instance_id for one in found if one.status == "failed"]
    # A question may be answered though its neighbours, asked at the same time, failed: the row of ten starts after it.
    assert 10 <= len(failed) < 10 + concurrency
    assert [one.status for one in found[-10:]] == ["failed"] * 10
    assert set(error.instances) == set(failed[-10:])
    assert "10 questions in a row failed: 10 x HTTP status 500 (boom)" in str(error)
    assert SECRET not in str(error)
    assert asked <= CANARY_CALLS + 40 + 2 * (10 + 2 * concurrency)


@pytest.mark.parametrize("fault", [Fault(cut=0), Fault(503, body=b""), Fault(body=b"<html>")], ids=repr)
def test_while_nothing_is_answered_it_does_not_wait_for_all_retries(fault: Fault) -> None:
    """Each question would be tried for minutes before it fails."""
    patient: dict[str, Any] = {"retries": 1000, "min_wait": 0.01, "max_wait": 0.05, "concurrency": 4}
    with serving(script=dying(20, fault)) as server:
        start = time.monotonic()
        _, error = stopped(server, stop_after_outage=0.5, **patient)
        assert time.monotonic() - start < 60
    assert "no request had a sound answer for" in str(error)
    assert "stop_after_outage" in str(error)


def test_an_outage_that_ends_in_time_is_survived() -> None:
    down = Fault(503, body=b"")
    with serving(script=lambda number, body: down if 30 <= number < 60 else None) as server:
        _, found = ask(server, n=20, retries=100, stop_after_outage=60.0)
    assert {one.status for one in found} == {"ok"}


def test_one_question_that_no_server_survives_stops_nothing() -> None:
    def script(number: int, body: Json) -> Fault | None:
        return Fault(cut=0) if "number 3?" in shown(body)[1] and number >= CANARY_CALLS else None

    with serving(script=script) as server:
        _, found = ask(server, n=8, retries=60, concurrency=1, stop_after_outage=0.0)
    assert [one.status for one in found].count("failed") == 1


def test_a_server_that_asks_for_a_pause_is_not_dead() -> None:
    busy = Fault(429, {"Retry-After": "0.01"}, b"{}")
    with serving(script=lambda number, body: busy if 20 <= number < 80 else None) as server:
        _, found = ask(server, n=20, retries=200, stop_after_outage=0.0)
    assert {one.status for one in found} == {"ok"}


def test_half_of_the_last_hundred_stop_it_though_others_are_answered() -> None:
    doomed = Fault(400, body=error_body(code="context_length_exceeded"))

    def script(number: int, body: Json) -> Fault | None:
        at = int(shown(body)[1].split("number ")[1].split("?")[0])
        return doomed if at % 2 and number >= CANARY_CALLS else None

    with serving(script=script) as server:
        found, error = stopped(server, concurrency=1)
        _, all_asked = ask(server, n=120, stop_at_failure_share=None)
    assert len(found) == 100
    assert "50 of the last 100 questions failed: 50 x HTTP status 400 (context_length_exceeded)" in str(error)
    assert len(error.instances) == 50
    assert [one.status for one in all_asked].count("failed") == 60


def test_a_silent_server_is_left_after_some_waits() -> None:
    with serving(script=dying(20, Fault(hang=FOREVER))) as server:
        _, error = stopped(server, timeout=0.3, retries=1000, stop_after_outage=0.2)
    assert "no answer within 0.3 s" in str(error)


def test_the_row_of_failures_goes_on_from_part_to_part() -> None:
    with serving(script=dying(0, Fault(500, body=b""))) as server:
        engine = make_engine(server, retries=0, stop_after_outage=None)
        parts = make_instances(12)
        for at in range(0, 9, 3):
            list(engine.answer(parts[at : at + 3], draw))
        with pytest.raises(TooManyFailures):
            list(engine.answer(parts[9:], draw))


def test_a_spent_budget_is_no_failure_of_the_server() -> None:
    with serving() as server:
        _, found = ask(server, n=150, max_calls=20)
    assert [one.status for one in found].count("failed") > 100
