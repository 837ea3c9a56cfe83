"""Responses as servers write them, and as they should not."""

from __future__ import annotations

from math import inf, isfinite, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.engines.endpoint.failures import CallFailed, failed_inside, refused
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


def listed(position: dict[str, Any]) -> list[tuple[str, float]]:
    [reply] = read_completion(response(position, content="B"), Wanted()).replies
    assert reply.positions is not None
    return [(one.token, one.logprob) for one in reply.positions[0].top_logprobs]


def test_a_token_listed_twice_counts_once_whatever_its_rounding() -> None:
    twice = [token("B", -1.204), token("A", -1.273), token("B", -1.203999)]
    assert listed(token("B", -1.204, twice)) == [("B", -1.204), ("A", -1.273)]


def test_the_chosen_token_is_one_of_the_list() -> None:
    others = [token("A", -1.6), token("C", -3.0)]
    assert listed(token("B", -0.357, others)) == [("A", -1.6), ("C", -3.0), ("B", -0.357)]
    alike = [token(" B", -0.357), token("A", -1.6)]  # the same token, it seems
    assert listed(token("B", -0.357, alike)) == [(" B", -0.357), ("A", -1.6)]
    assert listed(token("B", None, others)) == [("A", -1.6), ("C", -3.0)]


@pytest.mark.parametrize(
    ("chosen", "others"),
    [
        (-0.357, [token("A", -0.1)]),  # .7 and .9
        (-0.51, [token("A", -0.36), token("C", -1.6)]),
        (-4.6, [token("B", -0.51), token("A", -1.2)]),
    ],
)
def test_a_list_that_contradicts_the_chosen_token_is_not_believed(chosen: float, others: list[Any]) -> None:
    with pytest.raises(CallFailed, match="the chosen token") as caught:
        listed(token("B", chosen, others))
    assert caught.value.of_logprobs


def test_parts_of_characters_that_are_written_alike_contradict_nothing() -> None:
    """A sign of several tokens is listed as `\ufffd` once for each; the drawn one need not be among the likeliest."""
    drawn = token("\ufffd", -4.0, [token("\ufffd", -0.3), token("肺", -1.6)])
    [reply] = read_completion(response(drawn, content="肝"), Wanted()).replies
    assert reply.text == "肝"


@pytest.mark.parametrize("field", ["none", "reasoning_details", "parts"])
def test_a_reasoning_that_is_listed_is_no_part_of_the_answer(field: str) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "A shows air."}]}]
    content = [*parts, {"type": "text", "text": "B"}] if field == "parts" else "B"
    body = response(*map(token, ["A", " shows", " air", ".", "B"]), content=content)
    if field == "reasoning_details":
        body["choices"][0]["message"][field] = [{"text": "A shows air."}]
    [reply] = read_completion(body, Wanted()).replies
    assert reply.positions is not None
    assert [one.token for one in reply.positions] == ["B"]


@pytest.mark.parametrize(
    ("part", "refused"),
    [
        ({"type": "reasoning", "text": "It may be A. "}, False),
        ({"type": "reasoning", "reasoning": [{"type": "reasoning_text", "text": "A. "}]}, False),
        ({"type": "redacted_thinking", "data": "A"}, False),
        ({"type": "tool_use", "name": "look", "text": "A", "input": {"text": "A"}}, False),
        ({"type": "image_url", "image_url": {"url": "A"}}, False),
        ({"type": 7, "text": "A"}, False),
        ({"type": "refusal", "refusal": "I cannot say."}, True),
    ],
)
def test_parts_that_are_no_text_are_no_answer(part: dict[str, Any], refused: bool) -> None:
    body = response(content=[part, {"type": "output_text", "text": "B"}, {"type": "text", "text": None}])
    [reply] = read_completion(body, Wanted()).replies
    assert (reply.text, reply.refused) == ("B", refused)


def test_parts_that_only_think_or_refuse() -> None:
    with pytest.raises(CallFailed, match="only thought"):
        read_completion(response(content=[{"type": "reasoning", "text": "The answer is A."}]), Wanted())
    [reply] = read_completion(response(content=[{"type": "refusal", "refusal": "No."}]), Wanted()).replies
    assert (reply.text, reply.refused, reply.raw) == ("No.", True, "")


def test_choices_come_in_the_order_of_their_indices() -> None:
    body = response()
    body["choices"] = [
        {"index": at, "message": {"content": str(at)}, "finish_reason": "length"} for at in (2, 0, 1)
    ]
    assert [reply.text for reply in read_completion(body, Wanted(n=3)).replies] == ["0", "1", "2"]


@pytest.mark.parametrize("logprob", [nan, inf, 0.01, "high", True, 10**400])
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
    assert passing == {408, 409, 425, 429, *range(500, 600)} - {501, 505}


SENTINELS = [None, -inf, -9999.0, -3.4e38, "-Infinity"]
"""What servers write where they know no log-probability."""


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_a_sentinel_is_a_gap_and_no_number(sentinel: Any) -> None:
    listed = [token("A", -0.1), token("B", sentinel), token("C", -2.5)]
    [reply] = read_completion(response(token("A", -0.1, listed)), Wanted(depth=3)).replies
    assert reply.positions is not None
    assert [one.token for one in reply.positions[0].top_logprobs] == ["A", "C"]
    unknown = response(token("A", sentinel, [token("B", -2.5)]), token("</s>", -0.2))
    [reply] = read_completion(unknown, Wanted(logprobs=True)).replies
    assert reply.positions is not None
    assert [one.logprob for one in reply.positions] == [None, -0.2]
    assert reply.token_logprobs == ()


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_a_token_and_its_list_fill_each_others_gaps(sentinel: Any) -> None:
    for own, listed in ((sentinel, -0.1), (-0.1, sentinel)):
        body = response(token("A", own, [token("B", -3.0), token("A", listed)]))
        [reply] = read_completion(body, Wanted()).replies
        assert reply.token_logprobs == (-0.1,)
        assert reply.positions is not None
        found = {one.token: one.logprob for one in reply.positions[0].top_logprobs}
        assert found == {"A": -0.1, "B": -3.0}


def test_a_list_may_be_as_short_as_it_likes() -> None:
    body = response(token("A", -0.1, [token("A", -0.1)]))
    assert read_completion(body, Wanted(depth=20)).replies[0].positions
    with pytest.raises(CallFailed, match="likeliest tokens are missing"):
        read_completion(response(token("A", -0.1)), Wanted(depth=20))


@pytest.mark.parametrize(
    ("content", "tokens", "sound"),
    [
        ("A", ["A", "</s>"], True),
        ("A", ["Ġ", "A", "<|im_end|>"], True),
        ("A", ["A", "\n\nQuestion"], True),
        ("(A)", [" (", "A", ")"], True),
        ("The answer is B.", ["The answer", " is", " B", "."], True),
        ("The answer is B.", ["The"], True),
        ("左", ["å·", "¦"], True),
        ("B", ["<think>", "maybe A", "</think>", "B"], True),
        ("", ["</s>"], True),
        ("", ["A"], False),
        ("B", ["A", "</s>"], False),
        (")", [")", "</s>"], True),
        ("...", [".", ".", "."], True),
        ("yes.", ["."], True),
        ("lung", ["\ufffd"], True),  # a part of a character can be read as nothing
        ("lung", [")", "</s>"], False),
        (")", ["lung", "</s>"], False),
        ("The answer is B.", ["I", " cannot", " say"], False),
    ],
)
def test_a_text_that_contradicts_its_tokens_is_asked_again(
    content: str, tokens: list[str], sound: bool
) -> None:
    body = response(*map(token, tokens), content=content)
    if sound:
        assert read_completion(body, Wanted()).replies[0].text == content
        return
    with pytest.raises(CallFailed, match="not what its tokens spell") as caught:
        read_completion(body, Wanted())
    assert caught.value.retry
    assert caught.value.of_logprobs


def test_a_list_may_be_a_mapping() -> None:
    body = response(token("A", -0.1, {"A": -0.1, "B": None, "C": -3}))
    [reply] = read_completion(body, Wanted(depth=1)).replies
    assert reply.positions is not None
    assert [(one.token, one.logprob) for one in reply.positions[0].top_logprobs] == [("A", -0.1), ("C", -3.0)]


@pytest.mark.parametrize("reason", ["length", "MAX_TOKENS", "model_length"])
def test_a_limit_that_leaves_no_answer_is_told_by_any_name(reason: str) -> None:
    with pytest.raises(CallFailed, match="token limit was used up"):
        read_completion(response(content="", finish_reason=reason), Wanted())


def test_reasoning_alone_is_no_answer() -> None:
    body = response(content=None)
    body["choices"][0]["message"]["reasoning_content"] = "A"
    with pytest.raises(CallFailed, match="only thought") as caught:
        read_completion(body, Wanted())
    assert not caught.value.retry
    assert read_completion(body, Wanted(text=False)).replies[0].text == ""


@pytest.mark.parametrize(
    ("content", "n_tokens", "limit", "sound"),
    [
        ("A", 1, 8, True),
        ("A", None, 8, True),
        ("A", 8, 8, False),
        ("To find the answer", None, 8, False),
        ("", 1, 8, False),
        ("To find the answer", None, None, True),
    ],
)
def test_an_answer_without_a_finish_reason_must_surely_be_whole(
    content: str, n_tokens: int | None, limit: int | None, sound: bool
) -> None:
    body = response(content=content, finish_reason=None) | {"usage": {"completion_tokens": n_tokens}}
    if sound:
        assert read_completion(body, Wanted(limit=limit)).replies[0].text == content
    else:
        with pytest.raises(CallFailed, match="does not say why the answer ends"):
            read_completion(body, Wanted(limit=limit))


@pytest.mark.parametrize(
    ("usage", "prompt", "completion"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 3}, 10, 3),
        ({"prompt_tokens": 0, "completion_tokens": None, "total_tokens": 0}, None, None),
        ({"prompt_tokens": -1, "completion_tokens": 0}, None, None),
        ({"prompt_tokens": "10", "completion_tokens": 1.5}, None, None),
        ({"prompt_tokens": 10.0, "prompt_tokens_details": {"cached_tokens": -3}}, 10, None),
        ("none", None, None),
        (None, None, None),
    ],
)
def test_usage_that_is_not_known_is_unknown(usage: Any, prompt: int | None, completion: int | None) -> None:
    found = read_completion(response() | {"usage": usage}, Wanted()).usage
    assert (found.prompt_tokens, found.completion_tokens, found.cached_tokens) == (prompt, completion, None)
    assert found.whole == (None not in (prompt, completion))


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        ({"message": "busy", "code": 429}, 429, True),
        ({"message": "down", "code": "503"}, 503, True),
        ({"message": "no", "code": 401}, 401, False),
        ({"message": "no", "code": 400, "param": "logprobs"}, 400, False),
        ({"code": "overloaded"}, None, True),
        ("Smith", None, True),
    ],
)
def test_an_error_with_status_200_is_an_error(error: Any, status: int | None, retry: bool) -> None:
    for body in ({"error": error}, {"error": error, "choices": None, "id": None}):
        failure = failed_inside(body, None)
        assert failure is not None
        assert (failure.status, failure.retry) == (status, retry)
        assert "inside a response with status 200" in str(failure)
        assert "Smith" not in str(failure)
        assert str(status or "an error") in str(failure)
    assert failed_inside(response() | {"error": None}, None) is None
    assert failed_inside(response(), None) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=4), part, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in JSON something stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """JSON with something else at a place."""
    if not path:
        return new
    key, *rest = path
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = put(value[key], tuple(rest), new)
    return changed


@given(st.data(), JSON, st.booleans(), st.sampled_from(["A", "", "\ud800"]))
def test_whatever_comes_is_read_or_refused(data: st.DataObject, junk: Any, text: bool, content: str) -> None:
    """A sound response with junk in one place: no other error, and no number that is none."""
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
    sound = response(token("A", -0.1, [token("A", -0.1)]), content=content) | {"usage": usage, "error": None}
    place = data.draw(st.sampled_from(places(sound)))
    body = put(sound, place, junk)
    try:
        if failure := failed_inside(body, "key"):
            raise failure
        found = read_completion(body, Wanted(depth=1, text=text, limit=9))
    except CallFailed:
        return
    for reply in found.replies:
        reply.text.encode()
        assert all(isfinite(number) and number <= 0 for number in reply.token_logprobs)
    assert found.usage.prompt_tokens is None or found.usage.prompt_tokens > 0


@given(JSON, st.integers(300, 599))
def test_whatever_an_error_holds_is_told(body: Any, status: int) -> None:
    assert str(refused(status, body, None, "key")).startswith(f"HTTP status {status}")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (
            {"error": {"code": "unsupported_value", "param": "temperature"}},
            "(unsupported_value: temperature)",
        ),
        ({"error": {"param": "messages[0].content[1].image_url"}}, "(messages[0].content[1].image_url)"),
        ({"error": {"param": "topsecret"}}, ""),
        ({"error": {"param": "Mr Smith, 70"}}, ""),
        ({"detail": [{"loc": ["body", "seed"], "type": "extra_forbidden"}]}, "(seed)"),
        ({"object": "error", "type": "BadRequestError", "param": None, "code": 400}, "(BadRequestError)"),
        ("At most 0 image(s) may be provided", "no more images in one request than 0"),
        ({"error": {"message": "This model does not support logprobs for images"}}, ""),
        ({"error": {"message": "You may upload up to 1 images"}}, "no more images in one request than 1"),
        ({"error": {"message": "No endpoints found that support image input"}}, "takes no images"),
        ({"error": {"message": "This model does not support image input"}}, "takes no images"),
        ({"error": {"code": "context_length_exceeded"}}, "longer than the model's context"),
    ],
)
def test_what_is_shown_of_an_error(body: Any, shown: str) -> None:
    told = str(refused(400, body, None, "sk-topsecret"))
    assert shown in told
    assert "Smith" not in told
    assert shown or told == "HTTP status 400"


def test_a_request_that_is_too_large_names_the_remedy() -> None:
    assert "max_image_side" in str(refused(413, "<html>", None, None))


def test_a_count_below_the_tokens_listed_is_theirs() -> None:
    """llama.cpp counts one of several choices."""
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    body = response(token("A"), token("</s>")) | {"usage": usage}
    body["choices"] = [body["choices"][0] | {"index": at} for at in range(3)]
    found = read_completion(body, Wanted(n=3)).usage
    assert (found.prompt_tokens, found.completion_tokens) == (7, 6)
    found = read_completion(response(token("A")) | {"usage": usage}, Wanted()).usage
    assert found.completion_tokens == 2


@pytest.mark.parametrize(
    ("token", "lost"), [(")", True), ("A", True), ("</s>", False), ("\n", False), ("\u2581", False)]
)
def test_an_empty_text_beside_a_token_that_can_be_seen_is_a_contradiction(token: str, lost: bool) -> None:
    from vqa_canary.engines.endpoint.responses import _contradicts
    from vqa_canary.engines.endpoint.wire import GivenPosition

    assert _contradicts("", [GivenPosition(token=token, logprob=-0.1)]) is lost


@pytest.mark.parametrize("reason", ["LENGTH", "max_output_tokens", "max_new_tokens", "limit"])
def test_an_answer_is_cut_by_whatever_name_of_a_limit(reason: str) -> None:
    [reply] = read_completion(response(content="The organ is", finish_reason=reason), Wanted()).replies
    assert reply.cut
    assert not reply.refused


@pytest.mark.parametrize("reason", ["content_filter", "CONTENT_FILTER", "SAFETY", "refusal", "RECITATION"])
def test_an_answer_that_was_withheld_names_no_option(reason: str) -> None:
    [reply] = read_completion(response(content="The answer is B", finish_reason=reason), Wanted()).replies
    assert reply.refused


@pytest.mark.parametrize("reason", ["ERROR", "Abort"])
def test_an_answer_that_broke_off_is_none_in_any_case(reason: str) -> None:
    with pytest.raises(CallFailed, match="finish reason"):
        read_completion(response(finish_reason=reason), Wanted())


@pytest.mark.parametrize("reason", ["stop", None])
def test_an_error_inside_a_choice_makes_no_answer(reason: str | None) -> None:
    body = response(content="The answer is not", finish_reason=reason, error={"code": 502, "message": "x"})
    with pytest.raises(CallFailed, match="an error in place of the rest") as caught:
        read_completion(body, Wanted(limit=99))
    assert caught.value.retry
    [reply] = read_completion(response(error=None), Wanted()).replies
    assert reply.text == "A"
