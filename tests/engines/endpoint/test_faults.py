"""Nothing lost, nothing counted twice, nothing invented: the engine against servers that fail."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from tests.engines.endpoint.asking import CANARY_CALLS, SAMPLING, ask, draw, make_engine, make_instances
from tests.engines.endpoint.fake_model import FakeModel, shown
from tests.engines.endpoint.fault_server import FOREVER, Fault, Json, Script, serving
from tests.engines.endpoint.faults import (
    FEWER,
    PASSING,
    REPEATED_INDEX,
    SECRET,
    RandomFaults,
    edit_choices,
    error_body,
    in_a_minute,
    replay,
)

from vqa_canary.engines.endpoint.pacing import Pacer
from vqa_canary.rows import Evidence


def after_canary(fault: Fault, when: Any = lambda body: True, times: int = 1) -> Script:
    """`fault` for the first `times` fitting requests about instances; the canary's are spared."""
    left = [times]

    def script(number: int, body: Json) -> Fault | None:
        if number < CANARY_CALLS or not left[0] or not when(body):
            return None
        left[0] -= 1
        return fault

    return script


def without_calls(found: list[Evidence]) -> list[Evidence]:
    return [replace(one, calls=None) for one in found]


WithoutFaults = tuple[list[Evidence], int]


@pytest.fixture(scope="module")
def without_faults() -> WithoutFaults:
    """What a sound server's answers make, and how many requests it took."""
    with serving() as server:
        _, found = ask(server)
        return found, len(server.requests)


def has_list(body: Json) -> bool:
    return bool(body.get("top_logprobs"))


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_asked_again(name: str, without_faults: WithoutFaults) -> None:
    sound, asked = without_faults
    with serving(script=after_canary(PASSING[name], has_list, times=3)) as server:
        _, found = ask(server)
        assert len(server.requests) == asked + 3
    assert without_calls(found) == without_calls(sound)
    assert sum(one.calls or 0 for one in found) == sum(one.calls or 0 for one in sound) + 3


@pytest.mark.parametrize("fault", [Fault(hang=FOREVER), Fault(drip=0.05)], ids=["hangs", "drips"])
def test_a_server_that_keeps_one_waiting_is_given_up_on_and_asked_again(
    fault: Fault, without_faults: WithoutFaults
) -> None:
    """An answer of a thousand bytes that drips takes a minute, and would be sound in the end."""
    sound, asked = without_faults
    with serving(script=after_canary(fault, times=2)) as server:
        _, found = ask(server, timeout=0.3, retries=100)  # a busy machine may need some more
    assert len(server.requests) >= asked + 2
    assert without_calls(found) == without_calls(sound)


def test_repeated_indices_are_no_samples(without_faults: WithoutFaults) -> None:
    sound, asked = without_faults
    with serving(script=after_canary(REPEATED_INDEX, lambda body: body.get("n", 1) > 1, 3)) as server:
        _, found = ask(server)
        assert len(server.requests) == asked + 3
    assert without_calls(found) == without_calls(sound)


@pytest.mark.parametrize("date", [True, False])
def test_the_wait_that_a_server_asks_for_holds_everybody(date: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for a turn once the wait is known gets it after the wait."""
    holds: list[tuple[float, float]] = []
    turns: list[tuple[float, int]] = []
    hold, wait = Pacer.hold, Pacer.wait

    def watched_hold(self: Pacer, seconds: float) -> None:
        known = time.monotonic()
        hold(self, seconds)
        holds.append((known, seconds))

    def watched_wait(self: Pacer, stop: threading.Event) -> None:
        known = len(holds)
        wait(self, stop)
        if known:
            turns.append((time.monotonic(), threading.get_ident()))

    def script(number: int, body: Json) -> Fault | None:
        wanted = {"Retry-After": in_a_minute() if date else "0.6"}
        return Fault(429, wanted, b"{}") if number == 12 else None

    monkeypatch.setattr(Pacer, "hold", watched_hold)
    monkeypatch.setattr(Pacer, "wait", watched_wait)
    with serving(script=script) as server:
        _, found = ask(server, n=30, max_wait=0.5, concurrency=4)
    assert all(one.status == "ok" for one in found)
    [(known, seconds)] = holds
    assert seconds == 0.5
    assert all(turn >= known + seconds for turn, _ in turns)
    assert len({thread for _, thread in turns}) > 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(500, body=error_body(type="server_error")), "HTTP status 500 (server_error), 4 calls in all"),
        (Fault(429, body=error_body(code=SECRET)), "HTTP status 429, 4 calls in all"),
        (
            Fault(400, body=error_body(code="context_length_exceeded")),
            "HTTP status 400 (context_length_exceeded)",
        ),
        (Fault(401, body=error_body(code="invalid_api_key")), "HTTP status 401 (invalid_api_key)"),
        (Fault(404, body=error_body(code="a b: c")), "HTTP status 404"),
        (Fault(302, {"Location": "http://127.0.0.1:1/"}, b""), "HTTP status 302"),
        (Fault(cut=10), "connection cut, 4 calls in all"),
        (Fault(body=b"<html>"), "bad response: not JSON, 4 calls in all"),
        (edit_choices(lambda _: []), "bad response: 0 choices for 1 asked, 4 calls in all"),
        (
            Fault(edit=lambda a: a | {"choices": [{"index": 0, "message": {"content": 5}}]}),
            "bad response: field",
        ),
    ],
)
def test_what_stays_fails_its_instance_alone(
    fault: Fault, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="vqa_canary")
    doomed = "number 3?"
    with serving(script=after_canary(fault, lambda body: doomed in shown(body)[1], 100)) as server:
        engine, found = ask(server, retries=3, api_key=SECRET)
    [failed] = [one for one in found if one.status == "failed"]
    assert (failed.error or "").startswith(error)
    retried = fault.status in (200, 429) or fault.status >= 500
    assert failed.calls == (4 if retried else 1)
    assert failed == Evidence(
        "fake", failed.instance_id, status="failed", error=failed.error, calls=failed.calls
    )
    seen = repr([found, engine.facts, caplog.records, caplog.text])
    assert SECRET not in seen
    assert "Which organ" not in caplog.text


def say(content: Any, reason: str = "stop", **message: Any) -> Fault:
    """Another message, and tokens that spell it."""
    said = {"role": "assistant", "content": content, **message}
    parts = content if isinstance(content, list) else [{"text": content or ""}]
    spelt = "".join(part["text"] for part in parts)

    def change(choice: Json) -> Json:
        if not choice.get("logprobs"):
            return choice | {"message": said, "finish_reason": reason}
        first = choice["logprobs"]["content"][0]
        listed = {one["token"]: one["logprob"] for one in first["top_logprobs"]}
        first |= {"token": spelt, "logprob": listed.get(spelt, first["logprob"])}
        return choice | {"message": said, "finish_reason": reason, "logprobs": {"content": [first]}}

    return edit_choices(lambda found: [change(one) for one in found])


def greedy_first(body: Json) -> bool:
    return body["temperature"] == 0 and len(body["messages"]) == 1


def asked_one(fault: Fault) -> Evidence:
    """The evidence of one instance whose greedy answer is changed by `fault`."""
    with serving(script=after_canary(fault, greedy_first, 100)) as server:
        _, found = ask(server, n=7, concurrency=1)
    return found[-1]


def test_no_answer_within_the_token_limit_is_a_failure_and_not_retried() -> None:
    empty: tuple[Any, ...] = ("", "  \n", None, [])
    for content in empty:
        one = asked_one(say(content, "length"))
        assert (one.error or "").startswith("the token limit was used up before an answer began")
        assert one.calls == 1


def test_an_empty_answer_names_nothing() -> None:
    one = asked_one(say(None))
    assert (one.status, one.greedy_text, one.greedy_choice, one.p_true) == ("ok", "", None, None)
    assert one.verbalized_text is None
    assert ("verbalized_confidence", "the answer is empty") in [(g.field, g.reason) for g in one.gaps or ()]


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (say(None, refusal="I cannot help with that."), "I cannot help with that."),
        (say("A", "content_filter"), "A"),
        (say("", "content_filter"), ""),
    ],
)
def test_a_refusal_names_nothing(fault: Fault, text: str) -> None:
    one = asked_one(fault)
    assert (one.status, one.greedy_text, one.greedy_choice, one.p_true) == ("ok", text, None, None)
    assert one.option_logprobs is None
    assert ("option_logprobs", "the endpoint refused to answer") in [
        (g.field, g.reason) for g in one.gaps or ()
    ]


def test_a_refusal_without_log_probs_says_so() -> None:
    fault = Fault(
        edit=lambda a: (
            a
            | {
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"content": None, "refusal": "No."}}
                ]
            }
        )
    )
    one = asked_one(fault)
    assert one.option_logprobs is None
    reasons = {gap.field: gap.reason for gap in one.gaps or ()}
    assert reasons["option_logprobs"] == reasons["greedy_token_logprobs"] == "the endpoint refused to answer"


def test_an_answer_in_parts_is_put_together() -> None:
    one = asked_one(say([{"type": "text", "text": "("}, {"type": "text", "text": "A)"}]))
    assert (one.greedy_text, one.greedy_choice) == ("(A)", 0)


def test_log_probs_are_read_behind_a_reasoning() -> None:
    def think(found: list[Json]) -> list[Json]:
        [choice] = found
        thought = [
            {
                "token": token,
                "logprob": -0.1,
                "top_logprobs": [{"token": f" {at}", "logprob": -6} for at in range(20)],
            }
            for token in ("<think>", "A", "</think>", "\n\n")
        ]
        message = choice["message"] | {"reasoning_content": "A"}
        return [
            choice | {"message": message, "logprobs": {"content": [*thought, *choice["logprobs"]["content"]]}}
        ]

    with serving() as server:
        _, sound = ask(server, n=7, concurrency=1)
    one = asked_one(edit_choices(think))
    assert one.option_logprobs is not None
    assert without_calls([one]) == without_calls(sound[-1:])


def test_log_probs_of_a_reasoning_are_not_the_answers() -> None:
    thinking = {"content": "I see something.", "reasoning_content": "Let me think."}
    one = asked_one(edit_choices(lambda found: [one | {"message": thinking} for one in found]))
    assert (one.greedy_choice, one.option_logprobs, one.greedy_token_logprobs) == (None, None, None)
    assert any(
        "which of the listed tokens are the answer's cannot be seen" in gap.reason for gap in one.gaps or ()
    )


def test_of_a_list_that_names_no_letter_the_chosen_one_alone_is_read() -> None:
    hidden = tuple(f"{before}{letter}" for before in ("", " ", "\n", "(") for letter in "ABCDEF")
    with serving(FakeModel(hides=hidden)) as server:
        _, found = ask(server)
    for one in found:
        if one.option_logprobs is None:
            assert any("listed tokens names an option" in gap.reason for gap in one.gaps or ())
        else:
            letters = set("ABCDEF"[: len(one.option_logprobs)])
            assert one.greedy_choice is not None
            assert letters - {"ABCDEF"[one.greedy_choice]} <= set(one.bounded or ())


def test_missing_words_are_flagged() -> None:
    with serving(FakeModel(hides=("A", " A", "\nA", "(A", "False", " False"))) as server:
        _, found = ask(server, n=8)
    read = [one for one in found if one.option_logprobs is not None and one.greedy_choice != 0]
    assert read
    assert all("A" in (one.bounded or ()) for one in read)
    judged = [one for one in found if one.p_true is not None]
    assert any("False" in (one.bounded or ()) for one in judged)
    assert all(0 < (one.p_true or 0) < 1 for one in judged)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_fewer_choices_are_kept_and_the_rest_is_asked_for(share: float) -> None:
    several = after_canary(FEWER, lambda body: body.get("n", 1) > 1, 3 if share < 1 else 1000)
    with serving(script=several) as server:
        _, found = ask(server)
    assert all(len(one.samples or ()) == SAMPLING.n_samples for one in found)
    asked = [body for body in server.requests[CANARY_CALLS:] if body["temperature"]]
    assert len({body["seed"] for body in asked}) == len(asked)


def test_a_replayed_answer_is_not_believed() -> None:
    with serving() as server:
        _, sound = ask(server)

    def script(number: int, body: Json) -> Fault | None:
        return replay(server) if number in (12, 15, 18) else None

    with serving() as server:
        server.script = script
        _, found = ask(server)
        assert len(server.requests) == len(server.answers) + 3
    assert without_calls(found) == without_calls(sound)


def given_samples(answers: list[tuple[Json, Json]]) -> dict[str, Counter[str]]:
    """Texts that the server gave as samples, by the question that was asked."""
    found: dict[str, Counter[str]] = {}
    for body, answer in answers:
        if body["temperature"]:
            said = (choice["message"]["content"].strip() for choice in answer["choices"])
            found.setdefault(shown(body)[1], Counter()).update(said)
    return found


@pytest.mark.parametrize(("most_choices", "seed"), [(100, 0), (1, 1)])
def test_of_thirty_per_cent_failures_nothing_is_seen(most_choices: int, seed: int) -> None:
    n = 16
    with serving(FakeModel(most_choices=most_choices)) as server:
        sound_engine, sound = ask(server, n=n)
        spared = int(sound_engine.facts["canary_calls"])
    faults = RandomFaults(0.3, seed)
    with serving(FakeModel(most_choices=most_choices), faults) as server:
        faults.server = server
        engine, found = ask(server, n=n, retries=25, timeout=3, concurrency=6)
        assert len(faults.used) > 0.2 * len(server.requests)
    assert len(set(faults.used)) > 10
    varying = {"source": "", "canary_calls": ""}
    assert engine.facts | varying == sound_engine.facts | varying
    assert without_calls(found) == without_calls(sound)
    by_id = {one.instance_id: one for one in make_instances(n)}
    given = given_samples(server.answers)
    for one in found:  # each sample is one that the server gave about this question, none is used twice
        asked = by_id[one.instance_id].question
        [texts] = [count for text, count in given.items() if asked in text]
        assert not Counter(sample.text for sample in one.samples or ()) - texts
    total = sum(one.calls or 0 for one in found) + int(engine.facts["canary_calls"])
    assert total == len(server.requests) > sum(one.calls or 0 for one in sound) + spared


def test_without_retries_failures_are_rows() -> None:
    faults = RandomFaults(0.3, 3)

    def script(number: int, body: Json) -> Fault | None:
        return faults(number, body) if number >= CANARY_CALLS else None

    with serving(script=script) as server:
        faults.server = server
        _, found = ask(server, n=20, retries=0, concurrency=1, timeout=3)
    with serving() as server:
        sound = {one.instance_id: one for one in make_engine(server).answer(make_instances(20), draw)}
    failed = [one for one in found if one.status == "failed"]
    assert 5 < len(failed) < 20
    assert all(one == sound[one.instance_id] for one in found if one.status == "ok")
