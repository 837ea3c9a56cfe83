"""How a server is asked that refuses a part of the usual request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.engines.endpoint.dialect import ALMOST_ZERO, STEPS, Dialect, named, settle
from vqa_canary.engines.endpoint.failures import CallFailed, refused
from vqa_canary.engines.endpoint.requests import body_of

Body = dict[str, Any]
CHAT = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Which?"}]}]
WITH_SYSTEM = [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]}, *CHAT]
USUAL = body_of(CHAT, ("data:,",), seed=3, max_tokens=8)

REFUSES: dict[str, Callable[[Body], bool]] = {
    "top_p": lambda body: "top_p" in body,
    "seed": lambda body: "seed" in body,
    "max_tokens": lambda body: "max_tokens" in body,
    "temperature": lambda body: body.get("temperature", 1) != 1,
    "stream": lambda body: not body["stream"],
    "stream_options": lambda body: "stream_options" in body,
    "system": lambda body: body["messages"][0]["role"] == "system",
}
"""What servers refuse."""


def error(name: str, says: bool) -> CallFailed:
    told = {"message": f"'{name}' does not go", "param": name} if says else {"message": "Bad request"}
    return refused(400, {"error": told}, None, None)


def server(kinds: Iterable[str], says: bool) -> Callable[[Body], str]:
    """Refuses one thing after the other, naming it or not."""

    def answer(body: Body) -> str:
        for kind in kinds:
            if REFUSES[kind](body):
                raise error(kind, says)
        return "answer"

    return answer


@given(st.sets(st.sampled_from(sorted(REFUSES))), st.booleans())
def test_just_what_is_refused_is_left_out(kinds: set[str], says: bool) -> None:
    """Whether the server names it or not; two runs find the same, in few requests."""
    answer, body = server(sorted(kinds), says), body_of(WITH_SYSTEM, ("data:,",), seed=3, max_tokens=8)
    asked: list[Dialect] = []

    def ask(dialect: Dialect) -> str:
        asked.append(dialect)
        return answer(dialect.spoken(body))

    try:
        ask(Dialect())
        found = Dialect()
    except CallFailed as failure:
        _, found = settle(ask, failure, Dialect(), system=True)
    assert answer(found.spoken(body)) == "answer"
    assert len(asked) <= 2 * len(STEPS)
    kept = {"top_p": found.top_p, "seed": found.seed, "system": found.system, "stream": not found.stream}
    kept |= {
        "max_tokens": found.limit == "max_tokens",
        "temperature": found.temperature and not found.coldest,
    }
    assert {name for name, usual in kept.items() if not usual} == kinds - {"stream_options"}
    assert found.stream_usage == (not {"stream", "stream_options"} <= kinds)


def test_a_refusal_that_nothing_mends_is_told_as_it_came() -> None:
    first = error("messages", says=True)

    def ask(dialect: Dialect) -> str:
        raise error("other", says=True)

    with pytest.raises(CallFailed) as caught:
        settle(ask, first, Dialect(), system=False)
    assert caught.value is first


@pytest.mark.parametrize("kind", ["temperature", "max_tokens", "seed", "top_p", "stream", "system"])
def test_what_an_error_names_is_left_out_at_once(kind: str) -> None:
    found = named(error(kind, says=True), Dialect(), system=True)
    assert found is not None
    assert found != Dialect()
    assert named(error(kind, says=False), Dialect(), system=True) is None


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "You are not allowed to request logprobs with this seed"),
        (400, "temperature and top_p cannot both be specified"),
        (401, "temperature"),
        (500, "temperature"),
    ],
)
def test_what_an_error_does_not_say_clearly_is_found_by_trying(status: int, message: str) -> None:
    assert named(refused(status, {"error": {"message": message}}, None, None), Dialect(), True) is None


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("This model only support stream mode, please enable the stream parameter.", "stream"),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("`temperature` must be strictly positive", "temperature"),
        ("System role not supported", "system"),
        ("Unsupported value: 'messages[0].role' does not support 'system' with this model.", "system"),
        ("upstream said no", None),
        ("You are not allowed to request log probabilities", "logprobs"),
    ],
)
def test_errors_in_words(message: str, name: str | None) -> None:
    assert refused(400, {"error": {"message": message}}, None, None).told.names == ({name} if name else set())


def test_the_usual_request_stays_as_it_is() -> None:
    assert Dialect().spoken(USUAL) == USUAL | {"stream": False}
    assert Dialect().facts == {}


def test_an_almost_greedy_request_is_no_draw() -> None:
    """A server that refuses 0 alone, as some that want it positive."""
    found = named(error("temperature", says=True), Dialect(), system=False)
    assert found == Dialect(coldest=ALMOST_ZERO)
    assert found.spoken(USUAL)["temperature"] == ALMOST_ZERO
    assert found.spoken(USUAL | {"temperature": 1.0})["temperature"] == 1.0
    none = named(error("temperature", says=True), found, system=False)
    assert none is not None
    assert "temperature" not in none.spoken(USUAL)
    assert none.facts["temperature"].startswith("not taken")


def test_a_system_turn_becomes_the_beginning_of_the_question() -> None:
    body = body_of(WITH_SYSTEM, ("data:,",), seed=3, max_tokens=8)
    [turn] = Dialect(system=False).spoken(body)["messages"]
    assert turn["role"] == "user"
    assert [part["type"] for part in turn["content"]] == ["image_url", "text"]
    assert turn["content"][1]["text"] == "Be brief.\n\nWhich?"
    assert body["messages"][0]["role"] == "system"
    plain = Dialect(system=False).spoken(
        {"messages": [body["messages"][0], {"role": "user", "content": "Q"}]}
    )
    assert plain["messages"] == [{"role": "user", "content": "Be brief.\n\nQ"}]
