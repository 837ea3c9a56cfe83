"""An answer whose tokens do not spell its text is asked again, a few times and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.engines.endpoint.asking import CANARY_CALLS, ask
from tests.engines.endpoint.fault_server import Fault, Json, Script, serving
from tests.engines.endpoint.faults import edit_choices

from vqa_canary.engines.endpoint.doubts import AGAIN, IN_VAIN, Doubts
from vqa_canary.engines.endpoint.responses import Reply, Wanted, read_completion
from vqa_canary.rows import Evidence


def in_another_script(found: list[Json]) -> list[Json]:
    """Tokens of other letters than a to z spell another word than the text, which no comparison of ASCII sees."""
    tokens = [
        {"token": one, "logprob": -0.1, "top_logprobs": [{"token": one, "logprob": -0.1}]} for one in "肝臓"
    ]
    changed = {"message": {"role": "assistant", "content": "肺"}, "logprobs": {"content": tokens}}
    return [one | changed if one.get("logprobs") else one for one in found]


OTHERWISE = edit_choices(in_another_script)


def first_greedy(times: int) -> Script:
    """That fault for the first so many greedy requests about instances."""
    left = [times]

    def script(number: int, body: Json) -> Fault | None:
        greedy = body["temperature"] == 0 and body.get("top_logprobs") and len(body["messages"]) == 1
        if number < CANARY_CALLS or not greedy or not left[0]:
            return None
        left[0] -= 1
        return OTHERWISE

    return script


def without_calls(found: list[Evidence]) -> list[Evidence]:
    return [
        replace(one, calls=None, prompt_tokens=None, completion_tokens=None, reused_tokens=None)
        for one in found
    ]


@pytest.mark.parametrize("times", range(1, AGAIN + 1))
def test_the_next_answer_is_taken(times: int) -> None:
    with serving() as server:
        _, sound = ask(server, concurrency=1)
    with serving(script=first_greedy(times)) as server:
        _, found = ask(server, concurrency=1)
    assert without_calls(found) == without_calls(sound)
    assert sum(one.calls or 0 for one in found) == sum(one.calls or 0 for one in sound) + times


def test_what_stays_has_no_log_probs_and_the_reason() -> None:
    with serving(script=first_greedy(AGAIN + 1)) as server:
        _, found = ask(server, concurrency=1)
    [one] = [one for one in found if one.greedy_text == "肺"]
    assert (one.status, one.option_logprobs, one.greedy_token_logprobs) == ("ok", None, None)
    reasons = {gap.field: gap.reason for gap in one.gaps or ()}
    assert reasons["option_logprobs"] == "which of the listed tokens are the answer's cannot be seen"


def test_a_server_that_always_does_so_is_soon_taken_as_it_is() -> None:
    with serving() as server:
        _, sound = ask(server, n=30, concurrency=1)
    with serving(script=first_greedy(10_000)) as server:
        _, found = ask(server, n=30, concurrency=1)
        greedy = [body for body in server.requests[CANARY_CALLS:] if body["temperature"] == 0]
        first = [body for body in greedy if len(body["messages"]) == 1]
    assert len(first) == 30 + IN_VAIN * AGAIN
    assert len(found) == len(sound) == 30


def given(text: str, tokens: list[str], **message: Any) -> Reply:
    positions = [
        {"token": one, "logprob": -0.5, "top_logprobs": [{"token": one, "logprob": -0.5}]} for one in tokens
    ]
    said = {"role": "assistant", "content": text} | message
    choice = {"index": 0, "finish_reason": "stop", "message": said, "logprobs": {"content": positions}}
    return read_completion({"choices": [choice]}, Wanted(depth=1, logprobs=True)).replies[0]


def test_which_answers_are_in_doubt() -> None:
    assert given("肺", ["肝"]).misspelt
    assert not given("肺", ["肺"]).misspelt
    assert not given("A", ["A"]).misspelt
    assert given("A", ["A", ". Lung"]).misspelt  # the text ends before its tokens do
    assert not given("A", ["so", "A", "A"], reasoning_content="hm").misspelt  # a reasoning accounts for it
    assert not given("A", ["no", "A"], refusal="I will not").misspelt


def test_a_use_now_and_then_keeps_it_up() -> None:
    doubts = Doubts()
    good, bad = Reply("A", False, None), Reply("A", False, None, misspelt=True)

    def asked(*replies: Reply) -> int:
        """How many requests are made where these are the answers."""
        left = list(replies)
        doubts.settled(lambda: left.pop(0))
        return len(replies) - len(left)

    for _ in range(5):
        assert asked(bad, bad, bad, bad) == 3
        assert asked(bad, bad, bad, bad) == 3
        assert asked(bad, good, bad) == 2
    for _ in range(IN_VAIN):
        assert asked(bad, bad, bad, bad) == 3
    assert asked(bad, bad) == 1
    assert asked(good, bad) == 1
