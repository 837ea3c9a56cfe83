"""Responses as servers write them, and as they should not."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from vqa_canary.engines.endpoint.failures import CallFailed, refused
from vqa_canary.engines.endpoint.responses import Wanted, read_completion


def token(text: str, logprob: Any = -0.5, top: Any = ()) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": top}


def response(*positions: dict[str, Any], content: Any = "A", **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    choice["logprobs"] = {"content": list(positions)} if positions else None
    return {"id": "1", "model": "m", "choices": [choice | fields], "usage": None}


def test_what_servers_add_or_leave_out_is_no_harm() -> None:
    body = response(token("A", top=None), token("</s>", 1e-7))
    body["choices"][0]["message"] |= {
        "tool_calls": [],
        "audio": None,
        "refusal": None,
        "reasoning_content": None,
    }
    body |= {"id": 17, "object": "chat.completion", "created": 0, "timings": {"x": 1}, "model": None}
    [reply] = read_completion(body, Wanted(logprobs=True)).replies
    assert (reply.text, reply.refused) == ("A", False)
    assert reply.token_logprobs == (-0.5, 0.0)  # a rounding above 0 is none


def test_a_token_listed_twice_counts_once() -> None:
    twice = [token("A", -0.1), token("A", -0.1), token(" A", -3.0), token("A", -2.9)]
    [reply] = read_completion(response(token("A", -0.1, twice)), Wanted()).replies
    assert reply.positions is not None
    assert [(one.token, one.logprob) for one in reply.positions[0].top_logprobs] == [
        ("A", -0.1),
        (" A", -3.0),
        ("A", -2.9),  # another token that reads alike
    ]
    by_id = [token("A", -1.0) | {"id": 5}, token("A", -1.0) | {"id": 6}]
    [reply] = read_completion(response(token("A", -1.0, by_id)), Wanted()).replies
    assert reply.positions is not None
    assert len(reply.positions[0].top_logprobs) == 2


def test_choices_come_in_the_order_of_their_indices() -> None:
    body = response()
    body["choices"] = [
        {"index": at, "message": {"content": str(at)}, "finish_reason": "length"} for at in (2, 0, 1)
    ]
    assert [reply.text for reply in read_completion(body, Wanted(n=3)).replies] == ["0", "1", "2"]


@pytest.mark.parametrize("logprob", [nan, inf, -inf, 0.01, "high", None])
@pytest.mark.parametrize("listed", [True, False])
def test_what_is_no_log_probability_is_refused(logprob: Any, listed: bool) -> None:
    bad = token("A", -1.0, [token("B", logprob)]) if listed else token("A", logprob)
    with pytest.raises(CallFailed, match="bad response") as caught:
        read_completion(response(bad), Wanted())
    assert caught.value.retry


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        3,
        {},
        {"choices": None},
        {"choices": [None]},
        {"choices": [{"message": None}]},
        {"choices": []},
    ],
)
def test_what_is_no_response_is_refused(body: Any) -> None:
    with pytest.raises(CallFailed, match="bad response"):
        read_completion(body, Wanted())


def test_what_is_wrong_is_told_without_what_was_said() -> None:
    for secret in ("patient Smith", {"patient": "Smith"}, ["Smith"]):
        with pytest.raises(CallFailed) as caught:
            read_completion(response(content={"x": secret}), Wanted())
        assert "Smith" not in f"{caught.value!r} {caught.value.__cause__!r}"
        assert "choices.0.message.content" in str(caught.value)
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ({"code": "model_not_found"}, "HTTP status 404 (model_not_found)"),
        ({"code": None, "type": "server_error"}, "HTTP status 404 (server_error)"),
        ({"code": 404}, "HTTP status 404"),
        ({"code": "The patient has pneumonia"}, "HTTP status 404"),
        ({"code": "topsecret"}, "HTTP status 404"),
        ("topsecret", "HTTP status 404"),
    ],
)
def test_of_an_error_only_an_identifier_is_shown(error: Any, shown: str) -> None:
    assert str(refused(404, {"error": error}, None, "sk-topsecret")) == shown


def test_which_failures_may_pass() -> None:
    passing = {status for status in range(300, 600) if refused(status, None, None, None).retry}
    assert passing == {408, 409, 425, 429, *range(500, 600)}


def test_a_count_below_the_tokens_listed_is_theirs() -> None:
    """llama.cpp counts one of several choices."""
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    body = response(token("A"), token("</s>")) | {"usage": usage}
    body["choices"] = [body["choices"][0] | {"index": at} for at in range(3)]
    found = read_completion(body, Wanted(n=3)).usage
    assert found is not None
    assert (found.prompt_tokens, found.completion_tokens) == (7, 6)
    found = read_completion(response(token("A")) | {"usage": usage}, Wanted()).usage
    assert found is not None
    assert found.completion_tokens == 2
