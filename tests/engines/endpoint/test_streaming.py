"""Answers that come piece by piece."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.responses import Wanted, read_completion
from vqa_canary.engines.endpoint.streaming import assembled, is_stream

Json = dict[str, Any]


def piece(index: int = 0, reason: str | None = None, tokens: list[Json] | None = None, **delta: Any) -> Json:
    logprobs = None if tokens is None else {"content": tokens}
    choice = {"index": index, "delta": delta, "finish_reason": reason, "logprobs": logprobs}
    return {"id": "c1", "model": "m", "choices": [choice]}


def events(*chunks: Any, end: str = "data: [DONE]\n\n", line_end: str = "\n") -> bytes:
    text = ": a comment\n\n" + "".join(f"event: x\ndata: {json.dumps(chunk)}\n\n" for chunk in chunks) + end
    return text.replace("\n", line_end).encode()


A = {"token": "A", "logprob": -0.1, "top_logprobs": [{"token": "A", "logprob": -0.1}]}
END = {"token": "</s>", "logprob": 0.0, "top_logprobs": []}
USAGE = {"id": "c1", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
WHOLE = (
    piece(role="assistant", content=""),
    piece(content="A", tokens=[A]),
    piece(reason="stop", tokens=[END]),
    USAGE,
)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_pieces_add_up_to_the_whole_answer(line_end: str) -> None:
    found = read_completion(assembled(events(*WHOLE, line_end=line_end)), Wanted(depth=1, logprobs=True))
    [reply] = found.replies
    assert (reply.text, reply.token_logprobs, found.id, found.model) == ("A", (-0.1, 0.0), "c1", "m")
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (7, 2)


@given(st.text(min_size=1).filter(str.strip), st.integers(1, 5))
def test_however_a_text_is_cut_it_is_put_together(text: str, size: int) -> None:
    cuts = [piece(content=text[at : at + size]) for at in range(0, len(text), size)]
    [choice] = assembled(events(*cuts, piece(reason="stop")))["choices"]
    assert choice["message"]["content"] == text


def test_several_choices_and_thoughts_are_told_apart() -> None:
    chunks = [piece(1, content="B"), piece(0, reasoning_content="Hm"), piece(0, content="A")]
    chunks += [piece(0, reason="stop"), piece(1, reason="length")]
    first, second = assembled(events(*chunks, end=""))["choices"]
    assert first["message"] == {"reasoning_content": "Hm", "content": "A"}
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    parts = [piece(content=[thinking]), piece(content=[{"type": "text", "text": "A"}]), piece(reason="stop")]
    [choice] = assembled(events(*parts))["choices"]
    assert choice["message"] == first["message"]
    assert (second["message"], second["finish_reason"]) == ({"content": "B"}, "length")


@pytest.mark.parametrize("chunks", [(), WHOLE[:2]])
def test_a_stream_that_breaks_off_is_no_answer(chunks: tuple[Json, ...]) -> None:
    with pytest.raises(CallFailed, match="has no end") as caught:
        assembled(events(*chunks, end=""))
    assert caught.value.retry


def test_an_error_in_a_stream_is_an_error() -> None:
    assert assembled(events(*WHOLE[:2], {"error": {"code": 502}})) == {"error": {"code": 502}}


def test_a_message_behind_its_pieces_says_them_again() -> None:
    """`9` and then the whole message `9` is a confidence of 9, and not of 99."""
    listed = {"content": [{"token": "9", "logprob": -0.1}]}
    piece = {"choices": [{"index": 0, "delta": {"content": "9"}, "logprobs": listed}]}
    whole = {"index": 0, "message": {"content": "9"}, "finish_reason": "stop"}
    for last in (whole, whole | {"delta": {}}, whole | {"logprobs": listed}):
        [choice] = assembled(events(piece, {"choices": [last]}))["choices"]
        assert choice["message"] == {"content": "9"}
        assert choice["logprobs"] == listed
    messages = [{"choices": [whole | {"message": {"content": sign}}]} for sign in "85"]
    [choice] = assembled(events(*messages))["choices"]
    assert choice["message"] == {"content": "85"}  # pieces that a server calls messages


def test_a_message_that_says_nothing_again_takes_nothing_away() -> None:
    empty = {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}]
    }
    [choice] = assembled(events(piece(content="B"), empty))["choices"]
    assert choice["message"] == {"content": "B"}
    # pieces that a server calls messages, behind one that tells the role alone
    messages = [{"choices": [{"index": 0, "message": {"content": text}}]} for text in ("not ", "B")]
    [choice] = assembled(events(piece(role="assistant", content=""), *messages))["choices"]
    assert choice["message"] == {"content": "not B"}


def test_an_error_in_a_streamed_choice_makes_no_answer() -> None:
    broken = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "error": {"code": 502}}]}
    with pytest.raises(CallFailed, match="an error in place of the rest"):
        read_completion(assembled(events(piece(content="A"), broken)), Wanted())


def test_a_byte_order_mark_hides_no_event() -> None:
    data = b"\xef\xbb\xbf" + events(*({"choices": [{"delta": {"content": text}}]} for text in ("not ", "B")))
    [choice] = assembled(data)["choices"]
    assert choice["message"] == {"content": "not B"}
    assert is_stream(None, b"\xef\xbb\xbfdata: {}")


FIELDS = st.sampled_from(["choices", "delta", "index", "content", "logprobs", "usage", "x"])
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(FIELDS, part, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_whatever_comes_is_read_or_refused(chunks: list[Any]) -> None:
    try:
        found = assembled(events(*chunks))
        read_completion(found, Wanted())
    except CallFailed:
        return


def test_what_is_a_stream() -> None:
    assert is_stream("text/event-stream; charset=utf-8", b"")
    assert is_stream(None, b"\n data: {}")
    assert not is_stream("application/json", b'{"data": 1}')
