"""What is found out about an endpoint before it is asked, and what is made of it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from tests.engines.endpoint.asking import SAMPLING, ask, draw, make_engine, make_instances
from tests.engines.endpoint.fake_model import FakeModel, digest, shown
from tests.engines.endpoint.fault_server import Fault, FaultServer, Json, serving
from tests.engines.endpoint.faults import SECRET, edit_choices, edit_logprobs, error_body, shorten

from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput

KEY_WORDS = ("conf/local/credentials.yml", "VQA_CANARY_API_KEY", "never in parameters")


def refusal(server: FaultServer, **options: Any) -> str:
    """The message with which the engine stops before any evidence."""
    with pytest.raises(BadInput) as caught:
        list(make_engine(server, **options).answer(make_instances(3), draw))
    assert SECRET not in str(caught.value)
    assert "models.fake" in str(caught.value)
    return str(caught.value)


def test_a_server_that_gives_everything() -> None:
    with serving() as server:
        engine, _ = ask(server, n=2)
        assert engine.facts == {
            "source": server.url,
            "model": "fake",
            "reported_model": "fake",
            "server": "fault-server",
            "owned_by": "fake",
            "extra_body": "none",
            "logprobs": "top 20",
            "n": "4 a call",
            "draws": "yes",
            "deterministic": "yes",
            "images": "told apart",
            "ids": "vary",
            "follow_ups": "taken",
            "answers": "3 of 8 name an option; the others look like `a`, `(a`",
            "usage": "given",
            "canary_calls": "6",
        }
        assert make_engine(server).facts == {}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("key", [None, SECRET])
def test_a_refused_key_stops_the_run(status: int, key: str | None) -> None:
    with serving(script=lambda *_: Fault(status, body=error_body(code="invalid_api_key"))) as server:
        message = refusal(server, api_key=key)
        assert len(server.requests) == 1
    assert all(words in message for words in KEY_WORDS)
    assert ("refuses the key" in message) == (key is not None)


def test_an_unknown_model_stops_the_run() -> None:
    with serving(script=lambda *_: Fault(404, body=error_body(code="model_not_found"))) as server:
        message = refusal(server)
        assert len(server.requests) == 1
    assert "knows no model 'fake'" in message
    assert "/models` lists" in message


def test_nobody_there_stops_the_run() -> None:
    with serving() as server:
        pass
    message = refusal(server, retries=1)
    assert "cannot be asked: connection refused" in message
    assert server.url in message


def test_a_server_that_fails_throughout_stops_the_run() -> None:
    """Each of three questions is tried three times."""
    with serving(script=lambda *_: Fault(500, body=error_body(type="server_error"))) as server:
        assert "HTTP status 500 (server_error)" in refusal(server, retries=2)
        assert len(server.requests) == 3 * 3


def test_a_server_that_fails_on_one_question_is_asked_another() -> None:
    first = min(make_instances(6), key=lambda one: one.instance_id)

    def script(number: int, body: Json) -> Fault | None:
        return Fault(body=error_body(code=429)) if first.question in shown(body)[1] else None

    with serving(script=script) as server:
        engine, found = ask(server, retries=1)
        assert sum(one.calls or 0 for one in found) + int(engine.facts["canary_calls"]) == len(
            server.requests
        )
    [failed] = [one for one in found if one.status == "failed"]
    assert failed.instance_id == first.instance_id
    assert (failed.error or "").startswith("an error 429 inside a response with status 200")
    assert engine.facts["logprobs"] == "top 20"


def test_a_server_that_is_asked_too_much_names_the_setting() -> None:
    with serving(script=lambda *_: Fault(429, body=b"{}")) as server:
        assert "models.fake.requests_per_minute" in refusal(server, retries=0)


def test_a_budget_too_small_for_the_canary_stops_the_run() -> None:
    with serving() as server:
        assert "3 calls (max_calls) is spent" in refusal(server, max_calls=3)


@pytest.mark.parametrize("depth", [20, None])
def test_images_that_are_not_told_apart(depth: int | None, caplog: pytest.LogCaptureFixture) -> None:
    with serving(FakeModel(sees_images=False, depth=depth)) as server:
        if depth is None:
            engine, _ = ask(server)
            assert engine.facts["images"].startswith("cannot tell")
            return
        message = refusal(server)
        assert "NOT told apart" in message
        assert "canary: warn" in message
        engine, found = ask(server, canary="warn")
    assert engine.facts["images"].startswith("NOT told apart")
    assert all(one.status == "ok" for one in found)
    assert "NOT told apart" in caplog.text


class StickyModel(FakeModel):
    """Keeps answering about the image that it last saw for the first time."""

    def choices(self, body: Json) -> list[Json]:
        image, *_ = shown(body)
        if image not in self.__dict__.setdefault("seen", {}):
            self.__dict__["seen"][image] = body["messages"][0]["content"][0]
        last = list(self.__dict__["seen"].values())[-1]
        first, *rest = body["messages"]
        content = [last, *first["content"][1:]]
        return super().choices(body | {"messages": [first | {"content": content}, *rest]})


@pytest.mark.parametrize("depth", [20, None])
def test_a_cache_that_serves_the_wrong_image(depth: int | None) -> None:
    with serving(StickyModel(depth=depth)) as server:
        message = refusal(server)
    assert "asked again, the first got the second one's" in message


def test_one_image_alone_is_compared_with_its_negative() -> None:
    with serving() as server:
        engine = make_engine(server)
        list(engine.answer(make_instances(3, n_images=1), draw))
        assert engine.facts["images"] == "told apart"
        images = {shown(body)[0] for body in server.requests}
    assert len(images) == 2
    with serving(FakeModel(sees_images=False)) as server, pytest.raises(BadInput, match="NOT told apart"):
        list(make_engine(server).answer(make_instances(3, n_images=1), draw))


@pytest.mark.parametrize(("noise", "says"), [(1e-6, "yes"), (0.05, "no: ")])
def test_noise_at_temperature_zero_is_named(
    noise: float, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(FakeModel(noise=noise)) as server:
        engine, found = ask(server, concurrency=1)
    assert engine.facts["deterministic"].startswith(says)
    assert ("not deterministic" in caplog.text) == (says != "yes")
    assert all(one.status == "ok" for one in found)


def test_noise_that_hides_whether_images_are_told_apart_is_no_proof() -> None:
    with serving(FakeModel(noise=1e-4, sees_images=False)) as server:
        engine, _ = ask(server, concurrency=1)
    assert engine.facts["images"].startswith(("cannot tell", "told apart"))


@pytest.mark.parametrize("way", ["no logprobs", "refused", "off"])
def test_without_log_probs_the_rest_goes_on(way: str) -> None:
    def script(number: int, body: Json) -> Fault | None:
        return Fault(400, body=error_body(code="unsupported")) if body.get("logprobs") else None

    model = FakeModel(depth=None if way == "no logprobs" else 20)
    options: dict[str, Any] = {"logprobs": "off"} if way == "off" else {}
    with serving(model, script if way == "refused" else lambda *_: None) as server:
        engine, found = ask(server, **options)
        asked = int(engine.facts["canary_calls"])
        assert not any("True or False" in shown(body)[2] for body in server.requests)
        assert not any("logprobs" in body for body in server.requests[asked:])
    for one in found:
        gaps = {gap.field: gap.reason for gap in one.gaps or ()}
        lacking = {"option_logprobs", "greedy_token_logprobs", "greedy_token_entropies", "p_true"}
        assert gaps == dict.fromkeys(lacking, "the endpoint gives no log-probs")
        numbers = (one.option_logprobs, one.option_mass, one.greedy_token_logprobs, one.p_true)
        assert numbers == (None,) * 4
        assert [sample.token_logprobs for sample in one.samples or ()] == [()] * SAMPLING.n_samples
        assert one.verbalized_text is not None
    why = {"off": "switched off", "refused": "refused by the server: HTTP status 400 (unsupported)"}
    assert engine.facts["logprobs"] == why.get(way, "ignored by the server")
    assert engine.facts["images"] in (
        "told apart",
        "cannot tell: without log-probs, equal answers prove nothing",
    )


def test_fewer_tokens_than_asked_are_taken_as_they_are() -> None:
    with serving(script=lambda *_: shorten(5)) as server:
        engine, found = ask(server)
    assert engine.facts["logprobs"] == "top 5"
    assert any(one.bounded for one in found)
    assert all(one.status == "ok" for one in found)


def test_a_list_as_long_as_the_options_binds_no_other_question() -> None:
    """A server that lists as many tokens as the prompt has options: questions with fewer have shorter lists."""

    def script(number: int, body: Json) -> Fault | None:
        return shorten(shown(body)[1].count(") "))

    with serving(script=script) as server:
        engine, found = ask(server, n=12)
    assert all(one.status == "ok" for one in found)
    lists = {len(one.option_logprobs or ()) for one in found}
    assert lists >= {2, 3, 4}
    assert sum(one.calls or 0 for one in found) + int(engine.facts["canary_calls"]) == len(server.requests)


class Particular:
    """A server that refuses some requests, naming what it refuses or not."""

    def __init__(self, refuses: Any, says: bool = True, status: int = 400) -> None:
        self.refuses, self.says, self.status = refuses, says, status

    def __call__(self, number: int, body: Json) -> Fault | None:
        name = self.refuses(body)
        told = {"code": "unsupported_value", "param": name} if self.says else {}
        return Fault(self.status, body=error_body(**told)) if name else None


def refuses_as_a_reasoning_model(body: Json) -> str | None:
    if "max_tokens" in body:
        return "max_tokens"
    if body.get("temperature", 1) != 1:
        return "temperature"
    return "logprobs" if "logprobs" in body else None


@pytest.mark.parametrize("says", [True, False])
def test_what_a_server_does_not_take_is_left_out_and_told(
    says: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(script=Particular(refuses_as_a_reasoning_model, says)) as server:
        engine, found = ask(server)
        asked = server.requests[int(engine.facts["canary_calls"]) :]
    assert all(one.status == "ok" for one in found)
    assert engine.facts["temperature"].startswith("not taken: every answer, the greedy one too, is one draw")
    assert engine.facts["request"] == "max_completion_tokens in place of max_tokens"
    assert engine.facts["logprobs"].startswith("refused by the server: HTTP status 400")
    assert engine.facts["deterministic"] != "yes"
    assert all(body["max_completion_tokens"] in (SAMPLING.max_new_tokens, 2) for body in asked)
    assert all("seed" in body and "top_p" in body for body in asked)
    assert "is asked in another way than usual. temperature: not taken" in caplog.text


def test_an_answer_that_is_a_draw_is_not_taken_for_the_likeliest() -> None:
    with serving(script=Particular(lambda body: "temperature" if "temperature" in body else None)) as server:
        engine, found = ask(server)
    assert engine.facts["logprobs"] == "top 20"
    for one in found:
        assert one.option_logprobs is not None or one.greedy_choice is None
        assert one.greedy_token_logprobs is None
        assert any(
            gap.field == "greedy_token_logprobs" and "one draw" in gap.reason for gap in one.gaps or ()
        )


@pytest.mark.parametrize("status", [400, 403, 404, 422, 501])
def test_log_probs_that_are_refused_are_done_without(status: int) -> None:
    particular = Particular(lambda body: "x" if "logprobs" in body else None, says=False, status=status)
    with serving(script=particular) as server:
        engine, found = ask(server, retries=0)
    assert engine.facts["logprobs"] == f"refused by the server: HTTP status {status}"
    assert "temperature" not in engine.facts
    assert all(one.status == "ok" for one in found)


def test_log_probs_of_the_chosen_token_alone_are_done_without(caplog: pytest.LogCaptureFixture) -> None:
    def chosen_alone(given: list[Json]) -> list[Json]:
        listed = [[one | {"logprob": 0.0 if one["token"] == at["token"] else -9999.0} for one in at["top_logprobs"]]
                  for at in given]  # fmt: skip
        return [at | {"logprob": 0.0, "top_logprobs": own} for at, own in zip(given, listed, strict=True)]

    with serving(script=lambda *_: edit_logprobs(chosen_alone)) as server:
        engine, found = ask(server, sampling=Sampling(n_samples=0))
    assert engine.facts["logprobs"].startswith(
        "not believed: the chosen token has probability 1 and no other"
    )
    assert "not believed" in caplog.text
    assert all((one.status, one.option_logprobs) == ("ok", None) for one in found)


def test_log_probs_that_cannot_be_believed_are_done_without(caplog: pytest.LogCaptureFixture) -> None:
    wrong = edit_choices(lambda found: [one | {"message": {"content": "lung"}} for one in found])
    with serving(script=lambda *_: wrong) as server:
        engine, found = ask(server, retries=0, sampling=Sampling(n_samples=0), canary="warn")
    assert engine.facts["logprobs"].startswith("not believed: bad response: its text is not what its tokens")
    assert "not believed" in caplog.text
    assert all(one.status == "ok" for one in found)


@pytest.mark.parametrize(
    ("refuses", "fact"),
    [
        (lambda body: body.get("temperature") == 2, "yes"),
        (lambda body: body.get("n", 1) > 1, "yes"),
        (lambda body: body.get("max_tokens", 9) < 8, "yes"),
    ],
    ids=["temperature 2", "n", "two tokens"],
)
def test_what_only_the_canary_asks_for_may_be_refused(refuses: Any, fact: str) -> None:
    particular = Particular(lambda body: "x" if refuses(body) else None, says=False)
    with serving(FakeModel(most_choices=1), script=particular) as server:
        engine, found = ask(server)
        asked = server.requests[int(engine.facts["canary_calls"]) :]
    assert engine.facts["draws"] == fact
    assert engine.facts["follow_ups"] == "taken"
    assert all(one.status == "ok" for one in found)
    assert not any(refuses(body) for body in asked)
    assert any(one.p_true is not None for one in found)


def streamed(body: Json, answer: Json, usage: bool) -> bytes:
    """The answer as a server streams it, a character at a time."""
    chunks: list[Json] = []
    for choice in answer["choices"]:
        at = {"index": choice["index"]}
        text = choice["message"]["content"]
        chunks += [{"choices": [at | {"delta": {"content": letter}}]} for letter in text]
        listed = choice.get("logprobs") or {"content": []}
        chunks += [{"choices": [at | {"logprobs": {"content": [one]}}]} for one in listed["content"]]
        chunks.append({"choices": [at | {"delta": {}, "finish_reason": choice["finish_reason"]}]})
    chunks = [chunk | {"id": answer["id"], "model": answer["model"]} for chunk in chunks]
    if usage:
        chunks.append({"choices": [], "usage": answer["usage"]})
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks) + b"data: [DONE]\n\n"


@pytest.mark.parametrize("usage", [True, False])
def test_a_server_that_only_streams_gives_the_same_answers(usage: bool) -> None:
    model = FakeModel()

    def script(number: int, body: Json) -> Fault | None:
        if not body["stream"] or ("stream_options" in body and not usage):
            words = "stream_options unknown" if body["stream"] else "This model only supports stream mode."
            return Fault(400, body=json.dumps({"error": {"message": words}}).encode())
        answer = model.respond(body, number)
        return Fault(headers={"Content-Type": "text/event-stream"}, body=streamed(body, answer, usage))

    with serving() as server:
        _, sound = ask(server)
    with serving(model, script) as server:
        engine, found = ask(server)
    if usage:
        assert found == sound
    assert [one.option_logprobs for one in found] == [one.option_logprobs for one in sound]
    assert engine.facts["request"] == "answers streamed" + "; tokens not counted" * (not usage)
    assert engine.facts["usage"] == ("given" if usage else "not given")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(413, body=b"<html>"), ["models.fake.max_image_side", "HTTP status 413"]),
        (
            Fault(400, body=error_body(code="a").replace(b"key", b"At most 0 image(s)")),
            ["no more images in one"],
        ),
        (Fault(400, body=error_body(param="messages")), ["(messages)", "extra_body"]),
        (Fault(200, body=error_body(code=401)), ["wants a key", "an error 401 inside a response"]),
    ],
)
def test_what_no_other_way_of_asking_mends_stops_the_run(fault: Fault, words: list[str]) -> None:
    with serving(script=lambda *_: fault) as server:
        message = refusal(server, retries=0)
    assert all(word in message for word in words)
    assert "Which organ" not in message


def test_a_canary_that_can_read_no_answer_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def think(found: list[Json]) -> list[Json]:
        return [one | {"message": {"content": "I see Smith, 70: fine."}, "logprobs": None} for one in found]

    with serving(FakeModel(depth=None), lambda *_: edit_choices(think)) as server:
        engine, _ = ask(server, canary="warn")
    assert engine.facts["answers"] == "NONE of 5 name an option; the others look like `a a a, 9: a.`"
    assert "NO ANSWER COULD BE READ" in caplog.text
    assert "Smith" not in caplog.text


def test_a_server_with_a_limit_on_listed_tokens_is_asked_for_less() -> None:
    def script(number: int, body: Json) -> Fault | None:
        return Fault(400, body=b"{}") if body.get("top_logprobs", 0) > 5 else None

    with serving(script=script) as server:
        engine, found = ask(server)
    assert engine.facts["logprobs"] == "top 5"
    assert all(one.status == "ok" for one in found)


def limit_n(most: int, status: int | None) -> Any:
    """A server that gives at most so many choices, or refuses to give more."""

    def script(number: int, body: Json) -> Fault | None:
        if status and body.get("n", 1) > most:
            return Fault(status, body=error_body(code="n_too_large"))
        return edit_choices(lambda found: found[:most])

    return script


@pytest.mark.parametrize("status", [None, 400, 422])
@pytest.mark.parametrize(
    ("most", "fact", "calls"), [(10, "10 a call", 1), (6, "5 a call", 2), (1, "ignored", 10)]
)
def test_n_is_halved_until_it_is_honoured(most: int, fact: str, calls: int, status: int | None) -> None:
    with serving(script=limit_n(most, status)) as server:
        engine, found = ask(server, sampling=Sampling(n_samples=10))
        sampled = [
            body for body in server.requests[int(engine.facts["canary_calls"]) :] if body["temperature"]
        ]
    assert engine.facts["n"] == fact
    assert len(sampled) == calls * len(found)
    assert all(len(one.samples or ()) == 10 for one in found)


def test_a_number_that_is_set_is_the_most() -> None:
    with serving(FakeModel(most_choices=2)) as server:
        engine, found = ask(server, n_per_call=3)
        assert engine.facts["n"] == "2 a call"
        assert max(body.get("n", 1) for body in server.requests) == 3
        engine, again = ask(server, n_per_call=2)
    assert found == again


def test_copies_are_no_samples() -> None:
    copies = edit_choices(lambda found: [found[0] | {"index": at} for at in range(len(found))])
    sampling = Sampling(n_samples=20)
    with serving(script=lambda *_: copies) as server:
        engine, found = ask(server, sampling=sampling)
        asked = server.requests[int(engine.facts["canary_calls"]) :]
        honest = {body["seed"] for body in asked if body["temperature"] and body.get("n", 1) == 1}
    assert engine.facts["n"].startswith("not used: the choices of one call are copies")
    assert len(honest) == 20 * len(found)
    assert all(len({sample.text for sample in one.samples or ()}) > 1 for one in found)


@pytest.mark.parametrize("most_choices", [1, 4])
def test_a_server_that_draws_nothing_is_named(most_choices: int, caplog: pytest.LogCaptureFixture) -> None:
    class NeverDraws(FakeModel):
        def choices(self, body: Json) -> list[Json]:
            return super().choices(body | {"temperature": 0})

    with serving(NeverDraws(most_choices=most_choices, depth=None)) as server:
        engine, found = ask(server)
    assert engine.facts["draws"] == "cannot tell: 6 answers at temperature 2 were all alike"
    assert "may not be drawn" in caplog.text
    assert all({sample.text for sample in one.samples or ()} == {one.greedy_text} for one in found)


def test_where_no_samples_are_wanted_none_are_asked_for() -> None:
    with serving() as server:
        engine, found = ask(server, sampling=Sampling(n_samples=0))
    assert engine.facts["draws"] == engine.facts["n"] == "not needed"
    assert all(one.samples == () for one in found)
    assert not any(body["temperature"] for body in server.requests)


def test_a_server_without_follow_ups() -> None:
    def script(number: int, body: Json) -> Fault | None:
        return Fault(400, body=b"{}") if len(body["messages"]) > 1 else None

    with serving(script=script) as server:
        engine, found = ask(server)
    assert engine.facts["follow_ups"] == "refused"
    for one in found:
        gaps = {gap.field: gap.reason for gap in one.gaps or ()}
        assert gaps["p_true"] == gaps["verbalized_confidence"] == "the endpoint takes no follow-up turn"
        assert one.option_logprobs is not None


def test_ids_that_do_not_vary_are_no_sign_of_a_replay() -> None:
    with serving(script=lambda *_: Fault(edit=lambda answer: answer | {"id": "chatcmpl-1"})) as server:
        engine, found = ask(server)
    assert engine.facts["ids"] == "do not vary"
    assert all(one.status == "ok" for one in found)


def test_another_model_that_answers_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def script(number: int, body: Json) -> Fault | None:
        return Fault(edit=lambda answer: answer | {"model": f"fake-{number // 10}"})

    with serving(script=script) as server:
        engine, _ = ask(server, n=3, concurrency=1)
    assert engine.facts["reported_model"] == "fake-0, fake-1"
    assert "another model answers now: fake-1" in caplog.text


@pytest.mark.parametrize("extra", [{}, {"top_k": 0}, {"top_k": 0, "min_p": 0}])
def test_llama_cpp_truncates_samples_unless_told_not_to(
    extra: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with serving() as server:
        server.owner = "llamacpp"
        engine, _ = ask(server, n=1, extra_body=extra)
    assert engine.facts["owned_by"] == "llamacpp"
    assert ("extra_body" in caplog.text) == (len(extra) < 2)


def test_a_token_budget_needs_a_server_that_counts() -> None:
    def without(answer: Json) -> Json:
        return {name: value for name, value in answer.items() if name != "usage"}

    with serving(script=lambda *_: Fault(edit=without)) as server:
        assert "Set max_calls instead" in refusal(server, max_tokens=1000)
        price = {"input": 1, "output": 2}
        assert ".max_cost: " in refusal(server, max_cost=1.0, price_per_million=price)
        engine, found = ask(server)
    assert engine.facts["usage"] == "not given"
    assert "image_tokens" not in engine.facts
    assert all(one.prompt_tokens is one.completion_tokens is one.reused_tokens is None for one in found)


def test_what_an_image_takes_is_told() -> None:
    """The server says 900 tokens; the text of the question is about 20 to 60."""

    def dear(answer: Json) -> Json:
        return answer | {"usage": answer["usage"] | {"prompt_tokens": 900}}

    with serving(script=lambda *_: Fault(edit=dear)) as server:
        engine, _ = ask(server, n=1)
    told = engine.facts["image_tokens"]
    assert told.startswith("about ")
    assert 800 < int(told.removeprefix("about ")) < 900


def test_no_answer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mark = f"answer{digest('mark')}"
    said = edit_choices(lambda found: [one | {"message": {"content": mark}} for one in found])
    with serving(FakeModel(noise=0.1), lambda *_: said) as server:
        _, found = ask(server, canary="warn")
    assert all(one.greedy_text == mark for one in found)
    assert mark not in caplog.text
    assert "Which organ" not in caplog.text
    assert "base64" not in caplog.text


class Hiccups(FakeModel):
    """Answers some requests, by their number, otherwise than ever again."""

    def choices(self, body: Json) -> list[Json]:
        at: frozenset[int] = self.__dict__.get("at", frozenset())
        self.noise = 0.5 if self.requests in at else 0.0
        return super().choices(body)


def hiccups(*at: int) -> Hiccups:
    model = Hiccups()
    model.__dict__["at"] = frozenset(at)
    return model


@pytest.mark.parametrize("at", [0, 1, 3])
def test_one_hiccup_is_no_lack_of_determinism(at: int, caplog: pytest.LogCaptureFixture) -> None:
    """Whichever of the three first answers to the prompt is unlike the others."""
    with serving() as server:
        sound_engine, sound = ask(server, concurrency=1)
    with serving(hiccups(at)) as server:
        engine, found = ask(server, concurrency=1)
    assert engine.facts["deterministic"].startswith("yes, but for 1 of 6 answers: ")
    assert "not deterministic" not in caplog.text
    assert engine.facts["canary_calls"] == str(int(sound_engine.facts["canary_calls"]) + 3)
    varying = dict.fromkeys(("source", "canary_calls", "deterministic"), "")
    assert engine.facts | varying == sound_engine.facts | varying
    assert found == sound


@pytest.mark.parametrize("at", [(1, 3), (0, 6), (1, 6, 7), (0, 1, 3, 6, 7, 8)])
def test_more_than_one_is(at: tuple[int, ...], caplog: pytest.LogCaptureFixture) -> None:
    with serving(hiccups(*at)) as server:
        engine, _ = ask(server, concurrency=1, canary="warn")
    told = engine.facts["deterministic"]
    assert told.startswith("no: ")
    assert "of 6 answers" in told
    assert "not deterministic" in caplog.text


def test_a_hiccup_that_is_the_other_images_answer_is_told_as_what_it_is() -> None:
    class WrongOnce(FakeModel):
        def choices(self, body: Json) -> list[Json]:
            if self.requests == 2:
                self.__dict__["other"] = body
            if self.requests == 3:
                body = self.__dict__["other"]
            return super().choices(body)

    with serving(WrongOnce()) as server:
        assert "asked again, the first got the second one's" in refusal(server)
